using Research.Encoders.Formats;

namespace Research.Encoders;

/// <summary>
/// Checkpoints of CLIP models, in and out: PyTorch's archives (torch.save and TorchScript), safetensors, whole or in shards, in the layouts of
/// <see cref="CheckpointLayout"/>. A file is data, whoever made it: no pickle is executed, and sizes are bounded before memory is taken.
/// </summary>
public static class Checkpoints
{
    /// <summary>The names that programs give the weights of a folder, the first that is there being taken.</summary>
    static readonly string[] inFolder =
    [
        "open_clip_model.safetensors",
        "open_clip_pytorch_model.safetensors",
        "model.safetensors",
        "model.safetensors.index.json",
        "open_clip_pytorch_model.bin",
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
        "state.safetensors",
    ];

    /// <summary>Opens a checkpoint and tells what it is; its tensors are not read yet. The caller disposes it.</summary>
    /// <param name="path">A file of weights, an index of shards (".index.json"), or a folder with one of the usual names in it.</param>
    /// <param name="options">What the file does not say; null for nothing.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or no weights in the folder.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, hostile, or of no format that is read; the message is one line.</exception>
    /// <exception cref="NotSupportedException">A tensor has a dtype that the engine lacks.</exception>
    public static CheckpointFile Open(string path, CheckpointOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = TensorFile.Open(Directory.Exists(path) ? InFolder(path) : path);
        try
        {
            return new CheckpointFile(file, options ?? new());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a checkpoint and reads its model, as float32 on the CPU.</summary>
    /// <inheritdoc cref="Open"/>
    /// <exception cref="ArgumentException">Weights are missing, unexpected or of other shapes; the message lists them.</exception>
    public static DualEncoder Load(string path, CheckpointOptions? options = null)
    {
        using var file = Open(path, options);
        return file.Load();
    }

    /// <summary>Writes a model as safetensors, with the configuration files of the layout beside it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">
    /// A file that ends in ".safetensors", or a folder, which is made where it is missing and gets a file of the layout's usual name. Files
    /// that exist are replaced.
    /// </param>
    /// <param name="layout">How the weights are named.</param>
    /// <param name="logitBias">The bias of a sigmoid loss, to go with them; null (default) for none.</param>
    /// <returns>The files that were written, the weights first.</returns>
    /// <exception cref="ArgumentException">The layout cannot say what the model is; the message names the field.</exception>
    public static IReadOnlyList<string> Save(
        DualEncoder model,
        string path,
        CheckpointLayout layout,
        double? logitBias = null
    ) => CheckpointWriter.Write(model, path, layout, logitBias);

    /// <summary>The files that <see cref="Save"/> would write, the weights first.</summary>
    /// <param name="path">As for <see cref="Save"/>.</param>
    /// <param name="layout">How the weights are named.</param>
    public static IReadOnlyList<string> Targets(string path, CheckpointLayout layout) =>
        CheckpointWriter.Targets(path, layout);

    /// <summary>The file of weights in a folder, by the usual names; null where there is none.</summary>
    public static string? FileIn(string folder) =>
        inFolder.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The files that make a checkpoint: the weights, their shards, and the configurations beside them.</summary>
    /// <param name="path">The file of the weights, or the index of shards.</param>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    public static IReadOnlyList<string> Files(string path) =>
        [
            path,
            .. path.EndsWith(ShardedFile.Ending, StringComparison.Ordinal) ? ShardedFile.Shards(path) : [],
            .. SideConfigOf.Beside(path),
        ];

    static string InFolder(string folder) =>
        FileIn(folder)
        ?? throw new FileNotFoundException(
            $"The folder '{folder}' holds none of {string.Join(", ", inFolder)}; name the file of the weights.",
            folder
        );
}
