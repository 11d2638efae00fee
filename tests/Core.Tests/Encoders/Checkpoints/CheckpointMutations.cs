using System.IO.Compression;
using Research.Encoders;
using Research.Encoders.Formats;
using Research.Engine;
using Research.Randomness;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>
/// Damaged checkpoints: small whole ones of every format, each changed at random places. In half of the archives the pickle is changed and
/// packed again, so that the change reaches the reader of pickles. The n-th file is a function of n alone.
/// </summary>
public sealed class CheckpointMutations
{
    const string Operations = "(.012BCGJKMNQRTUX]}abcdehijloqrstu)\u0080\u0081\u0085\u0088\u008a\u0093\u0094\u0095";

    /// <summary>The formats that occur.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["archive", "script", "safetensors"];

    readonly ulong seed;
    readonly string path;
    readonly byte[][] pickles;
    readonly byte[][] whole;

    /// <param name="seed">Another seed gives other files.</param>
    /// <param name="folder">Where the file lies that is read.</param>
    public CheckpointMutations(ulong seed, string folder)
    {
        this.seed = seed;
        path = Path.Combine(folder, "mutated.ckpt");
        pickles = [StateDict(), Script()];
        whole = [Archive(pickles[0], false), Archive(pickles[1], true), SmallSafetensors(folder)];
    }

    /// <summary>Reads the n-th damaged file: its format, and "read" or "refused".</summary>
    /// <exception cref="Exception">Anything but a refusal in a line is an error of the readers.</exception>
    public (string Format, string Outcome) Read(long n)
    {
        var random = new SeededRandom(Seed.Derive(seed, "checkpoint", n));
        var kind = random.NextInt(Formats.Count);
        var bytes =
            kind < 2 && random.NextInt(2) == 0
                ? Archive(Changed(pickles[kind], pickles[1 - kind], random), kind == 1)
                : Changed(whole[kind], whole[random.NextInt(whole.Length)], random);
        File.WriteAllBytes(path, bytes);
        return (Formats[kind], Outcome());
    }

    string Outcome()
    {
        using var scope = NewDisposeScope();
        try
        {
            using (var file = TensorFile.Open(path))
                foreach (var name in file.Entries.Keys.Take(50))
                    file.Read(name).Dispose();
            using var checkpoint = Checkpoints.Open(path);
            if (checkpoint.Faults.Count == 0)
                checkpoint.Load().Dispose();
            return "read";
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException && !e.Message.Contains('\n'))
        {
            return "refused";
        }
    }

    static byte[] Changed(byte[] source, byte[] other, SeededRandom random)
    {
        var bytes = source.ToList();
        for (var k = random.NextInt(2); k >= 0 && bytes.Count > 0; k--)
        {
            var at = random.NextInt(bytes.Count);
            var length = 1 + random.NextInt(Math.Min(24, bytes.Count - at));
            switch (random.NextInt(7))
            {
                case 0:
                    bytes[at] = (byte)random.NextInt(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.NextInt(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, random.NextInt(6) == 0 ? bytes.Count - at : length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4: // a number at its limit
                    var value = (byte)(random.NextInt(2) == 0 ? 0xFF : 0x7F);
                    for (var i = Math.Min(1 << random.NextInt(4), bytes.Count - at); i > 0; i--)
                        bytes[at + i - 1] = i == 1 ? value : (byte)0xFF;
                    break;
                case 5: // an operation of pickle
                    bytes[at] = (byte)Operations[random.NextInt(Operations.Length)];
                    break;
                default:
                    var from = random.NextInt(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, length)).ToArray());
                    break;
            }
        }
        return [.. bytes];
    }

    static byte[] StateDict() =>
        new PickleBytes()
            .Op('}')
            .Text("epoch")
            .Whole(3)
            .Op('s')
            .Text("state_dict")
            .Global("collections", "OrderedDict")
            .Op(')')
            .Op('R')
            .Op('q')
            .Op(0)
            .Op('(')
            .Text("module.visual.proj")
            .Tensor("0", 6, [2, 3], [3, 1])
            .Text("module.text.text_projection")
            .Tensor("0", 6, [3, 2], [1, 3])
            .Text("module.logit_scale")
            .Tensor("1", 2, [], [], 1, "HalfStorage")
            .Op('u')
            .Op('}')
            .Op('b')
            .Op('s')
            .Stopped();

    static byte[] Script() =>
        new PickleBytes()
            .Global("__torch__.clip", "Clip")
            .Op(')')
            .Op(0x81)
            .Op('}')
            .Op('(')
            .Text("training")
            .Op(0x89)
            .Text("visual")
            .Global("__torch__.clip", "Vision")
            .Op(')')
            .Op(0x81)
            .Op('}')
            .Text("proj")
            .Tensor("0", 6, [2, 3], [3, 1])
            .Op('s')
            .Op('b')
            .Text("logit_scale")
            .Tensor("1", 2, [], [], 1, "HalfStorage")
            .Op('u')
            .Op('b')
            .Stopped();

    static byte[] Archive(byte[] pickle, bool script)
    {
        var others = new List<(string, byte[])> { ("data/0", new byte[600]), ("data/1", new byte[4]) };
        if (script)
            others.Add(("constants.pkl", [0x80, 2, (byte)')', (byte)'.']));
        return PickleBytes.Archive(
            pickle,
            script ? CompressionLevel.Fastest : CompressionLevel.NoCompression,
            [.. others]
        );
    }

    static byte[] SmallSafetensors(string folder)
    {
        using var scope = NewDisposeScope();
        var file = Path.Combine(folder, "small.safetensors");
        var tensors = new Dictionary<string, Tensor>
        {
            ["visual.proj"] = ones(2, 3),
            ["text.text_projection"] = ones(3, 2),
            ["logit_scale"] = tensor(1f),
            ["visual.positional_embedding"] = ones(10, 15),
        };
        Safetensors.Save(file, tensors, new Dictionary<string, string> { ["layout"] = "research", ["config"] = "{}" });
        return File.ReadAllBytes(file);
    }
}
