namespace TorchSharp;

public static partial class torch
{
    /// <summary>The sum of all elements (0-d).</summary>
    public static Tensor sum(Tensor input, ScalarType? type = null) => input.sum(type);

    /// <summary>The sums along a dimension.</summary>
    public static Tensor sum(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) =>
        input.sum(dim, keepdim, type);

    /// <summary>The sums along dimensions.</summary>
    public static Tensor sum(Tensor input, long[] dim, bool keepdim = false, ScalarType? type = null) =>
        input.sum(dim, keepdim, type);

    /// <summary>The mean of all elements (0-d).</summary>
    public static Tensor mean(Tensor input, ScalarType? type = null) => input.mean(type);

    /// <summary>The means along dimensions.</summary>
    public static Tensor mean(Tensor input, long[] dim, bool keepdim = false, ScalarType? type = null) =>
        input.mean(dim, keepdim, type);

    /// <summary>The means along a dimension.</summary>
    public static Tensor mean(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) =>
        input.mean(dim, keepdim, type);

    /// <summary>The variance of all elements; unbiased divides by n - 1.</summary>
    public static Tensor var(Tensor input, bool unbiased = true) => input.var(unbiased);

    /// <summary>The variance along a dimension; unbiased divides by n - 1.</summary>
    public static Tensor var(Tensor input, long dim, bool unbiased = true, bool keepdim = false) =>
        input.var(dim, unbiased, keepdim);

    /// <summary>The variance along dimensions; unbiased divides by n - 1.</summary>
    public static Tensor var(Tensor input, long[] dim, bool unbiased = true, bool keepdim = false) =>
        input.var(dim, unbiased, keepdim);

    /// <summary>The standard deviation of all elements; unbiased divides by n - 1.</summary>
    public static Tensor std(Tensor input, bool unbiased = true) => input.std(unbiased);

    /// <summary>The standard deviation along a dimension; unbiased divides by n - 1.</summary>
    public static Tensor std(Tensor input, long dim, bool unbiased = true, bool keepdim = false) =>
        input.std(dim, unbiased, keepdim);

    /// <summary>The standard deviation along dimensions; unbiased divides by n - 1.</summary>
    public static Tensor std(Tensor input, long[] dim, bool unbiased = true, bool keepdim = false) =>
        input.std(dim, unbiased, keepdim);

    /// <summary>The product of all elements (0-d).</summary>
    public static Tensor prod(Tensor input, ScalarType? type = null) => input.prod(type);

    /// <summary>The products along a dimension.</summary>
    public static Tensor prod(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) =>
        input.prod(dim, keepdim, type);

    /// <summary>The largest element (0-d).</summary>
    public static Tensor max(Tensor input) => input.max();

    /// <summary>The largest elements along a dimension and their places (Int64).</summary>
    public static (Tensor values, Tensor indexes) max(Tensor input, long dim, bool keepdim = false) =>
        input.max(dim, keepdim);

    /// <summary>The largest elements along a dimension; a gradient is shared among equals.</summary>
    public static Tensor amax(Tensor input, long dim, bool keepdim = false) => input.amax(dim, keepdim);

    /// <summary>The largest elements along dimensions; a gradient is shared among equals.</summary>
    public static Tensor amax(Tensor input, long[] dims, bool keepdim = false) => input.amax(dims, keepdim);

    /// <summary>The place of the largest element in the flattened tensor (0-d, Int64).</summary>
    public static Tensor argmax(Tensor input) => input.argmax();

    /// <summary>The places of the largest elements along a dimension (Int64).</summary>
    public static Tensor argmax(Tensor input, long dim, bool keepdim = false) => input.argmax(dim, keepdim);

    /// <summary>The smallest element (0-d).</summary>
    public static Tensor min(Tensor input) => input.min();

    /// <summary>The smallest elements along a dimension and their places (Int64).</summary>
    public static (Tensor values, Tensor indexes) min(Tensor input, long dim, bool keepdim = false) =>
        input.min(dim, keepdim);

