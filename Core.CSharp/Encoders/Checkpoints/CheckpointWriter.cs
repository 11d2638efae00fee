using System.Text.Json;
using Research.Encoders.Layouts;
using Research.Engine;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>Writes a model in a layout, with its configuration.</summary>
static class CheckpointWriter
{
    const string Extension = ".safetensors";

    static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    /// <inheritdoc cref="Checkpoints.Save"/>
    public static IReadOnlyList<string> Write(
        DualEncoder model,
        string path,
        CheckpointLayout layout,
        double? logitBias
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        var known = Layout.Of(layout);
        if (LayoutLimits.Of(model.Config, layout) is [_, ..] limits)
            throw new ArgumentException(
                $"The layout {known.Title} cannot say what this model is: {string.Join("; ", limits)}. "
                    + $"Write it as {OwnLayout.Layout.Title}."
            );
        var targets = Targets(path, layout);
        Directory.CreateDirectory(Path.GetDirectoryName(targets[0])!);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Safetensors.Save(targets[0], Tensors(model, known, logitBias), Metadata(model.Config, layout));
        foreach (var (target, content) in targets.Skip(1).Zip(Configurations(model.Config, layout)))
        {
            var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
            File.WriteAllText(temporary, JsonSerializer.Serialize(content, indented) + "\n");
            File.Move(temporary, target, overwrite: true);
        }
        return targets;
    }

    /// <inheritdoc cref="Checkpoints.Targets"/>
    public static IReadOnlyList<string> Targets(string path, CheckpointLayout layout)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var weights = Path.GetFullPath(
            path.EndsWith(Extension, StringComparison.Ordinal) ? path : Path.Combine(path, UsualName(layout))
        );
        return
        [
            weights,
            .. SideConfigOf.Names(layout).Select(name => Path.Combine(Path.GetDirectoryName(weights)!, name)),
        ];
    }

    static string UsualName(CheckpointLayout layout) =>
        layout is CheckpointLayout.OpenClip or CheckpointLayout.OpenClipCustomText
            ? "open_clip_model.safetensors"
            : "model.safetensors";

    static Dictionary<string, Tensor> Tensors(DualEncoder model, Layout layout, double? logitBias)
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (ours, tensor) in model.Weights())
        {
            var (names, form) =
                layout.ToTheirs(ours)
                ?? throw new InvalidOperationException($"the layout {layout.Title} has no place for '{ours}'");
            var parts = form switch
            {
                KeyForm.Transposed => [tensor.t()],
                KeyForm.Stacked => tensor.chunk(names.Count, 0),
                _ => [tensor],
            };
            foreach (var (name, part) in names.Zip(parts))
                tensors.Add(name, part);
        }
        if (logitBias is { } bias)
            tensors.Add("logit_bias", tensor((float)bias));
        if (layout.Id == CheckpointLayout.OpenAi)
        {
            var (vision, text) = (model.Config.Vision, model.Config.Text);
            foreach (
                var (name, value) in OpenAiLayout.Numbers.Zip([
                    vision.ImageSize,
                    text.ContextLength,
                    text.VocabularySize,
                ])
            )
                tensors.Add(name, tensor((long)value));
        }
        return tensors;
    }

    // "format" is what Hugging Face's readers ask for.
    static Dictionary<string, string> Metadata(DualEncoderConfig config, CheckpointLayout layout)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt", [LayoutOf.Key] = Layout.Of(layout).Title };
        if (layout == CheckpointLayout.Research)
            metadata[OwnConfig.Key] = OwnConfig.Write(config);
        return metadata;
    }

    // In the order of SideConfigOf.Names.
    static IEnumerable<Dictionary<string, object?>> Configurations(DualEncoderConfig config, CheckpointLayout layout) =>
        layout switch
        {
            CheckpointLayout.OpenClip or CheckpointLayout.OpenClipCustomText => [OpenClipConfig.Of(config, layout)],
            CheckpointLayout.HuggingFace => [HuggingFaceConfig.Of(config), HuggingFaceConfig.ProcessorOf(config)],
            _ => [],
        };
}
