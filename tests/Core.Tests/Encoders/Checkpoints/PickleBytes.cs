using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Core.Tests.Encoders;

/// <summary>Pickles and archives of torch.save, written operation by operation.</summary>
sealed class PickleBytes
{
    readonly MemoryStream bytes = new();

    public PickleBytes(byte protocol = 2) => Op(0x80, protocol);

    public PickleBytes Op(params byte[] raw)
    {
        bytes.Write(raw);
        return this;
    }

    public PickleBytes Op(char operation) => Op((byte)operation);

    public PickleBytes Global(string module, string name) => Op('c').Op(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleBytes Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Op('X').Op(length).Op(utf8);
    }

    public PickleBytes Whole(long value)
    {
        var all = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(all, value);
        return Op(0x8A, 8).Op(all);
    }

    public PickleBytes Tuple(params long[] values)
    {
        Op('(');
        foreach (var value in values)
            Whole(value);
        return Op('t');
    }

    /// <summary>A tensor over "data/KEY".</summary>
    public PickleBytes Tensor(
        string key,
        long count,
        long[] shape,
        long[] strides,
        long offset = 0,
        string storage = "FloatStorage"
    ) =>
        Global("torch._utils", "_rebuild_tensor_v2")
            .Op('(')
            .Op('(')
            .Text("storage")
            .Global("torch", storage)
            .Text(key)
            .Text("cpu")
            .Whole(count)
            .Op('t')
            .Op('Q')
            .Whole(offset)
            .Tuple(shape)
            .Tuple(strides)
            .Op(0x89)
            .Global("collections", "OrderedDict")
            .Op(')')
            .Op('R')
            .Op('t')
            .Op('R');

    /// <summary>The pickle, ended.</summary>
    public byte[] Stopped()
    {
        Op('.');
        return bytes.ToArray();
    }

    /// <summary>A pickle of one tensor "w" of four values in "data/0".</summary>
    public static byte[] OneTensor(Action<PickleBytes> tensor)
    {
        var pickle = new PickleBytes().Op('}').Text("w");
        tensor(pickle);
        return pickle.Op('s').Stopped();
    }

    /// <summary>An archive of a pickle and storages.</summary>
    public static byte[] Archive(
        byte[] pickle,
        CompressionLevel level = CompressionLevel.NoCompression,
        params (string Name, byte[] Content)[] others
    )
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create))
            foreach (var (name, content) in others.Prepend(("data.pkl", pickle)))
            {
                using var entry = zip.CreateEntry("archive/" + name, level).Open();
                entry.Write(content);
            }
        return memory.ToArray();
    }
}
