namespace TorchSharp;

public static partial class torch
{
    /// <summary>The element-wise sum, with broadcasting.</summary>
    public static Tensor add(Tensor input, Tensor other) => input.add(other);

    /// <summary>this + alpha * other, with broadcasting.</summary>
    public static Tensor add(Tensor input, Tensor other, Scalar alpha) => input.add(other, alpha);

    /// <summary>The sum of each element and a number.</summary>
    public static Tensor add(Tensor input, Scalar other) => input.add(other);

    /// <summary>The element-wise difference, with broadcasting.</summary>
    public static Tensor sub(Tensor input, Tensor other) => input.sub(other);

    /// <summary>this - alpha * other, with broadcasting.</summary>
    public static Tensor sub(Tensor input, Tensor other, Scalar alpha) => input.sub(other, alpha);

    /// <summary>The difference of each element and a number.</summary>
    public static Tensor sub(Tensor input, Scalar other) => input.sub(other);

    /// <summary>The element-wise product, with broadcasting.</summary>
    public static Tensor mul(Tensor input, Tensor other) => input.mul(other);

    /// <summary>The product of each element and a number.</summary>
    public static Tensor mul(Tensor input, Scalar other) => input.mul(other);

    /// <summary>The element-wise quotient, with broadcasting.</summary>
    public static Tensor div(Tensor input, Tensor other) => input.div(other);

    /// <summary>The quotient of each element and a number.</summary>
    public static Tensor div(Tensor input, Scalar other) => input.div(other);

    /// <summary>The quotient rounded down.</summary>
    public static Tensor floor_divide(Tensor input, Tensor other) => input.floor_divide(other);

    /// <summary>The quotient rounded down.</summary>
    public static Tensor floor_divide(Tensor input, Scalar other) => input.floor_divide(other);

    /// <summary>The remainder of the division, with the sign of the divisor.</summary>
    public static Tensor remainder(Tensor input, Tensor other) => input.remainder(other);

    /// <summary>The remainder of the division, with the sign of the divisor.</summary>
    public static Tensor remainder(Tensor input, Scalar other) => input.remainder(other);

    /// <summary>this + value * tensor1 * tensor2 (value: 1).</summary>
    public static Tensor addcmul(Tensor input, Tensor tensor1, Tensor tensor2, Scalar? value = null) =>
        input.addcmul(tensor1, tensor2, value);

    /// <summary>this + value * tensor1 / tensor2 (value: 1).</summary>
    public static Tensor addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, Scalar? value = null) =>
        input.addcdiv(tensor1, tensor2, value);
}
