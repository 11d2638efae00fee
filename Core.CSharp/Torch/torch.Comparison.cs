namespace TorchSharp;

public static partial class torch
{
    /// <summary>Bool: whether each element is equal to the matching one.</summary>
    public static Tensor eq(Tensor input, Tensor other) => input.eq(other);

    /// <summary>Bool: whether each element is equal to a number.</summary>
    public static Tensor eq(Tensor input, Scalar other) => input.eq(other);

    /// <summary>Bool: whether each element is different from the matching one.</summary>
    public static Tensor ne(Tensor input, Tensor other) => input.ne(other);

    /// <summary>Bool: whether each element is different from a number.</summary>
    public static Tensor ne(Tensor input, Scalar other) => input.ne(other);

    /// <summary>Bool: whether each element is less than the matching one.</summary>
    public static Tensor lt(Tensor input, Tensor other) => input.lt(other);

    /// <summary>Bool: whether each element is less than a number.</summary>
    public static Tensor lt(Tensor input, Scalar other) => input.lt(other);

    /// <summary>Bool: whether each element is less or equal to the matching one.</summary>
    public static Tensor le(Tensor input, Tensor other) => input.le(other);

    /// <summary>Bool: whether each element is less or equal to a number.</summary>
    public static Tensor le(Tensor input, Scalar other) => input.le(other);

    /// <summary>Bool: whether each element is greater than the matching one.</summary>
    public static Tensor gt(Tensor input, Tensor other) => input.gt(other);

    /// <summary>Bool: whether each element is greater than a number.</summary>
    public static Tensor gt(Tensor input, Scalar other) => input.gt(other);

    /// <summary>Bool: whether each element is greater or equal to the matching one.</summary>
    public static Tensor ge(Tensor input, Tensor other) => input.ge(other);

    /// <summary>Bool: whether each element is greater or equal to a number.</summary>
    public static Tensor ge(Tensor input, Scalar other) => input.ge(other);

    /// <summary>The larger of the matching elements.</summary>
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);

    /// <summary>The smaller of the matching elements.</summary>
    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);

    /// <summary>Bool: both are non-zero.</summary>
    public static Tensor logical_and(Tensor input, Tensor other) => input.logical_and(other);

    /// <summary>Bool: one or both are non-zero.</summary>
    public static Tensor logical_or(Tensor input, Tensor other) => input.logical_or(other);

    /// <summary>Bool: exactly one is non-zero.</summary>
    public static Tensor logical_xor(Tensor input, Tensor other) => input.logical_xor(other);

    /// <summary>Bool: the element is zero.</summary>
    public static Tensor logical_not(Tensor input) => input.logical_not();

    /// <summary>The bitwise and of whole numbers; for Bool the logical one.</summary>
    public static Tensor bitwise_and(Tensor input, Tensor other) => input.bitwise_and(other);

    /// <summary>The bitwise or of whole numbers; for Bool the logical one.</summary>
    public static Tensor bitwise_or(Tensor input, Tensor other) => input.bitwise_or(other);

    /// <summary>The bitwise exclusive or of whole numbers; for Bool the logical one.</summary>
    public static Tensor bitwise_xor(Tensor input, Tensor other) => input.bitwise_xor(other);

    /// <summary>The bitwise complement of whole numbers; for Bool the logical one.</summary>
    public static Tensor bitwise_not(Tensor input) => input.bitwise_not();

    /// <summary>Whether shapes and all elements are the same.</summary>
    public static bool equal(Tensor input, Tensor other) => input.equal(other);

    /// <summary>Whether all elements satisfy |x - target| &lt;= atol + rtol * |target|.</summary>
    public static bool allclose(
        Tensor input,
        Tensor target,
        double rtol = 1e-05,
        double atol = 1e-08,
        bool equal_nan = false
    ) => input.allclose(target, rtol, atol, equal_nan);

    /// <summary>Bool: |x - other| &lt;= atol + rtol * |other|.</summary>
    public static Tensor isclose(
        Tensor input,
        Tensor other,
        double rtol = 1e-05,
        double atol = 1e-08,
        bool equal_nan = false
    ) => input.isclose(other, rtol, atol, equal_nan);

    /// <summary>x where the condition holds, else y; all three broadcast.</summary>
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Ops.where__self.Call(condition, x, y);

    /// <summary>x where the condition holds, else a number.</summary>
    public static Tensor where(Tensor condition, Tensor x, Scalar y) => Ops.where__ScalarOther.Call(condition, x, y);

    /// <summary>A number where the condition holds, else y.</summary>
    public static Tensor where(Tensor condition, Scalar x, Tensor y) => Ops.where__ScalarSelf.Call(condition, x, y);
}
