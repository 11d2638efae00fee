namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The same elements in another shape, without a copy; one size may be -1.</summary>
        public Tensor view(params long[] shape) => Ops.view.Call(this, shape);

        /// <summary>The same bytes as another element type.</summary>
        public Tensor view(ScalarType dtype) => Ops.view__dtype.Call(this, dtype);

        /// <summary>The same elements in another tensor's shape, without a copy.</summary>
        public Tensor view_as(Tensor other) => view(other.shape);

        /// <summary>The same elements in another shape, copied only when they must be; one size may be -1.</summary>
        public Tensor reshape(params long[] shape) => Ops.reshape.Call(this, shape);

        /// <summary>A range of dimensions merged into one.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) =>
            Ops.flatten__using_ints.Call(this, start_dim, end_dim);

        /// <summary>One dimension split into several.</summary>
        public Tensor unflatten(long dim, params long[] sizes)
        {
            var from = shape;
            var d = (int)(dim < 0 ? dim + from.Length : dim);
            return reshape([.. from[..d], .. sizes, .. from[(d + 1)..]]);
        }

        /// <summary>Without a dimension of size 1, or without all of them.</summary>
        public Tensor squeeze(long? dim = null) =>
            dim is { } d ? Ops.squeeze__dim.Call(this, d) : Ops.squeeze.Call(this);

        /// <summary>With a new dimension of size 1.</summary>
        public Tensor unsqueeze(long dim) => Ops.unsqueeze.Call(this, dim);

        /// <summary>With two dimensions exchanged.</summary>
        public Tensor transpose(long dim0, long dim1) => Ops.transpose__int.Call(this, dim0, dim1);

        /// <summary>A matrix transposed; a vector as it is.</summary>
        public Tensor t() => Ops.t.Call(this);

        /// <summary>The matrix (the last two dimensions) transposed.</summary>
        public Tensor mT => transpose(-2, -1);

        /// <summary>A matrix transposed.</summary>
        public Tensor T => t();

        /// <summary>With the dimensions in another order.</summary>
        public Tensor permute(params long[] permutation) => Ops.permute.Call(this, permutation);

        /// <summary>With a dimension moved to another place.</summary>
        public Tensor movedim(long source, long destination) => Ops.movedim__int.Call(this, source, destination);

        /// <summary>Dimensions of size 1 repeated without a copy; -1 keeps a size.</summary>
        public Tensor expand(params long[] sizes) => Ops.expand.Call(this, sizes);

        /// <summary>Expanded to another tensor's shape without a copy.</summary>
        public Tensor expand_as(Tensor other) => expand(other.shape);

        /// <summary>Expanded to a shape without a copy.</summary>
        public Tensor broadcast_to(params long[] shape) => Ops.broadcast_to.Call(this, shape);

        /// <summary>The tensor in row-major order without gaps: itself when it is so already.</summary>
        public Tensor contiguous() => Ops.contiguous.Call(this);

        /// <summary>Copies side by side along each dimension.</summary>
        public Tensor repeat(params long[] repeats) => Ops.repeat.Call(this, repeats);

        /// <summary>Copies side by side; missing leading counts are 1.</summary>
        public Tensor tile(params long[] repeats) => Ops.tile.Call(this, repeats);

        /// <summary>Each element or slice repeated next to itself.</summary>
        public Tensor repeat_interleave(long repeats, long? dim = null) =>
            Ops.repeat_interleave__self_int.Call(this, repeats, dim);

        /// <summary>Each element or slice repeated next to itself, a count for each.</summary>
        public Tensor repeat_interleave(Tensor repeats, long? dim = null) =>
            Ops.repeat_interleave__self_Tensor.Call(this, repeats, dim);

        /// <summary>The slices along a dimension.</summary>
        public Tensor[] unbind(long dim = 0) => Ops.unbind__int.CallList(this, dim);

        /// <summary>Pieces of a size along a dimension; the last may be smaller.</summary>
        public Tensor[] split(long split_size, long dim = 0) => Ops.split__Tensor.CallList(this, split_size, dim);

        /// <summary>Pieces of given sizes along a dimension.</summary>
        public Tensor[] split(long[] split_sizes, long dim = 0) =>
            Ops.split_with_sizes.CallList(this, split_sizes, dim);

        /// <summary>At most so many pieces of equal size along a dimension.</summary>
        public Tensor[] chunk(long chunks, long dim = 0) => Ops.chunk.CallList(this, chunks, dim);

        /// <summary>In reverse order along dimensions.</summary>
        public Tensor flip(params long[] dims) => Ops.flip.Call(this, dims);

        /// <summary>Shifted along a dimension; what leaves at one end enters at the other.</summary>
        public Tensor roll(long shifts, long dims) => Ops.roll.Call(this, shifts, dims);

        /// <summary>Shifted along dimensions; what leaves at one end enters at the other.</summary>
        public Tensor roll(long[] shifts, long[] dims) => Ops.roll.Call(this, shifts, dims);

        /// <summary>The lower triangle, zero elsewhere.</summary>
        public Tensor tril(long diagonal = 0) => Ops.tril.Call(this, diagonal);

        /// <summary>The upper triangle, zero elsewhere.</summary>
        public Tensor triu(long diagonal = 0) => Ops.triu.Call(this, diagonal);

        /// <summary>The diagonal of two dimensions, as the last one (a view).</summary>
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) =>
            Ops.diagonal.Call(this, offset, dim1, dim2);

        /// <summary>A matrix's diagonal, or the matrix with a vector as its diagonal.</summary>
        public Tensor diag(long diagonal = 0) => Ops.diag.Call(this, diagonal);

        /// <summary>Windows along a dimension, as a new last one (a view).</summary>
        public Tensor unfold(long dimension, long size, long step) => Ops.unfold.Call(this, dimension, size, step);
    }
}
