using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// Position embeddings for another number of positions than they were trained for, as open_clip resizes them when it loads weights
/// (resize_pos_embed and resize_text_pos_embed). The results are new tensors of the input's type, in the current dispose scope, without gradient.
/// </summary>
public static class PositionInterpolation
{
    /// <summary>An image encoder's positions on another grid, by bicubic interpolation with antialiasing.</summary>
    /// <param name="positions">(extra + G^2) x width: extra tokens first, then a square grid row by row.</param>
    /// <param name="grid">Tokens on a side of the new grid.</param>
    /// <param name="extra">Tokens before the grid, which stay as they are: 1 for a class token (or the mean of CLIP's ResNets), 0 for none.</param>
    /// <returns>(extra + grid^2) x width.</returns>
    /// <exception cref="ArgumentException">The positions are no matrix, or do not form a square grid.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="grid"/> is not positive or <paramref name="extra"/> negative.</exception>
    public static Tensor Grid(Tensor positions, int grid, int extra)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(grid);
        ArgumentOutOfRangeException.ThrowIfNegative(extra);
        var (count, width) = Matrix(positions);
        var side = (long)Math.Round(Math.Sqrt(Math.Max(0, count - extra)));
        if (side < 1 || side * side + extra != count)
            throw new ArgumentException(
                $"{count} position embeddings are no square grid with {extra} {(extra == 1 ? "token" : "tokens")} before it.",
                nameof(positions)
            );
        using var none = no_grad();
        using var scope = NewDisposeScope();
        if (side == grid)
            return positions.clone().MoveToOuterDisposeScope();
        var old = positions.narrow(0, extra, side * side).t().reshape(1, width, side, side).to(ScalarType.Float32);
        var made = F.interpolate(
            old,
            [grid, grid],
            mode: InterpolationMode.Bicubic,
            align_corners: false,
            antialias: true
        );
        return cat([positions.narrow(0, 0, extra), made.flatten(2).squeeze(0).t().to(positions.dtype)], 0)
            .MoveToOuterDisposeScope();
    }

    /// <summary>A text encoder's positions for another context length, by linear interpolation.</summary>
    /// <param name="positions">L x width.</param>
    /// <param name="length">The new length.</param>
    /// <returns>length x width.</returns>
    /// <exception cref="ArgumentException">The positions are no matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is not positive.</exception>
    public static Tensor Sequence(Tensor positions, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        var (count, width) = Matrix(positions);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        if (count == length)
            return positions.clone().MoveToOuterDisposeScope();
        var old = positions.t().reshape(1, width, count).to(ScalarType.Float32);
        var made = F.interpolate(old, [length], mode: InterpolationMode.Linear, align_corners: false);
        return made.squeeze(0).t().contiguous().to(positions.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The first of a text encoder's positions, for a shorter context: captions that fit it are encoded as before, which interpolation does not give.
    /// </summary>
    /// <param name="positions">L x width.</param>
    /// <param name="length">The new length, at most L.</param>
    /// <returns>length x width.</returns>
    /// <exception cref="ArgumentException">The positions are no matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is not in 1 .. L.</exception>
    public static Tensor Truncated(Tensor positions, int length)
    {
        var (count, _) = Matrix(positions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, count);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        return positions.narrow(0, 0, length).clone().MoveToOuterDisposeScope();
    }

    static (long Count, long Width) Matrix(Tensor positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return positions.shape is [var count and > 0, var width and > 0] && positions.is_floating_point()
            ? (count, width)
            : throw new ArgumentException(
                $"Position embeddings are a floating-point matrix, positions x width, not {positions.dtype} [{string.Join(", ", positions.shape)}].",
                nameof(positions)
            );
    }
}
