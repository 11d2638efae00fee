using System.Text;
using Microsoft.Win32.SafeHandles;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders.Formats;

/// <summary>
/// An archive of torch.save or torch.jit.save: a zip of "data.pkl", which names the tensors, and "data/N", which hold their values. Of a
/// training checkpoint only its state dict is taken; of a TorchScript archive, as OpenAI published CLIP, the modules' attributes, never code.
/// </summary>
sealed class TorchArchive : TensorFile
{
    const int LargestPickle = 8 << 20; // names and shapes: one or two for a large model with its optimizer
    const int MostTensors = 1 << 18;
    const long FreeBytes = 64 << 20;
    const int MostUses = 4; // of the values that the archive holds, by tensors that share them

    readonly SafeFileHandle file;
    readonly Dictionary<string, ZipEntry> zip;
    readonly string root;
    readonly Dictionary<string, PickleTensor> tensors = new(StringComparer.Ordinal);
    readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);

    TorchArchive(string path, SafeFileHandle file, Dictionary<string, ZipEntry> zip, string root, bool script)
        : base(path, script ? "TorchScript archive" : "PyTorch archive")
    {
        (this.file, this.zip, this.root) = (file, zip, root);
        RequireLittleEndian();
        IsScript = script;
        var value = PickleReader.Read(path, Bytes(zip[root + "data.pkl"], LargestPickle), script);
        foreach (var (name, tensor) in StateDictOf.Pickle(path, value, MostTensors))
        {
            tensors.Add(name, tensor);
            entries.Add(name, new TensorEntry(name, tensor.Storage.Type, tensor.Shape));
        }
        CheckAll();
    }

    /// <summary>Whether it is of torch.jit.save.</summary>
    public bool IsScript { get; }

    /// <inheritdoc cref="TensorFile.Open"/>
    public static TorchArchive OpenArchive(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            var zip = ZipDirectory.Read(path, file);
            var pickles = zip.Keys.Where(k => k.EndsWith("/data.pkl", StringComparison.Ordinal)).Take(2).ToList();
            if (pickles.Count != 1)
                throw ZipDirectory.Bad(
                    path,
                    pickles.Count == 0
                        ? "it is a zip file without a 'data.pkl' in it"
                        : $"it has two pickles, {Quoted(pickles[0])} and {Quoted(pickles[1])}"
                );
            var root = pickles[0][..^"data.pkl".Length];
            return new TorchArchive(path, file, zip, root, zip.ContainsKey(root + "constants.pkl"));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public override unsafe Tensor Read(string name)
    {
        var tensor = tensors[name];
        using var scope = NewDisposeScope();
        var extent = Extent(tensor);
        var values = empty([extent], dtype: tensor.Storage.Type); // from the first to the last that the view reaches
        var size = SizeOf(tensor.Storage.Type);
        var target = (byte*)(extent > 0 ? RawData.Of(values) : null);
        const int chunk = 1 << 26;
        var length = extent * size;
        if (zip[EntryOf(tensor)].Deflated && length > chunk)
            throw ZipDirectory.Bad(
                Path,
                $"{Quoted(name)} is packed and has {length} bytes, more than the {chunk} that are unpacked"
            );
        for (var done = 0L; done < length; done += chunk)
            ZipDirectory.Read(
                Path,
                file,
                zip[EntryOf(tensor)],
                tensor.Offset * size + done,
                new Span<byte>(target + done, (int)Math.Min(chunk, length - done))
            );
        if (tensor.Storage.Type == ScalarType.Bool)
            for (var i = 0L; i < length; i++)
                if (target[i] > 1)
                    throw ZipDirectory.Bad(Path, $"{Quoted(name)} is of truth values and has the byte {target[i]}");
        var view = extent > 0 ? values.as_strided(tensor.Shape, tensor.Strides) : values.reshape(tensor.Shape);
        return view.contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();

    string EntryOf(PickleTensor tensor) => $"{root}data/{tensor.Storage.Key}";

    void RequireLittleEndian()
    {
        if (
            zip.TryGetValue(root + "byteorder", out var entry)
            && Encoding.UTF8.GetString(Bytes(entry, 64)).Trim() is var order
            && order != "little"
        )
            throw ZipDirectory.Bad(Path, $"its byte order is {Quoted(order)}, and only 'little' is read");
    }

    byte[] Bytes(ZipEntry entry, int largest)
    {
        if (entry.Size > largest)
            throw ZipDirectory.Bad(
                Path,
                $"{Quoted(entry.Name)} has {entry.Size} bytes, more than the {largest} allowed"
            );
        var bytes = new byte[entry.Size];
        ZipDirectory.Read(Path, file, entry, 0, bytes);
        return bytes;
    }

    // Every tensor before any is read: the sum, too, since a thousand tensors can share one storage.
    void CheckAll()
    {
        var (work, held) = (0L, 0L);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
        {
            var storage = tensor.Storage;
            if (!zip.TryGetValue(EntryOf(tensor), out var entry))
                throw ZipDirectory.Bad(
                    Path,
                    $"{Quoted(name)} lies in the storage {Quoted(storage.Key)}, which is missing"
                );
            var size = SizeOf(storage.Type);
            if (storage.Count > entry.Size / size)
                throw ZipDirectory.Bad(
                    Path,
                    $"the storage {Quoted(storage.Key)} of {Quoted(name)} claims {storage.Count} values of {size} bytes, and has {entry.Size} bytes"
                );
            CheckView(name, tensor);
            if (seen.Add(storage.Key))
                held += entry.Size;
            work += ((entry.Deflated ? tensor.Offset : 0) + Math.Max(Extent(tensor), entries[name].Count)) * size;
            if (work > FreeBytes + MostUses * held)
                throw ZipDirectory.Bad(
                    Path,
                    $"up to {Quoted(name)} its tensors reach for {work} bytes, far more than it holds"
                );
        }
    }

    void CheckView(string name, PickleTensor tensor)
    {
        var (shape, strides, storage) = (tensor.Shape, tensor.Strides, tensor.Storage);
        if (shape.Length != strides.Length || tensor.Offset < 0 || shape.Any(s => s < 0) || strides.Any(s => s < 0))
            throw ZipDirectory.Bad(
                Path,
                $"{Quoted(name)} of shape {Shown(shape)}, strides {Shown(strides)} and offset {tensor.Offset} is no view"
            );
        try
        {
            var count = 1L; // a size of 0 must not hide that the others overflow
            foreach (var size in shape)
                count = checked(count * Math.Max(size, 1));
            if (shape.Contains(0))
                count = 0;
            if (count <= storage.Count && checked(tensor.Offset + Extent(tensor)) <= storage.Count)
                return;
        }
        catch (OverflowException) { }
        throw ZipDirectory.Bad(
            Path,
            $"{Quoted(name)} of shape {Shown(shape)}, strides {Shown(strides)} and offset {tensor.Offset} reaches beyond the {storage.Count} values of its storage"
        );
    }

    static long Extent(PickleTensor tensor) =>
        tensor.Shape.Contains(0)
            ? 0
            : tensor.Shape.Zip(tensor.Strides).Aggregate(1L, (sum, d) => checked(sum + (d.First - 1) * d.Second));

    static int SizeOf(ScalarType type) => Array.Find(SafetensorsHeader.Types, t => t.type == type).bytes;
}
