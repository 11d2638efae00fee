namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The sum of all elements (0-d).</summary>
        public Tensor sum(ScalarType? type = null) => Ops.sum.Call(this, type);

        /// <summary>The sums along a dimension.</summary>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            Ops.sum__dim_IntList.Call(this, dim, keepdim, type);

        /// <summary>The sums along dimensions.</summary>
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            Ops.sum__dim_IntList.Call(this, dim, keepdim, type);

        /// <summary>The mean of all elements (0-d).</summary>
        public Tensor mean(ScalarType? type = null) => Ops.mean.Call(this, type);

        /// <summary>The means along dimensions.</summary>
        public Tensor mean(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            Ops.mean__dim.Call(this, dim, keepdim, type);

        /// <summary>The means along a dimension.</summary>
        public Tensor mean(long dim, bool keepdim = false, ScalarType? type = null) =>
            Ops.mean__dim.Call(this, dim, keepdim, type);

        /// <summary>The variance of all elements; unbiased divides by n - 1.</summary>
        public Tensor var(bool unbiased = true) => Ops.var__correction.Call(this, Arg.None, unbiased ? 1 : 0);

        /// <summary>The variance along a dimension; unbiased divides by n - 1.</summary>
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false) =>
            Ops.var__correction.Call(this, dim, unbiased ? 1 : 0, keepdim);

        /// <summary>The variance along dimensions; unbiased divides by n - 1.</summary>
        public Tensor var(long[] dim, bool unbiased = true, bool keepdim = false) =>
            Ops.var__correction.Call(this, dim, unbiased ? 1 : 0, keepdim);

        /// <summary>The standard deviation of all elements; unbiased divides by n - 1.</summary>
        public Tensor std(bool unbiased = true) => Ops.std__correction.Call(this, Arg.None, unbiased ? 1 : 0);

        /// <summary>The standard deviation along a dimension; unbiased divides by n - 1.</summary>
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false) =>
            Ops.std__correction.Call(this, dim, unbiased ? 1 : 0, keepdim);

        /// <summary>The standard deviation along dimensions; unbiased divides by n - 1.</summary>
        public Tensor std(long[] dim, bool unbiased = true, bool keepdim = false) =>
            Ops.std__correction.Call(this, dim, unbiased ? 1 : 0, keepdim);

        /// <summary>The product of all elements (0-d).</summary>
        public Tensor prod(ScalarType? type = null) => Ops.prod.Call(this, type);

        /// <summary>The products along a dimension.</summary>
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) =>
            Ops.prod__dim_int.Call(this, dim, keepdim, type);

        /// <summary>The largest element (0-d).</summary>
        public Tensor max() => Ops.max.Call(this);

        /// <summary>The largest elements along a dimension and their places (Int64).</summary>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) =>
            Ops.max__dim.Call2(this, dim, keepdim);

        /// <summary>The largest elements along a dimension; a gradient is shared among equals.</summary>
        public Tensor amax(long dim, bool keepdim = false) => Ops.amax.Call(this, dim, keepdim);

        /// <summary>The largest elements along dimensions; a gradient is shared among equals.</summary>
        public Tensor amax(long[] dims, bool keepdim = false) => Ops.amax.Call(this, dims, keepdim);

        /// <summary>The place of the largest element in the flattened tensor (0-d, Int64).</summary>
        public Tensor argmax() => Ops.argmax.Call(this);

        /// <summary>The places of the largest elements along a dimension (Int64).</summary>
        public Tensor argmax(long dim, bool keepdim = false) => Ops.argmax.Call(this, dim, keepdim);

        /// <summary>The smallest element (0-d).</summary>
        public Tensor min() => Ops.min.Call(this);

        /// <summary>The smallest elements along a dimension and their places (Int64).</summary>
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) =>
            Ops.min__dim.Call2(this, dim, keepdim);

        /// <summary>The smallest elements along a dimension; a gradient is shared among equals.</summary>
        public Tensor amin(long dim, bool keepdim = false) => Ops.amin.Call(this, dim, keepdim);

        /// <summary>The smallest elements along dimensions; a gradient is shared among equals.</summary>
        public Tensor amin(long[] dims, bool keepdim = false) => Ops.amin.Call(this, dims, keepdim);

        /// <summary>The place of the smallest element in the flattened tensor (0-d, Int64).</summary>
        public Tensor argmin() => Ops.argmin.Call(this);

        /// <summary>The places of the smallest elements along a dimension (Int64).</summary>
        public Tensor argmin(long dim, bool keepdim = false) => Ops.argmin.Call(this, dim, keepdim);

        /// <summary>Bool (0-d): all elements are non-zero.</summary>
        public Tensor all() => Ops.all.Call(this);

        /// <summary>Bool: all elements along a dimension are non-zero.</summary>
        public Tensor all(long dim, bool keepdim = false) => Ops.all__dim.Call(this, dim, keepdim);

        /// <summary>Bool (0-d): some element is non-zero.</summary>
        public Tensor any() => Ops.any.Call(this);

        /// <summary>Bool: some element along a dimension is non-zero.</summary>
        public Tensor any(long dim, bool keepdim = false) => Ops.any__dim.Call(this, dim, keepdim);

        /// <summary>The median of all elements, the lower one of two (0-d).</summary>
        public Tensor median() => Ops.median.Call(this);

        /// <summary>The medians along a dimension, the lower one of two, and their places.</summary>
        public (Tensor values, Tensor indexes) median(long dim, bool keepdim = false) =>
            Ops.median__dim.Call2(this, dim, keepdim);

        /// <summary>log(sum(exp(x))) along a dimension, without overflow.</summary>
        public Tensor logsumexp(long dim, bool keepdim = false) => Ops.logsumexp.Call(this, dim, keepdim);

        /// <summary>The p-norm of all elements (0-d).</summary>
        public Tensor norm(float p = 2.0f) => Ops.linalg_vector_norm.Call(this, (double)p);

        /// <summary>The p-norms along a dimension.</summary>
        public Tensor norm(long dim, bool keepdim = false, float p = 2.0f) =>
            Ops.linalg_vector_norm.Call(this, (double)p, dim, keepdim);

        /// <summary>The running sums along a dimension.</summary>
        public Tensor cumsum(long dim, ScalarType? type = null) => Ops.cumsum.Call(this, dim, type);

        /// <summary>The running products along a dimension.</summary>
        public Tensor cumprod(long dim, ScalarType? type = null) => Ops.cumprod.Call(this, dim, type);

        /// <summary>How many elements are non-zero (0-d, Int64).</summary>
        public Tensor count_nonzero() => Ops.count_nonzero.Call(this);

        /// <summary>How many elements along a dimension are non-zero (Int64).</summary>
        public Tensor count_nonzero(long dim) => Ops.count_nonzero.Call(this, dim);

        /// <summary>exp(x) / sum(exp(x)) along a dimension.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) => Ops.softmax__int.Call(this, dim, dtype);

        /// <summary>x - logsumexp(x) along a dimension.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Ops.log_softmax__int.Call(this, dim, dtype);

        /// <summary>How often each whole number 0, 1, ... occurs.</summary>
        public Tensor bincount(Tensor? weights = null, long minlength = 0) =>
            Ops.bincount.Call(this, weights, minlength);

        /// <summary>A histogram over equal bins of [min, max]; both 0 means the data range.</summary>
        public Tensor histc(long bins = 100, Scalar? min = null, Scalar? max = null) =>
            Ops.histc.Call(this, bins, min ?? 0, max ?? 0);

        /// <summary>The quantile along a dimension, interpolated linearly; q in [0, 1].</summary>
        public Tensor quantile(double q, long dim, bool keepdim = false) =>
            Ops.quantile__scalar.Call(this, q, dim, keepdim);
    }
}
