namespace TorchSharp;

public static partial class torch
{
    /// <summary>The elements in order along a dimension, and their former places (Int64).</summary>
    public static (Tensor Values, Tensor Indices) sort(
        Tensor input,
        long dim = -1,
        bool descending = false,
        bool stable = false
    ) => input.sort(dim, descending, stable);

    /// <summary>The places of the elements in order along a dimension (Int64).</summary>
    public static Tensor argsort(Tensor input, long dim = -1, bool descending = false) =>
        input.argsort(dim, descending);

    /// <summary>The k largest (or smallest) elements along a dimension, and their places (Int64).</summary>
    public static (Tensor values, Tensor indexes) topk(
        Tensor input,
        int k,
        int dim = -1,
        bool largest = true,
        bool sorted = true
    ) => input.topk(k, dim, largest, sorted);

    /// <summary>The k-th smallest elements (k from 1) along a dimension, and their places.</summary>
    public static (Tensor values, Tensor indexes) kthvalue(Tensor input, long k, long dim = -1, bool keepdim = false) =>
        input.kthvalue(k, dim, keepdim);

    /// <summary>The distinct elements; on demand each element's place among them, and how often each occurs.</summary>
    public static (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
        Tensor input,
        bool sorted = true,
        bool return_inverse = false,
        bool return_counts = false
    ) => input.unique(sorted, return_inverse, return_counts);

    /// <summary>The places of the non-zero elements, one row each (K x dimensions, Int64).</summary>
    public static Tensor nonzero(Tensor input) => input.nonzero();
}
