namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>One slice along a dimension (a view); a negative index counts from the end.</summary>
        public Tensor select(long dim, long index) => Ops.select__int.Call(this, dim, index);

        /// <summary>A range along a dimension (a view).</summary>
        public Tensor narrow(long dim, long start, long length) => Ops.narrow.Call(this, dim, start, length);

        /// <summary>Every step-th slice of [start, finish) along a dimension (a view); null means from or to the end.</summary>
        public Tensor slice(long dim, long? start = null, long? finish = null, long step = 1) =>
            Ops.slice__Tensor.Call(this, dim, start, finish, step);

        /// <summary>The slices at the index's places along a dimension (a copy).</summary>
        public Tensor index_select(long dim, Tensor index) => Ops.index_select.Call(this, dim, index);

        /// <summary>For each place of index, the element whose place along dim is the index's value.</summary>
        public Tensor gather(long dim, Tensor index) => Ops.gather.Call(this, dim, index);

        /// <summary>As gather, with broadcasting.</summary>
        public Tensor take_along_dim(Tensor indices, long dim) => Ops.take_along_dim.Call(this, indices, dim);

        /// <summary>Elements by their place in the flattened tensor.</summary>
        public Tensor take(Tensor index) => Ops.take.Call(this, index);

        /// <summary>The elements where the mask holds (1-d).</summary>
        public Tensor masked_select(Tensor mask) => Ops.masked_select.Call(this, mask);

        /// <summary>A copy with a number where the mask holds.</summary>
        public Tensor masked_fill(Tensor mask, Scalar value) => Ops.masked_fill__Scalar.Call(this, mask, value);

        /// <summary>A copy with a 0-d tensor's value where the mask holds.</summary>
        public Tensor masked_fill(Tensor mask, Tensor value) => Ops.masked_fill__Tensor.Call(this, mask, value);

        /// <summary>Puts a number where the mask holds.</summary>
        /// <returns>This tensor.</returns>
        public Tensor masked_fill_(Tensor mask, Scalar value)
        {
            Ops.masked_fill___Scalar.Do(this, mask, value);
            return this;
        }

        /// <summary>A copy with src's elements put where index says along dim.</summary>
        public Tensor scatter(long dim, Tensor index, Tensor src) => Ops.scatter__src.Call(this, dim, index, src);

        /// <summary>A copy with a number put where index says along dim.</summary>
        public Tensor scatter(long dim, Tensor index, Scalar value) => Ops.scatter__value.Call(this, dim, index, value);

        /// <summary>Puts src's elements where index says along dim.</summary>
        /// <returns>This tensor.</returns>
        public Tensor scatter_(long dim, Tensor index, Tensor src)
        {
            Ops.scatter___src.Do(this, dim, index, src);
            return this;
        }

        /// <summary>Puts a number where index says along dim.</summary>
        /// <returns>This tensor.</returns>
        public Tensor scatter_(long dim, Tensor index, Scalar value)
        {
            Ops.scatter___value.Do(this, dim, index, value);
            return this;
        }

        /// <summary>A copy with src's elements added where index says along dim.</summary>
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Ops.scatter_add.Call(this, dim, index, src);

        /// <summary>Adds src's elements where index says along dim.</summary>
        /// <returns>This tensor.</returns>
        public Tensor scatter_add_(long dim, Tensor index, Tensor src)
        {
            Ops.scatter_add_.Do(this, dim, index, src);
            return this;
        }

        /// <summary>A copy with alpha * source's slices added at the index's places along dim.</summary>
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar? alpha = null) =>
            Ops.index_add.Call(this, dim, index, source, alpha ?? 1);

        /// <summary>Adds alpha * source's slices at the index's places along dim.</summary>
        /// <returns>This tensor.</returns>
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar? alpha = null)
        {
            Ops.index_add_.Do(this, dim, index, source, alpha ?? 1);
            return this;
        }

        /// <summary>Copies source's slices to the index's places along dim.</summary>
        /// <returns>This tensor.</returns>
        public Tensor index_copy_(long dim, Tensor index, Tensor source)
        {
            Ops.index_copy_.Do(this, dim, index, source);
            return this;
        }

        /// <summary>Fills the slices at the index's places along dim.</summary>
        /// <returns>This tensor.</returns>
        public Tensor index_fill_(long dim, Tensor index, Scalar value)
        {
            Ops.index_fill___int_Scalar.Do(this, dim, index, value);
            return this;
        }

        /// <summary>Fills the main diagonal.</summary>
        /// <returns>This tensor.</returns>
        public Tensor fill_diagonal_(Scalar value)
        {
            Ops.fill_diagonal_.Do(this, value);
            return this;
        }
    }
}
