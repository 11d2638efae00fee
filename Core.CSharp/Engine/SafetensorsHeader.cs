using System.Buffers.Binary;
using System.Text.Json;
using Research.Printing;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Its dtype.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafetensorsEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Begin, long End);

/// <summary>
/// The header of a safetensors file, read without trusting it: its size is bounded before anything is allocated, and the byte ranges
/// must cover the rest of the file exactly once.
/// </summary>
public sealed class SafetensorsHeader
{
    /// <summary>The largest header that is read, in bytes: the format's own limit.</summary>
    public const long MaxBytes = 100_000_000;

    internal static readonly (string name, ScalarType type, int bytes)[] Types =
    [
        ("F64", ScalarType.Float64, 8),
        ("I64", ScalarType.Int64, 8),
        ("F32", ScalarType.Float32, 4),
        ("I32", ScalarType.Int32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>The tensors in the order of their bytes.</summary>
    public required IReadOnlyList<SafetensorsEntry> Entries { get; init; }

    /// <summary>Free text by key; empty when the file has none.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Where the tensors' bytes begin in the file.</summary>
    public required long DataOffset { get; init; }

    /// <summary>Reads and checks a file's header.</summary>
    /// <exception cref="InvalidDataException">The file is not a well-formed safetensors file; the message says what is wrong.</exception>
    /// <exception cref="NotSupportedException">A tensor has a dtype that the engine lacks.</exception>
    public static SafetensorsHeader Read(string path)
    {
        using var file = File.OpenHandle(path);
        return Read(path, file);
    }

    internal static SafetensorsHeader Read(string path, Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8)
            throw Bad(path, $"it has {length} bytes, fewer than the 8 that hold the header's size");
        Safetensors.ReadFully(path, file, prefix, 0);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (size > (ulong)MaxBytes)
            throw Bad(path, $"its header claims {size} bytes, more than the {MaxBytes} allowed");
        if ((long)size > length - 8)
            throw Bad(path, $"its header claims {size} bytes, but the file has only {length}");
        var text = new byte[size];
        Safetensors.ReadFully(path, file, text, 8);
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            return Parse(path, json.RootElement, 8 + (long)size, length);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                Message(path, $"its header is not valid JSON at byte {e.BytePositionInLine} of line {e.LineNumber}"),
                e
            );
        }
        catch (InvalidOperationException e) // how the parser reports text that is not Unicode
        {
            throw new InvalidDataException(Message(path, "its header holds text that is not Unicode"), e);
        }
    }

    static SafetensorsHeader Parse(string path, JsonElement root, long dataOffset, long length)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Bad(path, "its header is not a JSON object");
        var entries = new Dictionary<string, SafetensorsEntry>();
        Dictionary<string, string>? metadata = null;
        foreach (var property in root.EnumerateObject())
            if (property.Name == "__metadata__")
            {
                if (metadata is not null)
                    throw Bad(path, "'__metadata__' occurs twice");
                metadata = ParseMetadata(path, property.Value);
            }
            else if (!entries.TryAdd(property.Name, ParseEntry(path, property.Name, property.Value)))
                throw Bad(path, $"the tensor '{property.Name}' occurs twice");
        var ordered = entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End).ToArray();
        CheckCover(path, ordered, length - dataOffset);
        return new SafetensorsHeader
        {
            Entries = ordered,
            Metadata = metadata ?? [],
            DataOffset = dataOffset,
        };
    }

    static Dictionary<string, string> ParseMetadata(string path, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Bad(path, "'__metadata__' is not a JSON object");
        var result = new Dictionary<string, string>();
        foreach (var item in value.EnumerateObject())
        {
            if (item.Value.ValueKind != JsonValueKind.String)
                throw Bad(path, $"the metadata '{item.Name}' is not a string");
            if (!result.TryAdd(item.Name, item.Value.GetString()!))
                throw Bad(path, $"the metadata '{item.Name}' occurs twice");
        }
        return result;
    }

    static SafetensorsEntry ParseEntry(string path, string name, JsonElement value)
    {
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype)
            || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape)
            || !value.TryGetProperty("data_offsets", out var offsets)
        )
            throw Bad(path, $"the tensor '{name}' lacks one of dtype, shape and data_offsets");
        var type = Array.Find(Types, t => t.name == dtype.GetString());
        if (type.name is null)
            throw new NotSupportedException(
                $"'{path}': the tensor {Shown($"'{name}' has the dtype '{dtype.GetString()}'")}; known are "
                    + $"{string.Join(", ", Types.Select(t => t.name))}. Convert it to one of these."
            );
        var sizes = Numbers(path, name, "shape", shape);
        var range = Numbers(path, name, "data_offsets", offsets);
        if (range.Length != 2 || range[0] > range[1])
            throw Bad(path, $"the data_offsets of '{name}' are not a range [begin, end]");
        long bytes = type.bytes;
        try
        {
            // A size of 0 must not hide that the others overflow.
            foreach (var size in sizes)
                bytes = checked(bytes * Math.Max(size, 1));
        }
        catch (OverflowException)
        {
            throw Bad(path, $"the shape [{string.Join(", ", sizes)}] of '{name}' is too large");
        }
        if (sizes.Contains(0))
            bytes = 0;
        if (bytes != range[1] - range[0])
            throw Bad(
                path,
                $"'{name}' is {type.name} of shape [{string.Join(", ", sizes)}], {bytes} bytes, but its data_offsets span {range[1] - range[0]}"
            );
        return new SafetensorsEntry(name, type.type, sizes, range[0], range[1]);
    }

    static long[] Numbers(string path, string name, string what, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 64)
            throw Bad(path, $"the {what} of '{name}' is not a list of at most 64 numbers");
        var result = new long[value.GetArrayLength()];
        var i = 0;
        foreach (var item in value.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out result[i++]) || result[i - 1] < 0)
                throw Bad(path, $"the {what} of '{name}' has '{item.GetRawText()}', not a whole number of at least 0");
        return result;
    }

    static void CheckCover(string path, SafetensorsEntry[] ordered, long dataLength)
    {
        var end = 0L;
        var before = "the header";
        foreach (var entry in ordered)
        {
            if (entry.Begin < end)
                throw Bad(path, $"'{entry.Name}' begins at byte {entry.Begin}, inside {before}, which ends at {end}");
            if (entry.Begin > end)
                throw Bad(
                    path,
                    $"bytes {end} to {entry.Begin}, between {before} and '{entry.Name}', belong to no tensor"
                );
            if (entry.End > dataLength)
                throw Bad(
                    path,
                    $"'{entry.Name}' ends at byte {entry.End}, but there are only {dataLength}: the file is cut off"
                );
            (end, before) = (entry.End, $"'{entry.Name}'");
        }
        if (end != dataLength)
            throw Bad(path, $"{dataLength - end} bytes follow the last tensor");
    }

    internal static InvalidDataException Bad(string path, string problem) => new(Message(path, problem));

    // Names and texts of the file stand in the problem: a line, whatever they are, and not of megabytes.
    static string Message(string path, string problem) =>
        $"'{path}' is not a usable safetensors file: {Shown(problem)}. Fetch it again, or save it again from its source.";

    static string Shown(string text) => PrintableText.Of(text.Length > 600 ? text[..600] + "..." : text);
}
