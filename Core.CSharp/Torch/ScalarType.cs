namespace TorchSharp;

public static partial class torch
{
    /// <summary>The type of a tensor's elements; the values are libtorch's.</summary>
    public enum ScalarType : sbyte
    {
        /// <summary>Unsigned 8-bit integer.</summary>
        Byte = 0,

        /// <summary>Signed 8-bit integer.</summary>
        Int8 = 1,

        /// <summary>Signed 16-bit integer.</summary>
        Int16 = 2,

        /// <summary>Signed 32-bit integer.</summary>
        Int32 = 3,

        /// <summary>Signed 64-bit integer.</summary>
        Int64 = 4,

        /// <summary>IEEE half precision.</summary>
        Float16 = 5,

        /// <summary>IEEE single precision.</summary>
        Float32 = 6,

        /// <summary>IEEE double precision.</summary>
        Float64 = 7,

        /// <summary>Complex of two singles.</summary>
        ComplexFloat32 = 9,

        /// <summary>Complex of two doubles.</summary>
        ComplexFloat64 = 10,

        /// <summary>Truth value, one byte.</summary>
        Bool = 11,

        /// <summary>Brain floating point: a single's exponent with 8 significant bits.</summary>
        BFloat16 = 15,
    }

    /// <summary><see cref="ScalarType.Byte"/></summary>
    public const ScalarType uint8 = ScalarType.Byte;

    /// <summary><see cref="ScalarType.Int8"/></summary>
    public const ScalarType int8 = ScalarType.Int8;

    /// <summary><see cref="ScalarType.Int16"/></summary>
    public const ScalarType int16 = ScalarType.Int16;

    /// <summary><see cref="ScalarType.Int32"/></summary>
    public const ScalarType int32 = ScalarType.Int32;

    /// <summary><see cref="ScalarType.Int64"/></summary>
    public const ScalarType int64 = ScalarType.Int64;

    /// <summary><see cref="ScalarType.Float16"/></summary>
    public const ScalarType float16 = ScalarType.Float16;

    /// <summary><see cref="ScalarType.Float32"/></summary>
    public const ScalarType float32 = ScalarType.Float32;

    /// <summary><see cref="ScalarType.Float64"/></summary>
    public const ScalarType float64 = ScalarType.Float64;

    /// <summary><see cref="ScalarType.BFloat16"/></summary>
    public const ScalarType bfloat16 = ScalarType.BFloat16;

    /// <summary><see cref="ScalarType.Bool"/></summary>
    public const ScalarType @bool = ScalarType.Bool;

    /// <summary>Whether the type is a floating-point one (half, brain, single or double).</summary>
    public static bool is_floating_point(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;

    /// <summary>Whether the type is a whole-number one; Bool is not.</summary>
    public static bool is_integral(ScalarType type) => type is >= ScalarType.Byte and <= ScalarType.Int64;

    /// <summary>The bytes of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration's.</exception>
    public static int element_size(ScalarType type) =>
        type switch
        {
            ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
            ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
            ScalarType.Int32 or ScalarType.Float32 => 4,
            ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
            ScalarType.ComplexFloat64 => 16,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such ScalarType"),
        };

    /// <summary>The element type that holds .NET's <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException">No element type has T's layout.</exception>
    internal static ScalarType TypeOf<T>() =>
        typeof(T) == typeof(float) ? ScalarType.Float32
        : typeof(T) == typeof(double) ? ScalarType.Float64
        : typeof(T) == typeof(long) ? ScalarType.Int64
        : typeof(T) == typeof(int) ? ScalarType.Int32
        : typeof(T) == typeof(byte) ? ScalarType.Byte
        : typeof(T) == typeof(bool) ? ScalarType.Bool
        : typeof(T) == typeof(short) ? ScalarType.Int16
        : typeof(T) == typeof(sbyte) ? ScalarType.Int8
        : typeof(T) == typeof(Half) ? ScalarType.Float16
        : throw new NotSupportedException(
            $"{typeof(T)} has no tensor element type; float, double, Half, long, int, short, sbyte, byte and bool have"
        );
}
