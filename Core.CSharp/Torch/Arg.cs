using System.Globalization;
using System.Text;

namespace TorchSharp;

/// <summary>One argument of an operator: a number, a flag, a tensor, a list, a string, a device, a generator or nothing.</summary>
/// <remarks>Whatever a method takes converts implicitly, so that a call reads <c>Ops.cumsum.Call(this, dim, dtype)</c>.</remarks>
internal readonly struct Arg
{
    internal const int TagNone = 0;
    internal const int TagTensor = 1;
    internal const int TagInt = 2;
    internal const int TagDouble = 3;
    internal const int TagBool = 4;
    internal const int TagInts = 5;
    internal const int TagDoubles = 6;
    internal const int TagTensors = 8;
    internal const int TagString = 9;
    internal const int TagDevice = 10;
    internal const int TagDefault = 11;
    internal const int TagGenerator = 12;

    internal readonly object? Object;
    internal readonly long Bits;
    internal readonly int Tag;
    internal readonly int Len;

    private Arg(int tag, long bits, object? o = null, int len = 0)
    {
        Tag = tag;
        Bits = bits;
        Object = o;
        Len = len;
    }

    /// <summary>The schema's default.</summary>
    internal static Arg Default => new(TagDefault, 0);

    /// <summary>No value (None).</summary>
    internal static Arg None => default;

    /// <summary>How many 8-byte words of scratch the marshalled form needs.</summary>
    internal int Words =>
        Tag switch
        {
            TagInts or TagDoubles or TagTensors => Len,
            TagString => (Encoding.UTF8.GetMaxByteCount(Len) + 7) / 8,
            _ => 0,
        };

    public static implicit operator Arg(torch.Tensor? v) => v is null ? default : new(TagTensor, 0, v);

    public static implicit operator Arg(long v) => new(TagInt, v);

    public static implicit operator Arg(int v) => new(TagInt, v);

    public static implicit operator Arg(long? v) => v is { } x ? new(TagInt, x) : default;

    public static implicit operator Arg(double v) => new(TagDouble, BitConverter.DoubleToInt64Bits(v));

    public static implicit operator Arg(double? v) => v is { } x ? x : default(Arg);

    public static implicit operator Arg(bool v) => new(TagBool, v ? 1 : 0);

    public static implicit operator Arg(Scalar v) => new(v.Tag, v.Bits);

    public static implicit operator Arg(Scalar? v) => v is { } x ? new(x.Tag, x.Bits) : default;

    public static implicit operator Arg(torch.ScalarType v) => new(TagInt, (long)v);

    public static implicit operator Arg(torch.ScalarType? v) => v is { } x ? new(TagInt, (long)x) : default;

    public static implicit operator Arg(torch.Device? v) =>
        v is null ? default : new(TagDevice, ((long)v.type << 32) | (uint)v.index);

    public static implicit operator Arg(torch.Generator? v) => v is null ? default : new(TagGenerator, 0, v);

    public static implicit operator Arg(long[]? v) => v is null ? default : new(TagInts, 0, v, v.Length);

    public static implicit operator Arg(double[]? v) => v is null ? default : new(TagDoubles, 0, v, v.Length);

    public static implicit operator Arg(torch.Tensor?[] v) => new(TagTensors, 0, v, v.Length);

    public static implicit operator Arg(string? v) => v is null ? default : new(TagString, 0, v, v.Length);

    /// <summary>A list of tensors in any collection.</summary>
    internal static Arg List(IEnumerable<torch.Tensor> v) => v as torch.Tensor[] ?? [.. v];

    /// <summary>Appends what an error message shows: "Tensor[2, 3] Float32 cpu", "[1, 2]", "0.5".</summary>
    internal void Describe(StringBuilder text)
    {
        switch (Tag)
        {
            case TagTensor:
                ((torch.Tensor)Object!).Describe(text);
                break;
            case TagInt:
                text.Append(Bits.ToString(CultureInfo.InvariantCulture));
                break;
            case TagDouble:
                text.Append(BitConverter.Int64BitsToDouble(Bits).ToString("R", CultureInfo.InvariantCulture));
                break;
            case TagBool:
                text.Append(Bits != 0 ? "true" : "false");
                break;
            case TagInts:
                text.Append('[').AppendJoin(", ", (long[])Object!).Append(']');
                break;
            case TagDoubles:
                text.Append('[').AppendJoin(", ", (double[])Object!).Append(']');
                break;
            case TagTensors:
                DescribeList(text, (torch.Tensor?[])Object!);
                break;
            case TagString:
                text.Append('\'').Append((string)Object!).Append('\'');
                break;
            case TagDevice:
                text.Append(new torch.Device((DeviceType)(Bits >> 32), (int)Bits));
                break;
            case TagGenerator:
                text.Append("Generator");
                break;
            default:
                text.Append(Tag == TagDefault ? "default" : "None");
                break;
        }
    }

    private static void DescribeList(StringBuilder text, torch.Tensor?[] tensors)
    {
        const int shown = 8;
        text.Append('[');
        for (var i = 0; i < Math.Min(shown, tensors.Length); i++)
        {
            if (i > 0)
                text.Append(", ");
            if (tensors[i] is { } t)
                t.Describe(text);
            else
                text.Append("None");
        }
        if (tensors.Length > shown)
            text.Append($", ... {tensors.Length} in all");
        text.Append(']');
    }
}
