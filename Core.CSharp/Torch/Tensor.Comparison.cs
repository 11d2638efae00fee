namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Bool: whether each element is equal to the matching one.</summary>
        public Tensor eq(Tensor other) => Ops.eq__Tensor.Call(this, other);

        /// <summary>Bool: whether each element is equal to a number.</summary>
        public Tensor eq(Scalar other) => Ops.eq__Scalar.Call(this, other);

        /// <summary>Bool: whether each element is different from the matching one.</summary>
        public Tensor ne(Tensor other) => Ops.ne__Tensor.Call(this, other);

        /// <summary>Bool: whether each element is different from a number.</summary>
        public Tensor ne(Scalar other) => Ops.ne__Scalar.Call(this, other);

        /// <summary>Bool: whether each element is less than the matching one.</summary>
        public Tensor lt(Tensor other) => Ops.lt__Tensor.Call(this, other);

        /// <summary>Bool: whether each element is less than a number.</summary>
        public Tensor lt(Scalar other) => Ops.lt__Scalar.Call(this, other);

        /// <summary>As <see cref="lt(Tensor)"/>.</summary>
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

        /// <summary>As <see cref="lt(Scalar)"/>.</summary>
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

        /// <summary>Bool: whether each element is less or equal to the matching one.</summary>
        public Tensor le(Tensor other) => Ops.le__Tensor.Call(this, other);

        /// <summary>Bool: whether each element is less or equal to a number.</summary>
        public Tensor le(Scalar other) => Ops.le__Scalar.Call(this, other);

        /// <summary>As <see cref="le(Tensor)"/>.</summary>
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

        /// <summary>As <see cref="le(Scalar)"/>.</summary>
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);

        /// <summary>Bool: whether each element is greater than the matching one.</summary>
        public Tensor gt(Tensor other) => Ops.gt__Tensor.Call(this, other);

        /// <summary>Bool: whether each element is greater than a number.</summary>
        public Tensor gt(Scalar other) => Ops.gt__Scalar.Call(this, other);

        /// <summary>As <see cref="gt(Tensor)"/>.</summary>
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

        /// <summary>As <see cref="gt(Scalar)"/>.</summary>
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        /// <summary>Bool: whether each element is greater or equal to the matching one.</summary>
        public Tensor ge(Tensor other) => Ops.ge__Tensor.Call(this, other);

        /// <summary>Bool: whether each element is greater or equal to a number.</summary>
        public Tensor ge(Scalar other) => Ops.ge__Scalar.Call(this, other);

        /// <summary>As <see cref="ge(Tensor)"/>.</summary>
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

        /// <summary>As <see cref="ge(Scalar)"/>.</summary>
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        /// <summary>The larger of the matching elements.</summary>
        public Tensor maximum(Tensor other) => Ops.maximum.Call(this, other);

        /// <summary>The smaller of the matching elements.</summary>
        public Tensor minimum(Tensor other) => Ops.minimum.Call(this, other);

        /// <summary>Bool: both are non-zero.</summary>
        public Tensor logical_and(Tensor other) => Ops.logical_and.Call(this, other);

        /// <summary>Bool: one or both are non-zero.</summary>
        public Tensor logical_or(Tensor other) => Ops.logical_or.Call(this, other);

        /// <summary>Bool: exactly one is non-zero.</summary>
        public Tensor logical_xor(Tensor other) => Ops.logical_xor.Call(this, other);

        /// <summary>Bool: the element is zero.</summary>
        public Tensor logical_not() => Ops.logical_not.Call(this);

        /// <summary>The bitwise and of whole numbers; for Bool the logical one.</summary>
        public Tensor bitwise_and(Tensor other) => Ops.bitwise_and__Tensor.Call(this, other);

        /// <summary>As <see cref="bitwise_and(Tensor)"/>.</summary>
        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);

        /// <summary>The bitwise or of whole numbers; for Bool the logical one.</summary>
        public Tensor bitwise_or(Tensor other) => Ops.bitwise_or__Tensor.Call(this, other);

        /// <summary>As <see cref="bitwise_or(Tensor)"/>.</summary>
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);

        /// <summary>The bitwise exclusive or of whole numbers; for Bool the logical one.</summary>
        public Tensor bitwise_xor(Tensor other) => Ops.bitwise_xor__Tensor.Call(this, other);

        /// <summary>As <see cref="bitwise_xor(Tensor)"/>.</summary>
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);

        /// <summary>Whole numbers shifted right by so many bits; the sign stays.</summary>
        public Tensor bitwise_right_shift(Scalar other) => Ops.bitwise_right_shift__Tensor_Scalar.Call(this, other);

        /// <summary>The bitwise complement of whole numbers; for Bool the logical one.</summary>
        public Tensor bitwise_not() => Ops.bitwise_not.Call(this);

        /// <summary>As <see cref="bitwise_not"/>.</summary>
        public static Tensor operator ~(Tensor tensor) => tensor.bitwise_not();

        /// <summary>Whether shapes and all elements are the same.</summary>
        public bool equal(Tensor other) => Ops.equal.CallScalar(this, other).ToBoolean();

        /// <summary>Whether all elements satisfy |x - target| &lt;= atol + rtol * |target|.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Ops.allclose.CallScalar(this, target, rtol, atol, equal_nan).ToBoolean();

        /// <summary>Bool: |x - other| &lt;= atol + rtol * |other|.</summary>
        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Ops.isclose.Call(this, other, rtol, atol, equal_nan);

        /// <summary>This where the condition holds, else y.</summary>
        public Tensor where(Tensor condition, Tensor y) => Ops.where__self.Call(condition, this, y);
    }
}
