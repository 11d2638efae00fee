using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders.Formats;

/// <summary>A tuple of a pickle.</summary>
sealed record PickleTuple(object?[] Items);

/// <summary>A dictionary of a pickle. Keys that are no text are kept in order, unsearched, so that none can be made to collide.</summary>
sealed class PickleDictionary
{
    static readonly Dictionary<string, object?> none = [];
    Dictionary<string, object?>? texts; // a pickle of a million empty ones shall stay small

    /// <summary>What stands under texts, in the pickle's order.</summary>
    public IReadOnlyDictionary<string, object?> Texts => texts ?? none;

    /// <summary>The number of entries whose key is a number or a truth value.</summary>
    public int Others { get; private set; }

    /// <returns>What is wrong with the key, or null.</returns>
    public string? Add(object? key, object? value)
    {
        switch (key)
        {
            case string text:
                return (texts ??= new(StringComparer.Ordinal)).TryAdd(text, value)
                    ? null
                    : $"the key {TensorFile.Quoted(text)} occurs twice";
            case long or double or bool:
                Others++;
                return null;
            default:
                return $"a dictionary has {PickleReader.Described(key)} as a key";
        }
    }
}

/// <summary>A name that a pickle asks for, one of those that are allowed.</summary>
/// <param name="Name">Module and name, joined by a point.</param>
/// <param name="Kind">What it stands for.</param>
sealed record PickleGlobal(string Name, PickleGlobalKind Kind);

/// <summary>What an allowed name stands for.</summary>
enum PickleGlobalKind
{
    /// <summary>collections.OrderedDict.</summary>
    OrderedDictionary,

    /// <summary>A storage's class, which says the dtype.</summary>
    Storage,

    /// <summary>torch._utils._rebuild_tensor_v2: a tensor over a storage.</summary>
    RebuildTensor,

    /// <summary>torch._utils._rebuild_parameter: a tensor that is trained.</summary>
    RebuildParameter,

    /// <summary>torch.Size: a tuple.</summary>
    Size,

    /// <summary>Typed lists of TorchScript.</summary>
    TypedList,

    /// <summary>A class of TorchScript, taken for its attributes only.</summary>
    ScriptClass,
}

/// <summary>Values in an entry of the archive.</summary>
/// <param name="Key">The entry is "data/KEY".</param>
/// <param name="Type">The dtype.</param>
/// <param name="Count">The number of values that the pickle claims.</param>
sealed record PickleStorage(string Key, ScalarType Type, long Count);

/// <summary>A view of a storage. Nothing is checked yet.</summary>
sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>A module of TorchScript: its attributes, and none of its code.</summary>
sealed class PickleObject(string className)
{
    /// <summary>"__torch__...".</summary>
    public string ClassName { get; } = className;

    /// <summary>Its attributes; null until they are given.</summary>
    public PickleDictionary? Attributes { get; set; }
}

/// <summary>The names that a pickle may ask for. Nothing is imported: each is a case of <see cref="PickleReader"/>.</summary>
static class PickleGlobals
{
    const string ScriptPrefix = "__torch__.";

    static readonly Dictionary<string, ScalarType> storages = new(StringComparer.Ordinal)
    {
        ["torch.FloatStorage"] = ScalarType.Float32,
        ["torch.HalfStorage"] = ScalarType.Float16,
        ["torch.BFloat16Storage"] = ScalarType.BFloat16,
        ["torch.DoubleStorage"] = ScalarType.Float64,
        ["torch.LongStorage"] = ScalarType.Int64,
        ["torch.IntStorage"] = ScalarType.Int32,
        ["torch.ShortStorage"] = ScalarType.Int16,
        ["torch.CharStorage"] = ScalarType.Int8,
        ["torch.ByteStorage"] = ScalarType.Byte,
        ["torch.BoolStorage"] = ScalarType.Bool,
    };

    static readonly Dictionary<string, PickleGlobalKind> functions = new(StringComparer.Ordinal)
    {
        ["collections.OrderedDict"] = PickleGlobalKind.OrderedDictionary,
        ["torch._utils._rebuild_tensor_v2"] = PickleGlobalKind.RebuildTensor,
        ["torch._utils._rebuild_parameter"] = PickleGlobalKind.RebuildParameter,
        ["torch.Size"] = PickleGlobalKind.Size,
    };

    static readonly HashSet<string> scriptLists = new(StringComparer.Ordinal)
    {
        "torch.jit._pickle.build_intlist",
        "torch.jit._pickle.build_doublelist",
        "torch.jit._pickle.build_boollist",
        "torch.jit._pickle.build_tensorlist",
        "torch.jit._pickle.restore_type_tag",
    };

    /// <summary>The allowed name, or null.</summary>
    /// <param name="name">Module and name, joined by a point.</param>
    /// <param name="script">Whether the archive is TorchScript, whose modules are objects.</param>
    public static PickleGlobal? Find(string name, bool script) =>
        storages.ContainsKey(name) ? new(name, PickleGlobalKind.Storage)
        : functions.TryGetValue(name, out var kind) ? new(name, kind)
        : script && scriptLists.Contains(name) ? new(name, PickleGlobalKind.TypedList)
        : script && name.StartsWith(ScriptPrefix, StringComparison.Ordinal) ? new(name, PickleGlobalKind.ScriptClass)
        : null;

    /// <summary>The dtype of a storage's class.</summary>
    public static ScalarType TypeOf(PickleGlobal storage) => storages[storage.Name];
}
