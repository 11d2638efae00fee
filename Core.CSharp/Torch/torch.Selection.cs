namespace TorchSharp;

public static partial class torch
{
    /// <summary>One slice along a dimension (a view); a negative index counts from the end.</summary>
    public static Tensor select(Tensor input, long dim, long index) => input.select(dim, index);

    /// <summary>A range along a dimension (a view).</summary>
    public static Tensor narrow(Tensor input, long dim, long start, long length) => input.narrow(dim, start, length);

    /// <summary>The slices at the index's places along a dimension (a copy).</summary>
    public static Tensor index_select(Tensor input, long dim, Tensor index) => input.index_select(dim, index);

    /// <summary>For each place of index, the element whose place along dim is the index's value.</summary>
    public static Tensor gather(Tensor input, long dim, Tensor index) => input.gather(dim, index);

    /// <summary>As gather, with broadcasting.</summary>
    public static Tensor take_along_dim(Tensor input, Tensor indices, long dim) => input.take_along_dim(indices, dim);

    /// <summary>Elements by their place in the flattened tensor.</summary>
    public static Tensor take(Tensor input, Tensor index) => input.take(index);

    /// <summary>The elements where the mask holds (1-d).</summary>
    public static Tensor masked_select(Tensor input, Tensor mask) => input.masked_select(mask);

    /// <summary>A copy with a number where the mask holds.</summary>
    public static Tensor masked_fill(Tensor input, Tensor mask, Scalar value) => input.masked_fill(mask, value);

    /// <summary>A copy with a 0-d tensor's value where the mask holds.</summary>
    public static Tensor masked_fill(Tensor input, Tensor mask, Tensor value) => input.masked_fill(mask, value);

    /// <summary>A copy with src's elements put where index says along dim.</summary>
    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) => input.scatter(dim, index, src);

    /// <summary>A copy with a number put where index says along dim.</summary>
    public static Tensor scatter(Tensor input, long dim, Tensor index, Scalar value) =>
        input.scatter(dim, index, value);

    /// <summary>A copy with src's elements added where index says along dim.</summary>
    public static Tensor scatter_add(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_add(dim, index, src);

    /// <summary>A copy with alpha * source's slices added at the index's places along dim.</summary>
    public static Tensor index_add(Tensor input, long dim, Tensor index, Tensor source, Scalar? alpha = null) =>
        input.index_add(dim, index, source, alpha);
}
