using Research.Printing;
using static TorchSharp.torch;

namespace Research.Encoders.Formats;

/// <summary>One tensor of a file, before it is read.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Its dtype in the file.</param>
/// <param name="Shape">Its sizes.</param>
sealed record TensorEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape)
{
    /// <summary>The number of its values.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>
/// Named tensors in a file of any format that checkpoints are published in. Opening reads the names, dtypes and shapes; a tensor's bytes are
/// read when it is asked for. Nothing in a file is ever executed, and every size is checked against the file before memory is taken.
/// </summary>
abstract class TensorFile(string path, string format) : IDisposable
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>The format in words, such as "safetensors".</summary>
    public string Format { get; } = format;

    /// <summary>The tensors by name.</summary>
    public abstract IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Free text by key; empty where the format has none.</summary>
    public virtual IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>Reads a tensor, contiguous, on the CPU, in its own dtype; it belongs to the current dispose scope.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public abstract Tensor Read(string name);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Opens a file; what it is, is told by its first bytes.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or of no format that is read; the message is one line with the remedy.</exception>
    /// <exception cref="NotSupportedException">A tensor has a dtype that the engine lacks.</exception>
    public static TensorFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no checkpoint '{path}'.", path);
        if (path.EndsWith(ShardedFile.Ending, StringComparison.Ordinal))
            return ShardedFile.OpenIndex(path);
        Span<byte> start = stackalloc byte[32];
        int length;
        using (var file = File.OpenHandle(path))
            length = RandomAccess.Read(file, start, 0);
        start = start[..length];
        if (start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8))
            return TorchArchive.OpenArchive(path);
        if (start.StartsWith(LegacyMagic))
            throw new InvalidDataException(
                $"'{path}' is in the format of PyTorch before 1.6, which is a stream of pickles and not read: "
                    + "load it in PyTorch and save it again with torch.save, or as safetensors."
            );
        if (length > 1 && start[0] == 0x80 && start[1] is > 0 and <= 5)
            throw new InvalidDataException(
                $"'{path}' is a bare pickle, not a file of torch.save: load it in Python and save its state dict with torch.save, or as safetensors."
            );
        if (start.StartsWith(HierarchicalMagic))
            throw new InvalidDataException(
                $"'{path}' is an HDF5 file (TensorFlow's weights): take the PyTorch or safetensors weights of the same model."
            );
        if (length >= 9 && start[8] is not ((byte)'{' or (byte)'['))
            throw new InvalidDataException(
                $"'{path}' is neither a safetensors file nor one of torch.save: it begins with the bytes "
                    + $"{Convert.ToHexString(start[..Math.Min(8, length)])}."
            );
        return new SafetensorsFile(path);
    }

    /// <summary>Names of others in a message: printable, and cut where they are long.</summary>
    public static string Quoted(string name) => $"'{PrintableText.Of(name.Length > 120 ? name[..120] + "..." : name)}'";

    /// <summary>A shape as messages show it.</summary>
    public static string Shown(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    static ReadOnlySpan<byte> HierarchicalMagic => [0x89, (byte)'H', (byte)'D', (byte)'F'];

    // PROTO 2, then LONG1 of ten bytes: the number that torch.save once began with.
    static ReadOnlySpan<byte> LegacyMagic =>
        [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];
}
