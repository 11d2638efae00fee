namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The element-wise sum, with broadcasting.</summary>
        public Tensor add(Tensor other) => Ops.add__Tensor.Call(this, other);

        /// <summary>this + alpha * other, with broadcasting.</summary>
        public Tensor add(Tensor other, Scalar alpha) => Ops.add__Tensor.Call(this, other, alpha);

        /// <summary>The sum of each element and a number.</summary>
        public Tensor add(Scalar other) => Ops.add__Scalar.Call(this, other);

        /// <summary>this + other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor add_(Tensor other)
        {
            Ops.add___Tensor.Do(this, other);
            return this;
        }

        /// <summary>this + alpha * other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor add_(Tensor other, Scalar alpha)
        {
            Ops.add___Tensor.Do(this, other, alpha);
            return this;
        }

        /// <summary>this + other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor add_(Scalar other)
        {
            Ops.add___Scalar.Do(this, other);
            return this;
        }

        /// <summary>The element-wise difference, with broadcasting.</summary>
        public Tensor sub(Tensor other) => Ops.sub__Tensor.Call(this, other);

        /// <summary>this - alpha * other, with broadcasting.</summary>
        public Tensor sub(Tensor other, Scalar alpha) => Ops.sub__Tensor.Call(this, other, alpha);

        /// <summary>The difference of each element and a number.</summary>
        public Tensor sub(Scalar other) => Ops.sub__Scalar.Call(this, other);

        /// <summary>this - other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor sub_(Tensor other)
        {
            Ops.sub___Tensor.Do(this, other);
            return this;
        }

        /// <summary>this - alpha * other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor sub_(Tensor other, Scalar alpha)
        {
            Ops.sub___Tensor.Do(this, other, alpha);
            return this;
        }

        /// <summary>this - other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor sub_(Scalar other)
        {
            Ops.sub___Scalar.Do(this, other);
            return this;
        }

        /// <summary>The element-wise product, with broadcasting.</summary>
        public Tensor mul(Tensor other) => Ops.mul__Tensor.Call(this, other);

        /// <summary>The product of each element and a number.</summary>
        public Tensor mul(Scalar other) => Ops.mul__Scalar.Call(this, other);

        /// <summary>this * other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor mul_(Tensor other)
        {
            Ops.mul___Tensor.Do(this, other);
            return this;
        }

        /// <summary>this * other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor mul_(Scalar other)
        {
            Ops.mul___Scalar.Do(this, other);
            return this;
        }

        /// <summary>The element-wise quotient, with broadcasting.</summary>
        public Tensor div(Tensor other) => Ops.div__Tensor.Call(this, other);

        /// <summary>The quotient of each element and a number.</summary>
        public Tensor div(Scalar other) => Ops.div__Scalar.Call(this, other);

        /// <summary>this / other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor div_(Tensor other)
        {
            Ops.div___Tensor.Do(this, other);
            return this;
        }

        /// <summary>this / other, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor div_(Scalar other)
        {
            Ops.div___Scalar.Do(this, other);
            return this;
        }

        /// <summary>The quotient rounded down.</summary>
        public Tensor floor_divide(Tensor other) => Ops.floor_divide.Call(this, other);

        /// <summary>The quotient rounded down.</summary>
        public Tensor floor_divide(Scalar other) => Ops.floor_divide__Scalar.Call(this, other);

        /// <summary>The remainder of the division, with the sign of the divisor.</summary>
        public Tensor remainder(Tensor other) => Ops.remainder__Tensor.Call(this, other);

        /// <summary>The remainder of the division, with the sign of the divisor.</summary>
        public Tensor remainder(Scalar other) => Ops.remainder__Scalar.Call(this, other);

        /// <summary>this + value * tensor1 * tensor2 (value: 1).</summary>
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar? value = null) =>
            Ops.addcmul.Call(this, tensor1, tensor2, value ?? 1);

        /// <summary>this + value * tensor1 / tensor2 (value: 1).</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar? value = null) =>
            Ops.addcdiv.Call(this, tensor1, tensor2, value ?? 1);

        /// <summary>Adds value * tensor1 * tensor2 (value: 1), in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar? value = null)
        {
            Ops.addcmul_.Do(this, tensor1, tensor2, value ?? 1);
            return this;
        }

        /// <summary>Adds value * tensor1 / tensor2 (value: 1), in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar? value = null)
        {
            Ops.addcdiv_.Do(this, tensor1, tensor2, value ?? 1);
            return this;
        }

        /// <summary>The element-wise sum, with broadcasting.</summary>
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        /// <summary>The sum of each element and a number.</summary>
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        /// <summary>The sum of a number and each element.</summary>
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        /// <summary>The element-wise difference, with broadcasting.</summary>
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        /// <summary>The difference of each element and a number.</summary>
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        /// <summary>The difference of a number and each element.</summary>
        public static Tensor operator -(Scalar left, Tensor right) => Ops.rsub__Scalar.Call(right, left);

        /// <summary>The element-wise product, with broadcasting.</summary>
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        /// <summary>The product of each element and a number.</summary>
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        /// <summary>The product of a number and each element.</summary>
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        /// <summary>The element-wise quotient, with broadcasting.</summary>
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        /// <summary>The quotient of each element and a number.</summary>
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        /// <summary>The quotient of a number and each element.</summary>
        public static Tensor operator /(Scalar left, Tensor right) => Ops.mul__Scalar.Call(right.reciprocal(), left);

        /// <summary>Each element with its sign changed.</summary>
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        /// <summary>The remainder of the division, with the sign of the divisor.</summary>
        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);

        /// <summary>The remainder of the division, with the sign of the divisor.</summary>
        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);
    }
}
