namespace TorchSharp;

public static partial class torch
{
    /// <summary>The same elements in another shape, without a copy; one size may be -1.</summary>
    public static Tensor view(Tensor input, params long[] shape) => input.view(shape);

    /// <summary>The same bytes as another element type.</summary>
    public static Tensor view(Tensor input, ScalarType dtype) => input.view(dtype);

    /// <summary>The same elements in another tensor's shape, without a copy.</summary>
    public static Tensor view_as(Tensor input, Tensor other) => input.view_as(other);

    /// <summary>The same elements in another shape, copied only when they must be; one size may be -1.</summary>
    public static Tensor reshape(Tensor input, params long[] shape) => input.reshape(shape);

    /// <summary>A range of dimensions merged into one.</summary>
    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) =>
        input.flatten(start_dim, end_dim);

    /// <summary>One dimension split into several.</summary>
    public static Tensor unflatten(Tensor input, long dim, params long[] sizes) => input.unflatten(dim, sizes);

    /// <summary>Without a dimension of size 1, or without all of them.</summary>
    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);

    /// <summary>With a new dimension of size 1.</summary>
    public static Tensor unsqueeze(Tensor input, long dim) => input.unsqueeze(dim);

    /// <summary>With two dimensions exchanged.</summary>
    public static Tensor transpose(Tensor input, long dim0, long dim1) => input.transpose(dim0, dim1);

    /// <summary>A matrix transposed; a vector as it is.</summary>
    public static Tensor t(Tensor input) => input.t();

    /// <summary>With the dimensions in another order.</summary>
    public static Tensor permute(Tensor input, params long[] permutation) => input.permute(permutation);

    /// <summary>With a dimension moved to another place.</summary>
    public static Tensor movedim(Tensor input, long source, long destination) => input.movedim(source, destination);

    /// <summary>Dimensions of size 1 repeated without a copy; -1 keeps a size.</summary>
    public static Tensor expand(Tensor input, params long[] sizes) => input.expand(sizes);

    /// <summary>Expanded to a shape without a copy.</summary>
    public static Tensor broadcast_to(Tensor input, params long[] shape) => input.broadcast_to(shape);

    /// <summary>Copies side by side; missing leading counts are 1.</summary>
    public static Tensor tile(Tensor input, params long[] repeats) => input.tile(repeats);

    /// <summary>Each element or slice repeated next to itself.</summary>
    public static Tensor repeat_interleave(Tensor input, long repeats, long? dim = null) =>
        input.repeat_interleave(repeats, dim);

    /// <summary>Each element or slice repeated next to itself, a count for each.</summary>
    public static Tensor repeat_interleave(Tensor input, Tensor repeats, long? dim = null) =>
        input.repeat_interleave(repeats, dim);

    /// <summary>The slices along a dimension.</summary>
    public static Tensor[] unbind(Tensor input, long dim = 0) => input.unbind(dim);

    /// <summary>Pieces of a size along a dimension; the last may be smaller.</summary>
    public static Tensor[] split(Tensor input, long split_size, long dim = 0) => input.split(split_size, dim);

    /// <summary>Pieces of given sizes along a dimension.</summary>
    public static Tensor[] split(Tensor input, long[] split_sizes, long dim = 0) => input.split(split_sizes, dim);

    /// <summary>At most so many pieces of equal size along a dimension.</summary>
    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => input.chunk(chunks, dim);

    /// <summary>In reverse order along dimensions.</summary>
    public static Tensor flip(Tensor input, params long[] dims) => input.flip(dims);

    /// <summary>Shifted along a dimension; what leaves at one end enters at the other.</summary>
    public static Tensor roll(Tensor input, long shifts, long dims) => input.roll(shifts, dims);

    /// <summary>Shifted along dimensions; what leaves at one end enters at the other.</summary>
    public static Tensor roll(Tensor input, long[] shifts, long[] dims) => input.roll(shifts, dims);

    /// <summary>The lower triangle, zero elsewhere.</summary>
    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);

    /// <summary>The upper triangle, zero elsewhere.</summary>
    public static Tensor triu(Tensor input, long diagonal = 0) => input.triu(diagonal);

    /// <summary>The diagonal of two dimensions, as the last one (a view).</summary>
    public static Tensor diagonal(Tensor input, long offset = 0, long dim1 = 0, long dim2 = 1) =>
        input.diagonal(offset, dim1, dim2);

    /// <summary>A matrix's diagonal, or the matrix with a vector as its diagonal.</summary>
    public static Tensor diag(Tensor input, long diagonal = 0) => input.diag(diagonal);

    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor cat(IEnumerable<Tensor> tensors, long dim = 0) => Ops.cat.Call(Arg.List(tensors), dim);

    /// <summary>Tensors joined along a new dimension.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Ops.stack.Call(Arg.List(tensors), dim);

    /// <summary>Tensors joined along the first dimension.</summary>
    public static Tensor vstack(IEnumerable<Tensor> tensors) => Ops.vstack.Call(Arg.List(tensors));

    /// <summary>Tensors joined along the second dimension (vectors: the first).</summary>
    public static Tensor hstack(IEnumerable<Tensor> tensors) => Ops.hstack.Call(Arg.List(tensors));

    /// <summary>Coordinate grids from vectors; indexing "ij" (rows first) or "xy".</summary>
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        Ops.meshgrid__indexing.CallList(Arg.List(tensors), indexing);
}
