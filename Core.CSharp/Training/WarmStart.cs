using System.Reflection;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// Starting weights from another model, an encoder at a time. Positions are fitted to another image size by interpolation, as open_clip does,
/// and cut for a shorter context; anything else that differs is an error, since the weights would mean something else.
/// </summary>
public static class WarmStart
{
    // What changes training or its cost, and not what weights mean.
    static readonly HashSet<string> free =
    [
        nameof(VisionConfig.Dropout),
        nameof(VisionConfig.PatchDropout),
        nameof(VisionConfig.CheckpointActivations),
        nameof(VisionConfig.ImageSize),
        nameof(TextConfig.ContextLength),
    ];

    /// <summary>Copies an image encoder's weights.</summary>
    /// <param name="model">What is changed.</param>
    /// <param name="source">Where the weights come from.</param>
    /// <exception cref="ArgumentException">The encoders differ; the message names every field with both values.</exception>
    public static void Image(DualEncoder model, DualEncoder source)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(source);
        var (to, from) = (model.Config.Vision, source.Config.Vision);
        Require("image encoder", Differences(to, from), model.Config, source.Config);
        using var scope = NewDisposeScope();
        var weights = source.visual.Weights();
        if (to.ImageSize != from.ImageSize)
        {
            var positions = to.ResNet is null ? "positional_embedding" : "attnpool.positional_embedding";
            var grid = to.GridSize;
            weights[positions] = PositionInterpolation.Grid(weights[positions], grid, to.Tokens - grid * grid);
        }
        model.visual.LoadWeights(weights);
    }

    /// <summary>Copies a text encoder's weights. Both must number tokens alike, which sizes alone do not tell.</summary>
    /// <inheritdoc cref="Image"/>
    public static void Text(DualEncoder model, DualEncoder source)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(source);
        var (to, from) = (model.Config.Text, source.Config.Text);
        var differences = Differences(to, from);
        if (to.ContextLength > from.ContextLength)
            differences.Add($"ContextLength {to.ContextLength}, there {from.ContextLength}");
        Require("text encoder", differences, model.Config, source.Config);
        using var scope = NewDisposeScope();
        var weights = source.text.Weights();
        const string positions = "positional_embedding";
        if (to.ContextLength < from.ContextLength)
            weights[positions] = PositionInterpolation.Truncated(weights[positions], to.ContextLength);
        model.text.LoadWeights(weights);
    }

    /// <summary>Copies the logit scale, within the model's own limits.</summary>
    public static void LogitScale(DualEncoder model, DualEncoder source)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(source);
        using var none = no_grad();
        model.logit_scale.copy_(source.logit_scale);
        model.ClampLogitScale();
    }

    /// <summary>The fields of two configurations that differ.</summary>
    static List<string> Differences<T>(T to, T from)
        where T : notnull =>
        [
            .. typeof(T)
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(p => p.CanWrite && !free.Contains(p.Name))
                .Select(p => (p.Name, To: p.GetValue(to), From: p.GetValue(from)))
                .Where(p => !Equals(p.To, p.From))
                .Select(p => $"{p.Name} {p.To ?? "none"}, there {p.From ?? "none"}"),
        ];

    static void Require(string part, List<string> differences, DualEncoderConfig to, DualEncoderConfig from)
    {
        if (to.EmbedDimension != from.EmbedDimension)
            differences.Add($"EmbedDimension {to.EmbedDimension}, there {from.EmbedDimension}");
        if (differences.Count > 0)
            throw new ArgumentException($"The {part} is another than this model's: {string.Join("; ", differences)}.");
    }
}
