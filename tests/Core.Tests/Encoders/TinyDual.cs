using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Core.Tests.Encoders;

/// <summary>The two small encoders of tests/golden/vit_step.py, and one training step of them.</summary>
static class TinyDual
{
    public const int Batch = 8;
    public const int Vocabulary = 40;
    public const int Context = 8;

    public static DualEncoderConfig Config(bool stem) =>
        new()
        {
            Vision = new VisionConfig
            {
                ImageSize = stem ? 32 : 16,
                PatchSize = 8,
                Width = 16,
                Layers = 2,
                Heads = 2,
                StemLayers = stem ? 3 : 0,
                StemWidth = 4,
                Pooling = stem ? VisionPooling.Mean : VisionPooling.ClassToken,
                PreNorm = !stem,
                Activation = stem ? Activation.Gelu : Activation.QuickGelu,
            },
            Text = new TextConfig
            {
                VocabularySize = Vocabulary,
                EndOfText = Vocabulary - 1,
                ContextLength = Context,
                Width = 16,
                Layers = 2,
                Heads = 2,
                Causal = !stem,
                Pooling = stem ? TextPooling.Mean : TextPooling.EndOfText,
                Activation = stem ? Activation.Gelu : Activation.QuickGelu,
            },
            EmbedDimension = 12,
        };

    public static FusedAdamW Optimizer(DualEncoder model) =>
        new(
            [
                new ParameterGroup(model.named_parameters().Where(p => p.parameter.dim() > 1), 2e-3, 0.1),
                new ParameterGroup(model.named_parameters().Where(p => p.parameter.dim() <= 1), 2e-3, 0),
            ],
            0.9,
            0.98,
            1e-6
        );

    public static Tensor Images(DualEncoder model, int seed)
    {
        var size = model.Config.Vision.ImageSize;
        return Formula.Ramp(seed, [Batch, 3, size, size], 4);
    }

    public static (double loss, double norm) Step(DualEncoder model, FusedAdamW optimizer, int step)
    {
        using var scope = NewDisposeScope();
        foreach (var group in optimizer.Groups)
            group.LearningRate = 2e-3 * Math.Min(1, (step + 1) / 5.0);
        Tensor loss;
        using (NewDisposeScope())
        {
            var image = model.encode_image(Images(model, step % 3));
            var text = model.encode_text(Formula.Captions(step % 3, Batch, Context, Vocabulary));
            var logits = model.logit_scale.exp() * image.mm(text.t());
            var labels = arange(Batch);
            loss = (
                (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2
            ).MoveToOuterDisposeScope();
        }
        optimizer.zero_grad();
        loss.backward();
        var norm = nn.utils.clip_grad_norm_(model.parameters(), 1);
        optimizer.step();
        model.ClampLogitScale();
        return (loss.item<float>(), norm);
    }
}
