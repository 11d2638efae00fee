using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>Products of tall matrices in float64, in blocks of rows, so that no whole float64 copy is made.</summary>
static class Float64Products
{
    const long Rows = 4096;

    /// <summary>x^t y (d x d, float64) of N x d matrices.</summary>
    public static Tensor Moment(Tensor x, Tensor y)
    {
        var sum = torch.zeros([x.shape[1], y.shape[1]], ScalarType.Float64, x.device);
        foreach (var (row, rows) in Of(x.shape[0]))
        {
            using var scope = NewDisposeScope();
            Into.AddProduct(sum, Double(x, row, rows).t(), Double(y, row, rows), 1, 1);
        }
        return sum;
    }

    /// <summary>x m + y n (N x d, in the type of x) for N x d matrices x, y and float64 d x d matrices m, n.</summary>
    public static Tensor Combine(Tensor x, Tensor m, Tensor y, Tensor n)
    {
        var result = torch.empty_like(x);
        foreach (var (row, rows) in Of(x.shape[0]))
        {
            using var scope = NewDisposeScope();
            result
                .narrow(0, row, rows)
                .copy_(Into.AddProduct(Double(x, row, rows).mm(m), Double(y, row, rows), n, 1, 1));
        }
        return result;
    }

    /// <summary>sum_ij x_ij y_ij of matrices of one shape (0-d, float64).</summary>
    public static Tensor Inner(Tensor x, Tensor y)
    {
        var sum = torch.zeros([], ScalarType.Float64, x.device);
        foreach (var (row, rows) in Of(x.shape[0]))
        {
            using var scope = NewDisposeScope();
            sum.add_((x.narrow(0, row, rows) * y.narrow(0, row, rows)).sum(ScalarType.Float64));
        }
        return sum;
    }

    static Tensor Double(Tensor x, long row, long rows) => x.narrow(0, row, rows).to(ScalarType.Float64);

    static IEnumerable<(long Row, long Rows)> Of(long count)
    {
        for (long row = 0; row < count; row += Rows)
            yield return (row, Math.Min(Rows, count - row));
    }
}
