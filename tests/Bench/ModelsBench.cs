using Core.Tests.Encoders;
using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// Every preset at its full size against the embeddings that PyTorch gives from the same weights (tests/golden/models.py): those too that the
/// test suite leaves out for their time.
/// </summary>
static class ModelsBench
{
    const double Goal = 1e-4;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        torch.set_num_threads(options.Threads);
        string[] names = options.Model is null ? [.. EncoderPresets.Names] : [options.Model];
        return [.. names.SelectMany(Measure)];
    }

    static Figure[] Measure(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        var config = EncoderPresets.Dual(name);
        var golden = Safetensors.Load(Path.Combine(AppContext.BaseDirectory, "golden", "models.safetensors"));
        using var model = new DualEncoder(config);
        FormulaWeights.Fill(model);
        model.eval();
        var size = config.Vision.ImageSize;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var image = model.visual.call(Formula.Ramp(1, [1, 3, size, size], 4));
        var text = model.text.call(Formula.Captions(5, 1, config.Text.ContextLength, config.Text.VocabularySize));
        Dictionary<string, object> detail = new()
        {
            ["parameters"] = model.ParameterCount,
            ["forward_ms"] = clock.Elapsed.TotalMilliseconds,
        };
        Figure[] figures =
        [
            Compared($"models.{name}.image", golden[$"{name}.image"], image, detail),
            Compared($"models.{name}.text", golden[$"{name}.text"], text, detail),
        ];
        foreach (var figure in figures)
            Console.Error.WriteLine(figure);
        return figures;
    }

    static Figure Compared(string name, torch.Tensor expected, torch.Tensor actual, Dictionary<string, object> detail)
    {
        var (e, a) = (expected.to(torch.float64).view(-1), actual.to(torch.float64).view(-1));
        var difference = (e - a).abs().max() / e.square().mean().sqrt();
        var cosine = (e * a).sum() / (e.norm() * a.norm());
        return Figure.AtMost(
            name,
            difference.item<double>(),
            "largest difference over an element's size",
            Goal,
            new(detail) { ["cosine"] = cosine.item<double>() }
        );
    }
}
