namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The absolute value of each element.</summary>
        public Tensor abs() => Ops.abs.Call(this);

        /// <summary>The absolute value of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor abs_()
        {
            Ops.abs_.Do(this);
            return this;
        }

        /// <summary>Each element with its sign changed.</summary>
        public Tensor neg() => Ops.neg.Call(this);

        /// <summary>Each element with its sign changed, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor neg_()
        {
            Ops.neg_.Do(this);
            return this;
        }

        /// <summary>e to the power of each element.</summary>
        public Tensor exp() => Ops.exp.Call(this);

        /// <summary>e to the power of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor exp_()
        {
            Ops.exp_.Do(this);
            return this;
        }

        /// <summary>exp(x) - 1, exact near 0.</summary>
        public Tensor expm1() => Ops.expm1.Call(this);

        /// <summary>exp(x) - 1, exact near 0, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor expm1_()
        {
            Ops.expm1_.Do(this);
            return this;
        }

        /// <summary>The natural logarithm of each element.</summary>
        public Tensor log() => Ops.log.Call(this);

        /// <summary>The natural logarithm of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor log_()
        {
            Ops.log_.Do(this);
            return this;
        }

        /// <summary>log(1 + x), exact near 0.</summary>
        public Tensor log1p() => Ops.log1p.Call(this);

        /// <summary>log(1 + x), exact near 0, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor log1p_()
        {
            Ops.log1p_.Do(this);
            return this;
        }

        /// <summary>The logarithm to base 2 of each element.</summary>
        public Tensor log2() => Ops.log2.Call(this);

        /// <summary>The logarithm to base 2 of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor log2_()
        {
            Ops.log2_.Do(this);
            return this;
        }

        /// <summary>The logarithm to base 10 of each element.</summary>
        public Tensor log10() => Ops.log10.Call(this);

        /// <summary>The logarithm to base 10 of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor log10_()
        {
            Ops.log10_.Do(this);
            return this;
        }

        /// <summary>The square root of each element.</summary>
        public Tensor sqrt() => Ops.sqrt.Call(this);

        /// <summary>The square root of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor sqrt_()
        {
            Ops.sqrt_.Do(this);
            return this;
        }

        /// <summary>1 / sqrt(x) of each element.</summary>
        public Tensor rsqrt() => Ops.rsqrt.Call(this);

        /// <summary>1 / sqrt(x) of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor rsqrt_()
        {
            Ops.rsqrt_.Do(this);
            return this;
        }

        /// <summary>The square of each element.</summary>
        public Tensor square() => Ops.square.Call(this);

        /// <summary>The square of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor square_()
        {
            Ops.square_.Do(this);
            return this;
        }

        /// <summary>1 / x of each element.</summary>
        public Tensor reciprocal() => Ops.reciprocal.Call(this);

        /// <summary>1 / x of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor reciprocal_()
        {
            Ops.reciprocal_.Do(this);
            return this;
        }

        /// <summary>The sine of each element.</summary>
        public Tensor sin() => Ops.sin.Call(this);

        /// <summary>The sine of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor sin_()
        {
            Ops.sin_.Do(this);
            return this;
        }

        /// <summary>The cosine of each element.</summary>
        public Tensor cos() => Ops.cos.Call(this);

        /// <summary>The cosine of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor cos_()
        {
            Ops.cos_.Do(this);
            return this;
        }

        /// <summary>The tangent of each element.</summary>
        public Tensor tan() => Ops.tan.Call(this);

        /// <summary>The tangent of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor tan_()
        {
            Ops.tan_.Do(this);
            return this;
        }

        /// <summary>The hyperbolic tangent of each element.</summary>
        public Tensor tanh() => Ops.tanh.Call(this);

        /// <summary>The hyperbolic tangent of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor tanh_()
        {
            Ops.tanh_.Do(this);
            return this;
        }

        /// <summary>1 / (1 + exp(-x)) of each element.</summary>
        public Tensor sigmoid() => Ops.sigmoid.Call(this);

        /// <summary>1 / (1 + exp(-x)) of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor sigmoid_()
        {
            Ops.sigmoid_.Do(this);
            return this;
        }

        /// <summary>The error function of each element.</summary>
        public Tensor erf() => Ops.erf.Call(this);

        /// <summary>The error function of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor erf_()
        {
            Ops.erf_.Do(this);
            return this;
        }

        /// <summary>Each element rounded down.</summary>
        public Tensor floor() => Ops.floor.Call(this);

        /// <summary>Each element rounded down, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor floor_()
        {
            Ops.floor_.Do(this);
            return this;
        }

        /// <summary>Each element rounded up.</summary>
        public Tensor ceil() => Ops.ceil.Call(this);

        /// <summary>Each element rounded up, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor ceil_()
        {
            Ops.ceil_.Do(this);
            return this;
        }

        /// <summary>Each element rounded to the nearest whole number, halves to the even one.</summary>
        public Tensor round() => Ops.round.Call(this);

        /// <summary>Each element rounded to the nearest whole number, halves to the even one, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor round_()
        {
            Ops.round_.Do(this);
            return this;
        }

        /// <summary>Each element without its fraction.</summary>
        public Tensor trunc() => Ops.trunc.Call(this);

        /// <summary>Each element without its fraction, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor trunc_()
        {
            Ops.trunc_.Do(this);
            return this;
        }

        /// <summary>-1, 0 or 1 for each element.</summary>
        public Tensor sign() => Ops.sign.Call(this);

        /// <summary>The fraction of each element.</summary>
        public Tensor frac() => Ops.frac.Call(this);

        /// <summary>Bool: whether each element is neither infinite nor NaN.</summary>
        public Tensor isfinite() => Ops.isfinite.Call(this);

        /// <summary>Bool: whether each element is NaN.</summary>
        public Tensor isnan() => Ops.isnan.Call(this);

        /// <summary>Bool: whether each element is infinite.</summary>
        public Tensor isinf() => Ops.isinf.Call(this);

        /// <summary>Each element, with NaN and infinities replaced (defaults: 0 and the largest and smallest finite numbers).</summary>
        public Tensor nan_to_num(double? nan = null, double? posinf = null, double? neginf = null) =>
            Ops.nan_to_num.Call(this, nan, posinf, neginf);

        /// <summary>Each element to a power.</summary>
        public Tensor pow(Scalar exponent) => Ops.pow__Tensor_Scalar.Call(this, exponent);

        /// <summary>Each element to the power of the matching element.</summary>
        public Tensor pow(Tensor exponent) => Ops.pow__Tensor_Tensor.Call(this, exponent);

        /// <summary>Each element to a power, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor pow_(Scalar exponent)
        {
            Ops.pow___Scalar.Do(this, exponent);
            return this;
        }

        /// <summary>Each element limited to [min, max]; null leaves a side open.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Ops.clamp.Call(this, min, max);

        /// <summary>Each element limited to the matching [min, max]; null leaves a side open.</summary>
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Ops.clamp__Tensor.Call(this, min, max);

        /// <summary>Limits each element to [min, max], in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor clamp_(Scalar? min = null, Scalar? max = null)
        {
            Ops.clamp_.Do(this, min, max);
            return this;
        }

        /// <summary>Each element, at least min.</summary>
        public Tensor clamp_min(Scalar min) => Ops.clamp_min.Call(this, min);

        /// <summary>Each element, at most max.</summary>
        public Tensor clamp_max(Scalar max) => Ops.clamp_max.Call(this, max);

        /// <summary>Raises each element to at least min, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor clamp_min_(Scalar min)
        {
            Ops.clamp_min_.Do(this, min);
            return this;
        }

        /// <summary>Lowers each element to at most max, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor clamp_max_(Scalar max)
        {
            Ops.clamp_max_.Do(this, max);
            return this;
        }

        /// <summary>max(x, 0) of each element.</summary>
        public Tensor relu() => Ops.relu.Call(this);

        /// <summary>max(x, 0) of each element, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor relu_()
        {
            Ops.relu_.Do(this);
            return this;
        }

        /// <summary>this + weight * (end - this).</summary>
        public Tensor lerp(Tensor end, Scalar weight) => Ops.lerp__Scalar.Call(this, end, weight);

        /// <summary>this + weight * (end - this), a weight per element.</summary>
        public Tensor lerp(Tensor end, Tensor weight) => Ops.lerp__Tensor.Call(this, end, weight);

        /// <summary>Moves each element towards end by the weight, in place: a moving average.</summary>
        /// <returns>This tensor.</returns>
        public Tensor lerp_(Tensor end, Scalar weight)
        {
            Ops.lerp___Scalar.Do(this, end, weight);
            return this;
        }
    }
}
