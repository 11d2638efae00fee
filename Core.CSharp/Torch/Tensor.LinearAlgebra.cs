namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The matrix product over the last two dimensions, with broadcasting of the others.</summary>
        public Tensor matmul(Tensor other) => Ops.matmul.Call(this, other);

        /// <summary>The product of two matrices.</summary>
        public Tensor mm(Tensor mat2) => Ops.mm.Call(this, mat2);

        /// <summary>The products of two batches of matrices.</summary>
        public Tensor bmm(Tensor batch2) => Ops.bmm.Call(this, batch2);

        /// <summary>The product of a matrix and a vector.</summary>
        public Tensor mv(Tensor vec) => Ops.mv.Call(this, vec);

        /// <summary>The inner product of two vectors (0-d).</summary>
        public Tensor dot(Tensor other) => Ops.dot.Call(this, other);

        /// <summary>The outer product of two vectors.</summary>
        public Tensor outer(Tensor vec2) => Ops.outer.Call(this, vec2);

        /// <summary>beta * this + alpha * mat1 mat2 (both 1).</summary>
        public Tensor addmm(Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null) =>
            Ops.addmm.Call(this, mat1, mat2, beta ?? 1, alpha ?? 1);

        /// <summary>beta * this + alpha * mat1 mat2 (both 1), in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor addmm_(Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null)
        {
            Ops.addmm_.Do(this, mat1, mat2, beta ?? 1, alpha ?? 1);
            return this;
        }

        /// <summary>beta * this + alpha * mat vec (both 1).</summary>
        public Tensor addmv(Tensor mat, Tensor vec, Scalar? beta = null, Scalar? alpha = null) =>
            Ops.addmv.Call(this, mat, vec, beta ?? 1, alpha ?? 1);

        /// <summary>beta * this + alpha * batch1 batch2 (both 1), matrix by matrix.</summary>
        public Tensor baddbmm(Tensor batch1, Tensor batch2, Scalar? beta = null, Scalar? alpha = null) =>
            Ops.baddbmm.Call(this, batch1, batch2, beta ?? 1, alpha ?? 1);

        /// <summary>The sum of a matrix's diagonal (0-d).</summary>
        public Tensor trace() => Ops.trace.Call(this);

        /// <summary>The inverse of square matrices.</summary>
        public Tensor inverse() => Ops.linalg_inv.Call(this);
    }
}
