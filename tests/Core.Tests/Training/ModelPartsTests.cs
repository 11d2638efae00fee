using Research.Encoders;
using Research.Evaluation;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

public class ModelPartsTests
{
    static readonly TrainerOptions Options = new() { LearningRate = 1e-3, WeightDecay = 0.1 };

    [Fact]
    public void Weight_decay_pulls_on_matrices_only()
    {
        using var model = new DualEncoder(Synthetic.Model());
        var groups = DecayGroups.Of(model, Options).Select(g => g.Group).ToList();
        Assert.Equal([0.1, 0], groups.Select(g => g.WeightDecay));
        Assert.Equal(
            model.named_parameters().Select(p => p.name).Order(),
            groups.SelectMany(g => g.Parameters).Select(p => p.name).Order()
        );
        Assert.All(groups[0].Parameters, p => Assert.True(p.parameter.dim() >= 2, p.name));
        var free = groups[1].Parameters.Select(p => p.name).ToArray();
        Assert.Contains("logit_scale", free);
        Assert.All(
            model
                .named_parameters()
                .Select(p => p.name)
                .Where(n => n.EndsWith("bias") || n.Contains("position") || n.Contains("class")),
            n => Assert.Contains(n, free)
        );
        Assert.Contains(free, n => n.Contains("position")); // a matrix, and still without decay
        Assert.Contains(groups[0].Parameters, p => p.name.Contains("token_embedding"));
    }

    [Fact]
    public void Position_embeddings_decay_where_asked_as_in_open_clip_and_nothing_else_changes()
    {
        using var model = new DualEncoder(Synthetic.Model());
        string[] Decayed(bool positions) =>
            [
                .. DecayGroups
                    .Of(model, Options with { DecayPositions = positions })[0]
                    .Group.Parameters.Select(p => p.name),
            ];
        Assert.Equal(
            ["text.positional_embedding", "visual.positional_embedding"],
            Decayed(true).Except(Decayed(false)).Order()
        );
        Assert.Empty(Decayed(false).Except(Decayed(true)));
    }

    [Theory]
    [InlineData(false, 0.9)]
    [InlineData(true, 2 / 11.0)] // min(0.9, 2 / 11) after the first step
    public void The_average_keeps_its_decay_from_the_first_step_on_unless_it_warms_up(bool warmUp, double first)
    {
        torch.manual_seed(1);
        using var student = new DualEncoder(Synthetic.Model());
        using var teacher = new EmaModel(student, new(0.9, warmUp));
        Assert.All(teacher.Model.parameters(), p => Assert.False(p.requires_grad));
        var before = Synthetic.Weights(student)["logit_scale"][0];
        using (no_grad())
        {
            student.logit_scale.fill_(before + 1);
            foreach (var buffer in student.buffers().Where(b => b.is_floating_point()))
                buffer.fill_(5);
        }
        teacher.Update(1);
        Assert.Equal(before + 1 - first, Synthetic.Weights(teacher.Model)["logit_scale"][0], 1e-5);
        teacher.Update(1000);
        Assert.Equal(before + 1 - first * 0.9, Synthetic.Weights(teacher.Model)["logit_scale"][0], 1e-5);
        Assert.All(
            Synthetic.Weights(teacher.Model).Where(w => w.Key.Contains("running")),
            w => Assert.All(w.Value, x => Assert.Equal(5, x))
        );
    }

    [Fact]
    public void Pictures_are_normalised_as_CLIPs_are()
    {
        using var scope = NewDisposeScope();
        const int size = 2;
        var pixels = new byte[3 * 3 * size * size];
        Array.Fill(pixels, (byte)255, 12, 12); // the second picture is white
        pixels[24 + 5] = 100; // the third is black but for green at row 0, column 1
        var x = ImageBatches.Of(pixels, size, [2, 1]);
        Assert.Equal([2L, 3, 2, 2], x.shape);
        Assert.Equal(ScalarType.Float32, x.dtype);
        Assert.Equal((100 / 255.0 - 0.4578275) / 0.26130258, x[0, 1, 0, 1].item<float>(), 1e-5);
        Assert.Equal(-0.4578275 / 0.26130258, x[0, 1, 0, 0].item<float>(), 1e-5);
        Assert.Equal((1 - 0.48145466) / 0.26862954, x[1, 0, 1, 1].item<float>(), 1e-5);
        Assert.Equal((1 - 0.40821073) / 0.27577711, x[1, 2, 0, 0].item<float>(), 1e-5);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageBatches.Of(pixels, size, [3]));
    }

    [Fact]
    public void Evaluation_embeds_with_running_statistics_and_without_dropout_whatever_the_batches()
    {
        using var scope = NewDisposeScope();
        torch.manual_seed(2);
        using var model = new DualEncoder(Synthetic.Model(dropout: 0.5));
        var words = new Digits();
        string[] texts = [.. Enumerable.Range(0, 11).Select(i => $"{i * 37 % 100}")];
        model.train();
        var inOne = Encode.Texts(model, words, texts, Synthetic.Context);
        var inMany = Encode.Texts(model, words, texts, Synthetic.Context, batchSize: 3);
        Assert.True(model.training);
        Assert.Equal([11L, 16], inOne.shape);
        Assert.InRange((inOne - inMany).abs().max().item<float>(), 0, 1e-6);
        Assert.Throws<ArgumentException>(() => Encode.Texts(model, words, [], Synthetic.Context));
    }

    /// <summary>A tokenizer of decimal digits, two to each.</summary>
    sealed class Digits : Research.Text.ITokenizer
    {
        public int VocabularySize => 12;
        public int StartOfText => 1;
        public int EndOfText => 2;

        public int[] Encode(string text) => [.. text.Select(c => 3 + (c - '0') / 2)];
    }
}
