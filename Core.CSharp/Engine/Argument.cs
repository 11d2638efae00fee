using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// An argument of an <see cref="Operator"/>: a Tensor, a list of Tensors, an int, a float, a bool, an optional one of these, or none.
/// libtorch's stable interface cannot pass Scalars ("number" in a schema), generators or strings.
/// </summary>
public readonly unsafe struct Argument
{
    enum Kind
    {
        None,
        Bits,
        Tensor,
        Tensors,
    }

    readonly Kind kind;
    readonly bool optional;
    readonly ulong bits;
    readonly object? tensors;

    Argument(Kind kind, ulong bits, object? tensors, bool optional = false) =>
        (this.kind, this.bits, this.tensors, this.optional) = (kind, bits, tensors, optional);

    /// <summary>An optional argument without a value.</summary>
    public static Argument None => default;

    /// <summary>A Tensor.</summary>
    public static implicit operator Argument(Tensor tensor) => new(Kind.Tensor, 0, tensor);

    /// <summary>A list of Tensors.</summary>
    public static implicit operator Argument(Tensor[] tensors) => new(Kind.Tensors, 0, tensors);

    /// <summary>An int or a SymInt.</summary>
    public static implicit operator Argument(long value) => new(Kind.Bits, (ulong)value, null);

    /// <summary>A float, which is a double.</summary>
    public static implicit operator Argument(double value) =>
        new(Kind.Bits, BitConverter.DoubleToUInt64Bits(value), null);

    /// <summary>A bool.</summary>
    public static implicit operator Argument(bool value) => new(Kind.Bits, value ? 1UL : 0, null);

    /// <summary>Wraps the value for an argument whose type is optional ("Tensor?").</summary>
    public Argument Some() => new(kind, bits, tensors, optional: true);

    /// <summary>The 64 bits that the interface expects; it takes over what they own.</summary>
    internal ulong Pack()
    {
        var packed = kind switch
        {
            Kind.Tensor => Pack((Tensor)tensors!),
            Kind.Tensors => Pack((Tensor[])tensors!),
            _ => bits,
        };
        if (!optional)
            return packed;
        var box = (ulong*)NativeMemory.Alloc(sizeof(ulong)); // C's malloc: libtorch frees it
        *box = packed;
        return (ulong)box;
    }

    static ulong Pack(Tensor tensor)
    {
        nint own;
        Check(StableInterface.aoti_torch_new_tensor_handle(tensor.Handle, &own));
        GC.KeepAlive(tensor);
        return (ulong)own;
    }

    static ulong Pack(Tensor[] all)
    {
        nint list;
        Check(StableInterface.torch_new_list_reserve_size((nuint)all.Length, &list));
        foreach (var tensor in all)
            Check(StableInterface.torch_list_push_back(list, Pack(tensor)));
        return (ulong)list;
    }

    static void Check(int code)
    {
        if (code != 0)
            throw new ExternalException(
                "libtorch could not take over a tensor; it printed the reason on standard error."
            );
    }

    /// <summary>Type and shape, for messages.</summary>
    public override string ToString() =>
        tensors switch
        {
            Tensor tensor => Described.Of(tensor),
            Tensor[] all when all.Length > 4 =>
                $"[{string.Join(", ", all.Take(3).Select(Described.Of))}, ... {all.Length} tensors]",
            Tensor[] all => $"[{string.Join(", ", all.Select(Described.Of))}]",
            _ => kind == Kind.None ? "None" : bits.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
}
