namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements in order along a dimension, and their former places (Int64).</summary>
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Ops.sort__stable.Call2(this, stable, dim, descending);

        /// <summary>The places of the elements in order along a dimension (Int64).</summary>
        public Tensor argsort(long dim = -1, bool descending = false) => Ops.argsort.Call(this, dim, descending);

        /// <summary>The k largest (or smallest) elements along a dimension, and their places (Int64).</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Ops.topk.Call2(this, k, dim, largest, sorted);

        /// <summary>The k-th smallest elements (k from 1) along a dimension, and their places.</summary>
        public (Tensor values, Tensor indexes) kthvalue(long k, long dim = -1, bool keepdim = false) =>
            Ops.kthvalue.Call2(this, k, dim, keepdim);

        /// <summary>The distinct elements; on demand each element's place among them, and how often each occurs.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
            bool sorted = true,
            bool return_inverse = false,
            bool return_counts = false
        )
        {
            var (values, inverse, counts) = Ops._unique2.Call3(this, sorted, return_inverse, return_counts);
            return (values, return_inverse ? inverse : null, return_counts ? counts : null);
        }

        /// <summary>The places of the non-zero elements, one row each (K x dimensions, Int64).</summary>
        public Tensor nonzero() => Ops.nonzero.Call(this);

        /// <summary>Where each value would go into this sorted tensor (Int64).</summary>
        public Tensor searchsorted(Tensor values, bool right = false) =>
            Ops.searchsorted__Tensor.Call(this, values, false, right);
    }
}
