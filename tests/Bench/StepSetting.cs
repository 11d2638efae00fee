using Research.Encoders;
using TorchSharp;

namespace Research.Bench;

/// <summary>A CLIP step to measure: the model, the batch, and the number of steps.</summary>
/// <param name="TimeGoal">The goal for the time of a step here over one in PyTorch.</param>
/// <param name="ArithmeticDominates">Whether the step is large enough for its arithmetic to dominate.</param>
sealed record StepSetting(
    string Name,
    int Batch,
    DualEncoderConfig Model,
    int Rounds,
    int StepsARound,
    double TimeGoal,
    bool ArithmeticDominates
)
{
    public const double LearningRate = 1e-3;
    public const double Beta1 = 0.9;
    public const double Beta2 = 0.98;
    public const double Epsilon = 1e-6;
    public const double WeightDecay = 0.2;

    /// <summary>The number of different batches that the steps cycle through.</summary>
    public const int Batches = 4;

    /// <summary>One step dominated by arithmetic, one by overhead.</summary>
    public static readonly StepSetting[] All =
    [
        new("base", 64, Config(64, 192, 3, vocabulary: 1000, context: 32, embed: 128), 6, 4, 1.05, true),
        new("tiny", 4, Config(16, 32, 2, vocabulary: 100, context: 8, embed: 32), 12, 25, 0.75, false),
    ];

    static DualEncoderConfig Config(int image, int width, int heads, int vocabulary, int context, int embed) =>
        new()
        {
            Vision = new()
            {
                ImageSize = image,
                PatchSize = 8,
                Width = width,
                Layers = 6,
                Heads = heads,
            },
            Text = new()
            {
                VocabularySize = vocabulary,
                EndOfText = vocabulary - 1,
                ContextLength = context,
                Width = width,
                Layers = 4,
                Heads = heads,
            },
            EmbedDimension = embed,
        };

    /// <summary>One of the batches: images as if normalised, captions of different lengths.</summary>
    public (torch.Tensor Images, torch.Tensor Tokens) Data(int number)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator((ulong)number);
        var (size, length, end) = (Model.Vision.ImageSize, Model.Text.ContextLength, Model.Text.EndOfText);
        var images = torch.randn([Batch, 3, size, size], generator: generator);
        var tokens = torch.randint(1, end, [Batch, length], generator: generator);
        var ends = torch.randint(2, length, [Batch, 1], generator: generator);
        var places = torch.arange(length).unsqueeze(0);
        tokens.masked_fill_(places.eq(ends), end).masked_fill_(places > ends, 0);
        return (images.MoveToOuterDisposeScope(), tokens.MoveToOuterDisposeScope());
    }
}
