namespace TorchSharp;

public static partial class torch
{
    /// <summary>What an index expression does with one dimension: <c>t[TensorIndex.Colon, 0, TensorIndex.Slice(1, 3)]</c>.</summary>
    /// <remarks>Numbers, bools, tensors and C# ranges convert implicitly: <c>t[.., 0]</c>, <c>t[1..3]</c>, <c>t[^1]</c>, <c>t[mask]</c>.</remarks>
    public readonly struct TensorIndex
    {
        internal enum Kind
        {
            None,
            Single,
            Slice,
            Ellipsis,
            Bool,
            Tensor,
        }

        internal readonly Kind kind;
        internal readonly long? start;
        internal readonly long? stop;
        internal readonly long step;
        internal readonly Tensor? tensor;

        private TensorIndex(Kind kind, long? start = null, long? stop = null, long step = 1, Tensor? tensor = null)
        {
            this.kind = kind;
            this.start = start;
            this.stop = stop;
            this.step = step;
            this.tensor = tensor;
        }

        /// <summary>The whole dimension.</summary>
        public static TensorIndex Colon => new(Kind.Slice);

        /// <summary>As many whole dimensions as are not named.</summary>
        public static TensorIndex Ellipsis => new(Kind.Ellipsis);

        /// <summary>A new dimension of size 1.</summary>
        public static TensorIndex Null => new(Kind.None);

        /// <summary>Every step-th place of [start, stop); null means from or to the end, negative counts from the end.</summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new(Kind.Slice, start, stop, step ?? 1);

        /// <summary>One place; negative counts from the end. The dimension goes.</summary>
        public static TensorIndex Single(long index) => new(Kind.Single, index);

        /// <summary>A new dimension of size 1 (true) or 0 (false).</summary>
        public static TensorIndex Bool(bool value) => new(Kind.Bool, value ? 1 : 0);

        /// <summary>Places (Int64) or a mask (Bool).</summary>
        public static TensorIndex Tensor(Tensor tensor) => new(Kind.Tensor, tensor: tensor);

        /// <summary>One place.</summary>
        public static implicit operator TensorIndex(long index) => Single(index);

        /// <summary>One place.</summary>
        public static implicit operator TensorIndex(int index) => Single(index);

        /// <summary>One place; ^1 is the last.</summary>
        public static implicit operator TensorIndex(Index index) =>
            Single(index.IsFromEnd ? -(long)index.Value : index.Value);

        /// <summary>A range; "3..^1" as in C#.</summary>
        public static implicit operator TensorIndex(Range range)
        {
            long? start = range.Start.IsFromEnd ? -(long)range.Start.Value : range.Start.Value;
            long? stop =
                !range.End.IsFromEnd ? range.End.Value
                : range.End.Value == 0 ? null
                : -(long)range.End.Value;
            return Slice(start, stop);
        }

        /// <summary>Places or a mask.</summary>
        public static implicit operator TensorIndex(Tensor tensor) => Tensor(tensor);

        /// <summary>A new dimension of size 1 or 0.</summary>
        public static implicit operator TensorIndex(bool value) => Bool(value);
    }

    public partial class Tensor
    {
        /// <summary>Reads, or replaces, the part that the indices choose; without tensor indices the part read is a view.</summary>
        /// <exception cref="ArgumentOutOfRangeException">A place is outside its dimension, or there are more indices than dimensions.</exception>
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>The part that the indices choose.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (view, tensors) = Apply(indices);
            var result = tensors is null ? view : Ops.index__Tensor.Call(view, tensors);
            return ReferenceEquals(result, this) ? alias().MoveToOuterDisposeScope() : result.MoveToOuterDisposeScope();
        }

        /// <summary>Replaces the part that the indices choose by a value, with broadcasting.</summary>
        /// <returns>This tensor.</returns>
        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (view, tensors) = Apply(indices);
            if (tensors is null)
                view.copy_(value);
            else
                Ops.index_put_.Do(view, tensors, value);
            return this;
        }

        /// <summary>Replaces the part that the indices choose by a number.</summary>
        /// <returns>This tensor.</returns>
        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            return index_put_(full([], value, dtype, device), indices);
        }

        /// <summary>The views of the plain indices, and what remains for aten::index: a tensor or null for each dimension.</summary>
        private (Tensor View, Tensor?[]? Tensors) Apply(TensorIndex[] indices)
        {
            var named = indices.Sum(Consumed);
            var rank = (int)dim();
            if (named > rank)
                throw new ArgumentOutOfRangeException(
                    nameof(indices),
                    $"index: {named} indices for {this}, which has {rank} dimension(s)"
                );
            var view = this;
            var tensors = new List<Tensor?>();
            var d = 0;
            foreach (var i in indices)
            {
                switch (i.kind)
                {
                    case TensorIndex.Kind.Single:
                        view = view.select(d, i.start!.Value);
                        continue;
                    case TensorIndex.Kind.Slice:
                        if (i.start is not null || i.stop is not null || i.step != 1)
                            view = view.slice(d, i.start, i.stop, i.step);
                        tensors.Add(null);
                        d++;
                        continue;
                    case TensorIndex.Kind.Ellipsis:
                        for (var k = named; k < rank; k++, d++)
                            tensors.Add(null);
                        continue;
                    case TensorIndex.Kind.None:
                        view = view.unsqueeze(d++);
                        tensors.Add(null);
                        continue;
                    case TensorIndex.Kind.Bool:
                        view = view.unsqueeze(d);
                        if (i.start == 0)
                            view = view.slice(d, 0, 0);
                        tensors.Add(null);
                        d++;
                        continue;
                    default:
                        tensors.Add(i.tensor);
                        d += Consumed(i);
                        continue;
                }
            }
            return (view, tensors.Exists(t => t is not null) ? [.. tensors] : null);
        }

        private static int Consumed(TensorIndex i) =>
            i.kind switch
            {
                TensorIndex.Kind.Single or TensorIndex.Kind.Slice => 1,
                TensorIndex.Kind.Tensor => i.tensor!.dtype == ScalarType.Bool ? (int)i.tensor.dim() : 1,
                _ => 0,
            };
    }
}