    /// <summary>The smallest elements along a dimension; a gradient is shared among equals.</summary>
    public static Tensor amin(Tensor input, long dim, bool keepdim = false) => input.amin(dim, keepdim);

    /// <summary>The smallest elements along dimensions; a gradient is shared among equals.</summary>
    public static Tensor amin(Tensor input, long[] dims, bool keepdim = false) => input.amin(dims, keepdim);

    /// <summary>The place of the smallest element in the flattened tensor (0-d, Int64).</summary>
    public static Tensor argmin(Tensor input) => input.argmin();

    /// <summary>The places of the smallest elements along a dimension (Int64).</summary>
    public static Tensor argmin(Tensor input, long dim, bool keepdim = false) => input.argmin(dim, keepdim);

    /// <summary>Bool (0-d): all elements are non-zero.</summary>
    public static Tensor all(Tensor input) => input.all();

    /// <summary>Bool: all elements along a dimension are non-zero.</summary>
    public static Tensor all(Tensor input, long dim, bool keepdim = false) => input.all(dim, keepdim);

    /// <summary>Bool (0-d): some element is non-zero.</summary>
    public static Tensor any(Tensor input) => input.any();

    /// <summary>Bool: some element along a dimension is non-zero.</summary>
    public static Tensor any(Tensor input, long dim, bool keepdim = false) => input.any(dim, keepdim);

    /// <summary>The median of all elements, the lower one of two (0-d).</summary>
    public static Tensor median(Tensor input) => input.median();

    /// <summary>The medians along a dimension, the lower one of two, and their places.</summary>
    public static (Tensor values, Tensor indexes) median(Tensor input, long dim, bool keepdim = false) =>
        input.median(dim, keepdim);

    /// <summary>log(sum(exp(x))) along a dimension, without overflow.</summary>
    public static Tensor logsumexp(Tensor input, long dim, bool keepdim = false) => input.logsumexp(dim, keepdim);

    /// <summary>The p-norm of all elements (0-d).</summary>
    public static Tensor norm(Tensor input, float p = 2.0f) => input.norm(p);

    /// <summary>The p-norms along a dimension.</summary>
    public static Tensor norm(Tensor input, long dim, bool keepdim = false, float p = 2.0f) =>
        input.norm(dim, keepdim, p);

    /// <summary>The running sums along a dimension.</summary>
    public static Tensor cumsum(Tensor input, long dim, ScalarType? type = null) => input.cumsum(dim, type);

    /// <summary>The running products along a dimension.</summary>
    public static Tensor cumprod(Tensor input, long dim, ScalarType? type = null) => input.cumprod(dim, type);

    /// <summary>How many elements are non-zero (0-d, Int64).</summary>
    public static Tensor count_nonzero(Tensor input) => input.count_nonzero();

    /// <summary>How many elements along a dimension are non-zero (Int64).</summary>
    public static Tensor count_nonzero(Tensor input, long dim) => input.count_nonzero(dim);

    /// <summary>exp(x) / sum(exp(x)) along a dimension.</summary>
    public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

    /// <summary>x - logsumexp(x) along a dimension.</summary>
    public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => input.log_softmax(dim, dtype);

    /// <summary>How often each whole number 0, 1, ... occurs.</summary>
    public static Tensor bincount(Tensor input, Tensor? weights = null, long minlength = 0) =>
        input.bincount(weights, minlength);

    /// <summary>A histogram over equal bins of [min, max]; both 0 means the data range.</summary>
    public static Tensor histc(Tensor input, long bins = 100, Scalar? min = null, Scalar? max = null) =>
        input.histc(bins, min, max);

    /// <summary>The quantile along a dimension, interpolated linearly; q in [0, 1].</summary>
    public static Tensor quantile(Tensor input, double q, long dim, bool keepdim = false) =>
        input.quantile(q, dim, keepdim);
}
