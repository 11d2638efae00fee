namespace Research.Encoders;

/// <summary>Finds the configuration that stands beside a checkpoint.</summary>
static class SideConfigOf
{
    /// <summary>The configuration of a file, by its layout; null where none stands there.</summary>
    /// <exception cref="InvalidDataException">One stands there and is damaged.</exception>
    public static SideConfig? File(string path, CheckpointLayout layout)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var (name, read) = layout switch
        {
            CheckpointLayout.HuggingFace => (HuggingFaceConfig.FileName, HuggingFaceConfig.Read),
            CheckpointLayout.OpenClip or CheckpointLayout.OpenClipCustomText => (
                OpenClipConfig.FileName,
                OpenClipConfig.Read
            ),
            _ => ("", (Func<string, SideConfig>?)null),
        };
        if (read is null)
            return null;
        var file = Path.Combine(folder, name);
        return System.IO.File.Exists(file) ? read(file) : null;
    }

    /// <summary>The files that go with a layout.</summary>
    public static IReadOnlyList<string> Names(CheckpointLayout layout) =>
        layout switch
        {
            CheckpointLayout.OpenClip or CheckpointLayout.OpenClipCustomText => [OpenClipConfig.FileName],
            CheckpointLayout.HuggingFace => [HuggingFaceConfig.FileName, HuggingFaceConfig.ProcessorName],
            _ => [],
        };

    /// <summary>The configurations that stand beside a file and belong to some layout. A run's own are none.</summary>
    public static IEnumerable<string> Beside(string path) =>
        Path.GetFileName(path) == "state.safetensors"
            ? []
            : new[] { HuggingFaceConfig.FileName, HuggingFaceConfig.ProcessorName, OpenClipConfig.FileName }
                .Select(name => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, name))
                .Where(System.IO.File.Exists);
}
