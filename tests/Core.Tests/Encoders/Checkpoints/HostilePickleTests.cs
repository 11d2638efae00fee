using System.IO.Compression;
using System.Text;
using Research.Encoders.Formats;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Pickles that ask for more than tensors: each is refused in one line that names what it asks for.</summary>
public sealed class HostilePickleTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    string Path_ => Path.Combine(folder, "a.pt");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static PickleBytes New(byte protocol = 2) => new(protocol);

    static readonly byte[] four = new byte[16];

    static readonly Dictionary<string, (byte[] Pickle, string Fault)> hostile = new()
    {
        ["GLOBAL and REDUCE"] = (
            New().Global("os", "system").Op('(').Text("touch /tmp/x").Op('t').Op('R').Stopped(),
            "asks for 'os.system', which is no part of a tensor: refused"
        ),
        ["GLOBAL never called"] = (
            New().Op('}').Text("x").Global("builtins", "eval").Op('s').Stopped(),
            "'builtins.eval'"
        ),
        ["STACK_GLOBAL"] = (
            New(4).Text("posix").Text("system").Op(0x93).Text("id").Op(0x85).Op('R').Stopped(),
            "'posix.system'"
        ),
        ["STACK_GLOBAL of no text"] = (New(4).Text("posix").Whole(1).Op(0x93).Stopped(), "whose name is no text"),
        ["INST"] = (
            New().Op('(').Text("id").Op('i').Op(Encoding.UTF8.GetBytes("os\nsystem\n")).Stopped(),
            "'os.system'"
        ),
        ["OBJ"] = (New().Op('(').Global("collections", "OrderedDict").Op('o').Stopped(), "operation OBJ"),
        ["NEWOBJ"] = (
            New().Global("collections", "OrderedDict").Op(')').Op(0x81).Stopped(),
            "no module of TorchScript"
        ),
        ["NEWOBJ_EX"] = (New(4).Global("torch", "Size").Op(')').Op('}').Op(0x92).Stopped(), "operation NEWOBJ_EX"),
        ["a module of TorchScript outside of TorchScript"] = (
            New().Global("__torch__", "Evil").Op(')').Op(0x81).Stopped(),
            "'__torch__.Evil'"
        ),
        ["bytes as a storage"] = (
            New().Global("torch.storage", "_load_from_bytes").Stopped(),
            "'torch.storage._load_from_bytes'"
        ),
        ["a training program's namespace"] = (
            New().Op('}').Text("args").Global("argparse", "Namespace").Op(')').Op(0x81).Op('s').Stopped(),
            "'argparse.Namespace'"
        ),
        ["EXT1"] = (New().Op(0x82, 1).Stopped(), "operation EXT1"),
        ["PERSID"] = (New().Op('P').Op(Encoding.UTF8.GetBytes("storage\n")).Stopped(), "operation PERSID"),
        ["BINPERSID of text"] = (New().Text("storage").Op('Q').Stopped(), "no storage of a tensor"),
        ["BINPERSID of a module"] = (
            New()
                .Op('(')
                .Text("module")
                .Global("torch", "FloatStorage")
                .Text("0")
                .Text("cpu")
                .Whole(4)
                .Op('t')
                .Op('Q')
                .Stopped(),
            "no storage of a tensor"
        ),
        ["a call of a storage"] = (
            New().Global("torch", "FloatStorage").Op(')').Op('R').Stopped(),
            "'torch.FloatStorage' with arguments that it does not take"
        ),
        ["a call of a dictionary"] = (New().Op('}').Op(')').Op('R').Stopped(), "calls a dictionary"),
        ["a dictionary of a list, which could be called again and again"] = (
            New().Global("collections", "OrderedDict").Op(']').Op(0x85).Op('R').Stopped(),
            "'collections.OrderedDict' with arguments that it does not take"
        ),
        ["attributes for a list"] = (New().Op(']').Op('}').Op('b').Stopped(), "attributes to a list"),
        ["a number of a billion digits"] = (
            New().Op(0x8B, 0, 0xCA, 0x9A, 0x3B).Stopped(),
            "announces 1000000000 bytes"
        ),
        ["a number of nine digits"] = (New().Op(0x8A, 9).Op(new byte[9]).Stopped(), "whole number of 9 bytes"),
        ["a text of 4 GB"] = (New().Op('X').Op(0xFF, 0xFF, 0xFF, 0xFF).Stopped(), "announces 4294967295 bytes"),
        ["a text of 2^63"] = (
            New(4).Op(0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF).Stopped(),
            "announces 18446744073709551615 bytes"
        ),
        ["a frame longer than the pickle"] = (
            New(4).Op(0x95, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F).Stopped(),
            "longer than the pickle"
        ),
        ["a memo of 4 billion"] = (New().Op('N').Op('r').Op(0xFF, 0xFF, 0xFF, 0xFF).Stopped(), "under 4294967295"),
        ["a memo that was not set"] = (New().Op('h').Op(9).Stopped(), "recalls the value 9"),
        ["an empty stack"] = (New().Op('0').Stopped(), "empty stack"),
        ["no mark"] = (New().Op('t').Stopped(), "mark"),
        ["a mark in place of a value"] = (New().Op('(').Op(0x85).Stopped(), "empty stack"),
        ["a dictionary in a key"] = (New().Op('}').Op('}').Op('N').Op('s').Stopped(), "has a dictionary as a key"),
        ["a key without value"] = (New().Op('}').Op('(').Text("a").Op('u').Stopped(), "key without a value"),
        ["a key twice"] = (
            New().Op('}').Text("w").Op('N').Op('s').Text("w").Op('N').Op('s').Stopped(),
            "'w' occurs twice"
        ),
        ["protocol 0"] = (Encoding.UTF8.GetBytes("(dp0\n."), "protocol from 2 to 5"),
        ["protocol 9"] = ([0x80, 9, (byte)'N', (byte)'.'], "protocol from 2 to 5"),
        ["the text operations of protocol 0"] = (
            New().Op('I').Op(Encoding.UTF8.GetBytes("1\n")).Stopped(),
            "operation INT"
        ),
        ["no end"] = ([0x80, 2, (byte)'N'], "ends at byte 3"),
        ["a name without end"] = (
            New().Op('c').Op(Enumerable.Repeat((byte)'a', 4000).ToArray()).Stopped(),
            "has no end"
        ),
        ["a set"] = (New(4).Op(0x8F).Stopped(), "operation EMPTY_SET"),
        ["no state dict"] = (New().Op(']').Stopped(), "holds a list, not a state dict"),
        ["a state dict with code for a value"] = (
            New().Op('}').Text("w").Global("torch", "Size").Op('s').Stopped(),
            "'w' in its state dict is 'torch.Size', not a tensor"
        ),
        ["nothing"] = (New().Op('}').Stopped(), "no tensors"),
        ["a storage that is not there"] = (
            PickleBytes.OneTensor(p => p.Tensor("../../etc/passwd", 4, [4], [1])),
            "which is missing"
        ),
        ["a storage that claims more"] = (PickleBytes.OneTensor(p => p.Tensor("0", 5, [4], [1])), "claims 5 values"),
        ["a view beyond its storage"] = (PickleBytes.OneTensor(p => p.Tensor("0", 4, [5], [1])), "'w' of shape [5]"),
        ["an offset beyond its storage"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [2], [1], 3)),
            "reaches beyond the 4 values"
        ),
        ["an offset before its storage"] = (PickleBytes.OneTensor(p => p.Tensor("0", 4, [2], [1], -1)), "is no view"),
        ["a negative stride"] = (PickleBytes.OneTensor(p => p.Tensor("0", 4, [2], [-1], 3)), "is no view"),
        ["a stride beyond its storage"] = (PickleBytes.OneTensor(p => p.Tensor("0", 4, [2], [4])), "reaches beyond"),
        ["a stride that overflows"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [3], [long.MaxValue])),
            "reaches beyond"
        ),
        ["an offset that overflows"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [2], [1], long.MaxValue)),
            "reaches beyond"
        ),
        ["a shape that overflows"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [1L << 40, 1L << 40], [0, 0])),
            "reaches beyond"
        ),
        ["a shape that overflows behind a 0"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [0, 1L << 40, 1L << 40], [0, 0, 0])),
            "reaches beyond"
        ),
        ["one value repeated without end"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [1L << 40], [0])),
            "reaches beyond"
        ),
        ["more strides than sizes"] = (PickleBytes.OneTensor(p => p.Tensor("0", 4, [2], [1, 1])), "is no view"),
        ["nine dimensions"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, Enumerable.Repeat(1L, 9).ToArray(), new long[9])),
            "arguments that it does not take"
        ),
        ["another type's storage"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [4], [1], storage: "DoubleStorage")),
            "claims 4 values of 8 bytes"
        ),
        ["a storage without type"] = (
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [4], [1], storage: "ComplexFloatStorage")),
            "'torch.ComplexFloatStorage'"
        ),
    };

    public static TheoryData<string> Names => [.. hostile.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_pickle_is_refused_in_one_line_that_names_what_it_asks_for(string name)
    {
        var (pickle, fault) = hostile[name];
        foreach (var level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            File.WriteAllBytes(Path_, PickleBytes.Archive(pickle, level, ("data/0", four)));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_).Dispose());
            Assert.Contains(fault, error.Message);
            Assert.Contains("a.pt", error.Message);
            Assert.DoesNotContain('\n', error.Message);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4_000_000);
        }
    }

    [Fact]
    public void Billion_laughs_and_deep_nests_are_only_as_large_as_their_bytes()
    {
        var laughs = New().Op('}').Text("laughs").Text("ha").Op('q').Op(0).Op('0');
        for (var i = 0; i < 200; i++)
            laughs.Op('h').Op((byte)i).Op('h').Op((byte)i).Op(0x86).Op('q').Op((byte)(i + 1)).Op('0');
        File.WriteAllBytes(Path_, PickleBytes.Archive(laughs.Op('h').Op(200).Op('s').Stopped()));
        Assert.Contains(
            "'laughs' in its state dict is a tuple",
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message
        );
        var deep = New();
        for (var i = 0; i < 1_000_000; i++)
            deep.Op(']');
        for (var i = 0; i < 999_999; i++)
            deep.Op('a');
        File.WriteAllBytes(Path_, PickleBytes.Archive(deep.Stopped()));
        Assert.Contains("holds a list", Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message);
    }

    [Fact]
    public void Millions_of_values_in_a_short_pickle_are_refused_within_bounded_memory()
    {
        var many = New();
        many.Op(Enumerable.Repeat((byte)'}', 5_000_000).ToArray());
        File.WriteAllBytes(Path_, PickleBytes.Archive(many.Stopped()));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(
            "more than 4194304 operations",
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message
        );
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 300_000_000);
        File.WriteAllBytes(Path_, PickleBytes.Archive(new byte[9 << 20]));
        Assert.Contains(
            "more than the 8388608 allowed",
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message
        );
    }

    [Fact]
    public void Modules_of_TorchScript_that_stand_in_exponentially_many_places_are_counted()
    {
        var script = New();
        for (var i = 0; i < 40; i++)
        {
            script.Global("__torch__", "M").Op(')').Op(0x81).Op('}');
            if (i == 0)
                script.Text("w").Op('N').Op('s');
            else
                script.Text("a").Op('h').Op((byte)(i - 1)).Op('s').Text("b").Op('h').Op((byte)(i - 1)).Op('s');
            script.Op('b').Op('q').Op((byte)i);
        }
        File.WriteAllBytes(
            Path_,
            PickleBytes.Archive(script.Stopped(), others: ("constants.pkl", [0x80, 2, (byte)')', (byte)'.']))
        );
        Assert.Contains(
            "more than 1048576 attributes",
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message
        );
        var cyclic = New()
            .Global("__torch__", "M")
            .Op(')')
            .Op(0x81)
            .Op('q')
            .Op(0)
            .Op('}')
            .Text("self")
            .Op('h')
            .Op(0)
            .Op('s')
            .Op('b');
        File.WriteAllBytes(
            Path_,
            PickleBytes.Archive(cyclic.Stopped(), others: ("constants.pkl", [0x80, 2, (byte)')', (byte)'.']))
        );
        Assert.Contains("64 modules deep", Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message);
    }

    [Fact]
    public void A_thousand_tensors_over_one_large_storage_are_refused_before_any_is_read()
    {
        const int count = 1 << 20;
        var pickle = New().Op('}');
        for (var i = 0; i < 1000; i++)
            pickle.Text($"w{i}").Tensor("0", count, [count], [1]).Op('s');
        File.WriteAllBytes(Path_, PickleBytes.Archive(pickle.Stopped(), others: ("data/0", new byte[4 * count])));
        Assert.Contains(
            "far more than it holds",
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message
        );
    }

    [Fact]
    public void Views_of_one_storage_are_read_as_PyTorch_reads_them()
    {
        using var scope = NewDisposeScope();
        var values = new float[12];
        for (var i = 0; i < values.Length; i++)
            values[i] = i;
        var bytes = new byte[48];
        Buffer.BlockCopy(values, 0, bytes, 0, 48);
        var pickle = New()
            .Op('}')
            .Text("whole")
            .Tensor("0", 12, [3, 4], [4, 1])
            .Op('s')
            .Text("turned")
            .Tensor("0", 12, [4, 3], [1, 4])
            .Op('s')
            .Text("part")
            .Tensor("0", 12, [2, 2], [4, 2], 5)
            .Op('s')
            .Text("one")
            .Tensor("0", 12, [], [], 7)
            .Op('s')
            .Text("none")
            .Tensor("0", 12, [0, 5], [5, 1], 12)
            .Op('s')
            .Text("repeated")
            .Tensor("0", 12, [2, 3], [0, 1], 1)
            .Op('s');
        var whole = arange(12, dtype: ScalarType.Float32).reshape(3, 4);
        var stopped = pickle.Stopped();
        foreach (var level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            File.WriteAllBytes(Path_, PickleBytes.Archive(stopped, level, ("data/0", bytes)));
            using var file = TensorFile.Open(Path_);
            Engine.Golden.Same("whole", whole, file.Read("whole"));
            Engine.Golden.Same("turned", whole.t(), file.Read("turned"));
            Engine.Golden.Same("part", tensor(new float[] { 5, 7, 9, 11 }, [2L, 2]), file.Read("part"));
            Engine.Golden.Same("one", tensor(7f), file.Read("one"));
            Assert.Equal([0L, 5], file.Read("none").shape);
            Engine.Golden.Same("repeated", tensor(new float[] { 1, 2, 3, 1, 2, 3 }, [2L, 3]), file.Read("repeated"));
            Assert.True(file.Read("turned").is_contiguous());
        }
    }
}
