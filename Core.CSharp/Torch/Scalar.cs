using System.Globalization;

namespace TorchSharp;

/// <summary>A number or a bool as an operator's argument; C#'s numbers convert to it implicitly.</summary>
public readonly struct Scalar : IEquatable<Scalar>
{
    internal readonly int Tag;
    internal readonly long Bits;

    internal Scalar(int tag, long bits)
    {
        Tag = tag;
        Bits = bits;
    }

    /// <summary>A whole number.</summary>
    public static implicit operator Scalar(long value) => new(Arg.TagInt, value);

    /// <summary>A whole number.</summary>
    public static implicit operator Scalar(int value) => new(Arg.TagInt, value);

    /// <summary>A floating-point number.</summary>
    public static implicit operator Scalar(double value) => new(Arg.TagDouble, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A floating-point number.</summary>
    public static implicit operator Scalar(float value) => (double)value;

    /// <summary>A truth value.</summary>
    public static implicit operator Scalar(bool value) => new(Arg.TagBool, value ? 1 : 0);

    /// <summary>The type of the value: Int64, Float64 or Bool.</summary>
    public torch.ScalarType Type =>
        Tag switch
        {
            Arg.TagDouble => torch.ScalarType.Float64,
            Arg.TagBool => torch.ScalarType.Bool,
            _ => torch.ScalarType.Int64,
        };

    /// <summary>The value as a double.</summary>
    public double ToDouble() => Tag == Arg.TagDouble ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    /// <summary>The value as a float.</summary>
    public float ToSingle() => (float)ToDouble();

    /// <summary>The value as a long; a floating-point value is truncated.</summary>
    /// <exception cref="OverflowException">The value is NaN, infinite or too large.</exception>
    public long ToInt64() => Tag == Arg.TagDouble ? checked((long)BitConverter.Int64BitsToDouble(Bits)) : Bits;

    /// <summary>The value as an int; a floating-point value is truncated.</summary>
    /// <exception cref="OverflowException">The value is NaN, infinite or too large.</exception>
    public int ToInt32() => checked((int)ToInt64());

    /// <summary>Whether the value is not zero.</summary>
    public bool ToBoolean() => Tag == Arg.TagDouble ? BitConverter.Int64BitsToDouble(Bits) != 0 : Bits != 0;

    /// <inheritdoc/>
    public bool Equals(Scalar other) => Tag == other.Tag && Bits == other.Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Scalar other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tag, Bits);

    /// <inheritdoc/>
    public override string ToString() =>
        Tag switch
        {
            Arg.TagDouble => ToDouble().ToString("R", CultureInfo.InvariantCulture),
            Arg.TagBool => Bits != 0 ? "true" : "false",
            _ => Bits.ToString(CultureInfo.InvariantCulture),
        };
}
