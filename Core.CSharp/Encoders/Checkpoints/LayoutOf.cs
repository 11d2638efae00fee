using Research.Encoders.Formats;
using Research.Encoders.Layouts;

namespace Research.Encoders;

/// <summary>Recognises a layout by names, and by nothing else where names tell.</summary>
static class LayoutOf
{
    /// <summary>The metadata's key under which we write the layout.</summary>
    public const string Key = "layout";

    /// <summary>The layout of a file, or null.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="names">Its names by names without prefix.</param>
    public static Layout? File(TensorFile file, IReadOnlyDictionary<string, string> names)
    {
        if (
            file.Metadata.TryGetValue(Key, out var stated)
            && Layout.All.FirstOrDefault(l => l.Title == stated) is { } written
        )
            return written;
        if (names.Keys.Any(n => n.StartsWith("vision_model.", StringComparison.Ordinal)))
            return Layout.Of(CheckpointLayout.HuggingFace);
        var visual = names.Keys.Any(n => n.StartsWith("visual.", StringComparison.Ordinal));
        if (visual && names.ContainsKey("token_embedding.weight"))
            return Layout.Of(AtRoot(file, names));
        if (!visual || !names.Keys.Any(n => n.StartsWith("text.", StringComparison.Ordinal)))
            return null;
        // A run's checkpoint has its prefix; a convolutional stem, and a tower without class token, are ours alone.
        var ours =
            names.Any(n => n.Value.StartsWith("model.", StringComparison.Ordinal))
            || names.ContainsKey("visual.stem.conv1.weight")
            || !names.ContainsKey("visual.class_embedding") && names.ContainsKey("visual.ln_post.weight");
        return Layout.Of(ours ? CheckpointLayout.Research : CheckpointLayout.OpenClipCustomText);
    }

    static CheckpointLayout AtRoot(TensorFile file, IReadOnlyDictionary<string, string> names) =>
        OpenAiLayout.Numbers.Any(names.ContainsKey) || file is TorchArchive { IsScript: true } ? CheckpointLayout.OpenAi
        : Path.GetFileName(file.Path).StartsWith("diht_", StringComparison.OrdinalIgnoreCase) ? CheckpointLayout.Diht
        : CheckpointLayout.OpenClip;

    /// <summary>What to say of names that no layout has.</summary>
    public static string Unknown(IEnumerable<string> names) =>
        $"its names are of no known layout ({string.Join(", ", names.Take(3).Select(TensorFile.Quoted))}, ...); "
        + $"known are {string.Join(", ", Layout.All.Select(l => l.Title))}";
}
