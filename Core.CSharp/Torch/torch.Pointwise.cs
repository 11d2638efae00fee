namespace TorchSharp;

public static partial class torch
{
    /// <summary>The absolute value of each element.</summary>
    public static Tensor abs(Tensor input) => input.abs();

    /// <summary>Each element with its sign changed.</summary>
    public static Tensor neg(Tensor input) => input.neg();

    /// <summary>e to the power of each element.</summary>
    public static Tensor exp(Tensor input) => input.exp();

    /// <summary>exp(x) - 1, exact near 0.</summary>
    public static Tensor expm1(Tensor input) => input.expm1();

    /// <summary>The natural logarithm of each element.</summary>
    public static Tensor log(Tensor input) => input.log();

    /// <summary>log(1 + x), exact near 0.</summary>
    public static Tensor log1p(Tensor input) => input.log1p();

    /// <summary>The logarithm to base 2 of each element.</summary>
    public static Tensor log2(Tensor input) => input.log2();

    /// <summary>The logarithm to base 10 of each element.</summary>
    public static Tensor log10(Tensor input) => input.log10();

    /// <summary>The square root of each element.</summary>
    public static Tensor sqrt(Tensor input) => input.sqrt();

    /// <summary>1 / sqrt(x) of each element.</summary>
    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    /// <summary>The square of each element.</summary>
    public static Tensor square(Tensor input) => input.square();

    /// <summary>1 / x of each element.</summary>
    public static Tensor reciprocal(Tensor input) => input.reciprocal();

    /// <summary>The sine of each element.</summary>
    public static Tensor sin(Tensor input) => input.sin();

    /// <summary>The cosine of each element.</summary>
    public static Tensor cos(Tensor input) => input.cos();

    /// <summary>The tangent of each element.</summary>
    public static Tensor tan(Tensor input) => input.tan();

    /// <summary>The hyperbolic tangent of each element.</summary>
    public static Tensor tanh(Tensor input) => input.tanh();

    /// <summary>1 / (1 + exp(-x)) of each element.</summary>
    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    /// <summary>The error function of each element.</summary>
    public static Tensor erf(Tensor input) => input.erf();

    /// <summary>Each element rounded down.</summary>
    public static Tensor floor(Tensor input) => input.floor();

    /// <summary>Each element rounded up.</summary>
    public static Tensor ceil(Tensor input) => input.ceil();

    /// <summary>Each element rounded to the nearest whole number, halves to the even one.</summary>
    public static Tensor round(Tensor input) => input.round();

    /// <summary>Each element without its fraction.</summary>
    public static Tensor trunc(Tensor input) => input.trunc();

    /// <summary>-1, 0 or 1 for each element.</summary>
    public static Tensor sign(Tensor input) => input.sign();

    /// <summary>The fraction of each element.</summary>
    public static Tensor frac(Tensor input) => input.frac();

    /// <summary>Bool: whether each element is neither infinite nor NaN.</summary>
    public static Tensor isfinite(Tensor input) => input.isfinite();

    /// <summary>Bool: whether each element is NaN.</summary>
    public static Tensor isnan(Tensor input) => input.isnan();

    /// <summary>Bool: whether each element is infinite.</summary>
    public static Tensor isinf(Tensor input) => input.isinf();

    /// <summary>Each element, with NaN and infinities replaced (defaults: 0 and the largest and smallest finite numbers).</summary>
    public static Tensor nan_to_num(Tensor input, double? nan = null, double? posinf = null, double? neginf = null) =>
        input.nan_to_num(nan, posinf, neginf);

    /// <summary>Each element to a power.</summary>
    public static Tensor pow(Tensor input, Scalar exponent) => input.pow(exponent);

    /// <summary>Each element to the power of the matching element.</summary>
    public static Tensor pow(Tensor input, Tensor exponent) => input.pow(exponent);

    /// <summary>Each element limited to [min, max]; null leaves a side open.</summary>
    public static Tensor clamp(Tensor input, Scalar? min = null, Scalar? max = null) => input.clamp(min, max);

    /// <summary>Each element limited to the matching [min, max]; null leaves a side open.</summary>
    public static Tensor clamp(Tensor input, Tensor? min = null, Tensor? max = null) => input.clamp(min, max);

    /// <summary>Each element, at least min.</summary>
    public static Tensor clamp_min(Tensor input, Scalar min) => input.clamp_min(min);

    /// <summary>Each element, at most max.</summary>
    public static Tensor clamp_max(Tensor input, Scalar max) => input.clamp_max(max);

    /// <summary>max(x, 0) of each element.</summary>
    public static Tensor relu(Tensor input) => input.relu();

    /// <summary>this + weight * (end - this).</summary>
    public static Tensor lerp(Tensor input, Tensor end, Scalar weight) => input.lerp(end, weight);

    /// <summary>this + weight * (end - this), a weight per element.</summary>
    public static Tensor lerp(Tensor input, Tensor end, Tensor weight) => input.lerp(end, weight);
}
