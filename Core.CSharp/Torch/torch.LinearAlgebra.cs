namespace TorchSharp;

public static partial class torch
{
    /// <summary>The matrix product over the last two dimensions, with broadcasting of the others.</summary>
    public static Tensor matmul(Tensor input, Tensor other) => input.matmul(other);

    /// <summary>The product of two matrices.</summary>
    public static Tensor mm(Tensor input, Tensor mat2) => input.mm(mat2);

    /// <summary>The products of two batches of matrices.</summary>
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);

    /// <summary>The product of a matrix and a vector.</summary>
    public static Tensor mv(Tensor input, Tensor vec) => input.mv(vec);

    /// <summary>The inner product of two vectors (0-d).</summary>
    public static Tensor dot(Tensor input, Tensor other) => input.dot(other);

    /// <summary>The outer product of two vectors.</summary>
    public static Tensor outer(Tensor input, Tensor vec2) => input.outer(vec2);

    /// <summary>beta * this + alpha * mat1 mat2 (both 1).</summary>
    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null) =>
        input.addmm(mat1, mat2, beta, alpha);

    /// <summary>beta * this + alpha * mat vec (both 1).</summary>
    public static Tensor addmv(Tensor input, Tensor mat, Tensor vec, Scalar? beta = null, Scalar? alpha = null) =>
        input.addmv(mat, vec, beta, alpha);

    /// <summary>beta * this + alpha * batch1 batch2 (both 1), matrix by matrix.</summary>
    public static Tensor baddbmm(
        Tensor input,
        Tensor batch1,
        Tensor batch2,
        Scalar? beta = null,
        Scalar? alpha = null
    ) => input.baddbmm(batch1, batch2, beta, alpha);

    /// <summary>A sum of products in Einstein's notation, e.g. "bid,bjd->bij".</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => Ops.einsum.Call(equation, tensors);

    /// <summary>The distances between the rows of two matrices (p-norm of the difference).</summary>
    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2.0) => Ops.cdist.Call(x1, x2, p);

    /// <summary>The sum of a matrix's diagonal (0-d).</summary>
    public static Tensor trace(Tensor input) => input.trace();

    /// <summary>The inverse of square matrices.</summary>
    public static Tensor inverse(Tensor input) => input.inverse();

    /// <summary>Linear algebra.</summary>
    public static partial class linalg
    {
        /// <summary>The inverse of square matrices.</summary>
        public static Tensor inv(Tensor input) => Ops.linalg_inv.Call(input);

        /// <summary>The lower triangular L with L L^T = input.</summary>
        public static Tensor cholesky(Tensor input) => Ops.linalg_cholesky.Call(input);

        /// <summary>Eigenvalues in ascending order and eigenvectors (columns) of symmetric matrices.</summary>
        public static (Tensor eigenvalues, Tensor eigenvectors) eigh(Tensor input, char uplo = 'L') =>
            Ops.linalg_eigh.Call2(input, uplo.ToString());

        /// <summary>The singular value decomposition U diag(S) Vh.</summary>
        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true) =>
            Ops.linalg_svd.Call3(input, fullMatrices);

        /// <summary>The reduced QR decomposition.</summary>
        public static (Tensor Q, Tensor R) qr(Tensor input) => Ops.linalg_qr.Call2(input);

        /// <summary>The p-norm along dimensions, or of all elements.</summary>
        public static Tensor vector_norm(Tensor input, float p = 2.0f, long[]? dims = null, bool keepdim = false) =>
            Ops.linalg_vector_norm.Call(input, (double)p, dims, keepdim);

        /// <summary>X with A X = B.</summary>
        public static Tensor solve(Tensor A, Tensor B) => Ops.linalg_solve.Call(A, B);
    }
}
