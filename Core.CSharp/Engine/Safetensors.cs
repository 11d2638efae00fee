using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// Tensors in a file of the safetensors format: a JSON header, then raw little-endian bytes. Not in TorchSharp.
/// </summary>
public static class Safetensors
{
    const int Chunk = 1 << 26;

    /// <summary>Reads every tensor of a file. The tensors belong to the current dispose scope, if there is one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where the tensors will live; the CPU by default.</param>
    /// <returns>The tensors by name, in the file's order.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not well-formed; the message names the file, the tensor and what is wrong.</exception>
    /// <exception cref="NotSupportedException">A tensor has a dtype that the engine lacks.</exception>
    public static Dictionary<string, Tensor> Load(string path, Device? device = null)
    {
        using var file = File.OpenHandle(path);
        var header = SafetensorsHeader.Read(path, file);
        var result = new Dictionary<string, Tensor>();
        try
        {
            foreach (var entry in header.Entries)
                result.Add(entry.Name, ReadTensor(path, file, header.DataOffset, entry, device));
        }
        catch
        {
            foreach (var tensor in result.Values)
                tensor.Dispose();
            throw;
        }
        return result;
    }

    /// <summary>Reads one tensor of an open file; it belongs to the current dispose scope.</summary>
    internal static Tensor Read(string path, SafeFileHandle file, SafetensorsHeader header, SafetensorsEntry entry) =>
        ReadTensor(path, file, header.DataOffset, entry, device: null);

    /// <summary>Reads the free text of a file's header, without its tensors.</summary>
    /// <inheritdoc cref="Load"/>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path) =>
        SafetensorsHeader.Read(path).Metadata;

    /// <summary>
    /// Writes tensors so that <paramref name="path"/> holds either the old file or the whole new one, even if the process dies: to a
    /// temporary file beside it, flushed to the disk, then renamed.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors by name, on any device.</param>
    /// <param name="metadata">Free text for the header.</param>
    /// <exception cref="ArgumentException">A tensor is called "__metadata__", or the header would be too large to read back.</exception>
    /// <exception cref="NotSupportedException">The format has no such dtype.</exception>
    public static void Save(
        string path,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var full = Path.GetFullPath(path);
        // Large elements first, so that every tensor is aligned to its element size.
        var ordered = tensors.OrderByDescending(t => TypeOf(t.Key, t.Value).bytes).ToList();
        var header = WriteHeader(ordered, metadata);
        var temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(file, header, 0);
                long offset = header.Length;
                foreach (var (_, tensor) in ordered)
                    offset += WriteTensor(file, tensor, offset);
                RandomAccess.FlushToDisk(file);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    static byte[] WriteHeader(List<KeyValuePair<string, Tensor>> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using var stream = new MemoryStream();
        stream.Write(stackalloc byte[8]);
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            var offset = 0L;
            foreach (var (name, tensor) in ordered)
            {
                var (type, bytes) = TypeOf(name, tensor);
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.numel() * bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (stream.Length % 8 != 0)
            stream.WriteByte((byte)' ');
        var result = stream.ToArray();
        if (result.Length - 8 > SafetensorsHeader.MaxBytes)
            throw new ArgumentException(
                $"The header would have {result.Length - 8} bytes, more than the {SafetensorsHeader.MaxBytes} that readers accept: "
                    + "save fewer tensors or less metadata in one file."
            );
        BinaryPrimitives.WriteUInt64LittleEndian(result, (ulong)(result.Length - 8));
        return result;
    }

    static (string name, int bytes) TypeOf(string name, Tensor tensor)
    {
        if (name == "__metadata__")
            throw new ArgumentException("A tensor cannot be called '__metadata__': the format reserves the name.");
        var found = Array.Find(SafetensorsHeader.Types, t => t.type == tensor.dtype);
        return found.name is null
            ? throw new NotSupportedException(
                $"The tensor '{name}' is {tensor.dtype}, which safetensors files cannot hold; convert it first."
            )
            : (found.name, found.bytes);
    }

    static unsafe Tensor ReadTensor(
        string path,
        SafeFileHandle file,
        long dataOffset,
        SafetensorsEntry entry,
        Device? device
    )
    {
        var tensor = empty([.. entry.Shape], dtype: entry.Type);
        try
        {
            var target = (byte*)RawData.Of(tensor);
            var length = entry.End - entry.Begin;
            for (var done = 0L; done < length; done += Chunk)
                ReadFully(
                    path,
                    file,
                    new Span<byte>(target + done, (int)Math.Min(Chunk, length - done)),
                    dataOffset + entry.Begin + done
                );
            if (entry.Type == ScalarType.Bool)
                CheckBooleans(path, entry.Name, target, length);
            if (device is null || device.type == DeviceType.CPU)
                return tensor;
            using (tensor)
                return tensor.to(device);
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    static unsafe void CheckBooleans(string path, string name, byte* bytes, long length)
    {
        for (var i = 0L; i < length; i++)
            if (bytes[i] > 1)
                throw SafetensorsHeader.Bad(path, $"the BOOL tensor '{name}' has the byte {bytes[i]}, neither 0 nor 1");
    }

    static unsafe long WriteTensor(SafeFileHandle file, Tensor tensor, long offset)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var local = tensor.detach().cpu().contiguous();
        var source = (byte*)RawData.Of(local);
        var length = local.numel() * TypeOf("", tensor).bytes;
        for (var done = 0L; done < length; done += Chunk)
            RandomAccess.Write(
                file,
                new ReadOnlySpan<byte>(source + done, (int)Math.Min(Chunk, length - done)),
                offset + done
            );
        return length;
    }

    internal static void ReadFully(string path, SafeFileHandle file, Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var count = RandomAccess.Read(file, target, offset);
            if (count == 0)
                throw SafetensorsHeader.Bad(path, $"it ends at byte {offset}, in the middle of its data");
            target = target[count..];
            offset += count;
        }
    }
}
