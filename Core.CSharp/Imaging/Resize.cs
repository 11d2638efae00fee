using System.Buffers;

namespace Research.Imaging;

/// <summary>The filters of <see cref="Resize"/>.</summary>
public enum ResizeFilter
{
    /// <summary>The mean of the area that a pixel covers.</summary>
    Box,

    /// <summary>A triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Keys's cubic with a = -0.5, radius 2.</summary>
    Bicubic,
}

/// <summary>A rectangle between pixel edges; (0, 0) is the upper left corner of the picture.</summary>
/// <param name="Left">The left edge.</param>
/// <param name="Top">The upper edge.</param>
/// <param name="Right">The right edge.</param>
/// <param name="Bottom">The lower edge.</param>
public readonly record struct ResizeBox(double Left, double Top, double Right, double Bottom)
{
    /// <summary>The whole picture.</summary>
    public static ResizeBox All(int width, int height) => new(0, 0, width, height);
}

/// <summary>
/// Antialiased resizing as in Pillow: the filter is stretched by the scale when shrinking, columns first and then rows,
/// 8-bit in between, fixed-point weights, so that pixels equal Pillow's. Vector code (AVX2) gives the same bits.
/// </summary>
public static class Resize
{
    /// <summary>The picture at another size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static RgbImage To(RgbImage picture, int width, int height, ResizeFilter filter = ResizeFilter.Bicubic)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (width == picture.Width && height == picture.Height)
            return picture;
        var pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * 3));
        Into(
            picture.Pixels,
            picture.Width,
            picture.Height,
            ResizeBox.All(picture.Width, picture.Height),
            pixels,
            width,
            height,
            filter
        );
        return new RgbImage(width, height, pixels);
    }

    /// <summary>The picture as a square: bicubic until the shorter side fits, then cropped at the centre, as CLIP prepares pictures.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public static RgbImage ToSquare(RgbImage picture, int size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        var (width, height) = Fitted(picture.Width, picture.Height, size);
        var fitted = To(picture, width, height);
        if (fitted.Width == fitted.Height)
            return fitted;
        var (left, top) = CentreOffset(width, height, size);
        var pixels = new byte[size * size * 3];
        for (var y = 0; y < size; y++)
            Buffer.BlockCopy(fitted.Pixels, ((top + y) * fitted.Width + left) * 3, pixels, y * size * 3, size * 3);
        return new RgbImage(size, size, pixels);
    }

    /// <summary>The sides of a picture after its shorter one becomes <paramref name="size"/>, the other rounded down.</summary>
    internal static (int Width, int Height) Fitted(int width, int height, int size)
    {
        var shorter = Math.Min(width, height);
        return (
            width == shorter ? size : (int)((long)size * width / shorter),
            height == shorter ? size : (int)((long)size * height / shorter)
        );
    }

    /// <summary>Where a centred square begins, half pixels rounded to even as Python rounds them.</summary>
    internal static (int Left, int Top) CentreOffset(int width, int height, int size) =>
        ((int)Math.Round((width - size) / 2.0), (int)Math.Round((height - size) / 2.0));

    /// <summary>
    /// Resizes a box of a picture into <paramref name="to"/>, toHeight x toWidth x 3 bytes. The filter may read
    /// pixels of the picture outside the box, as in Pillow.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short, or the box is empty or reaches outside.</exception>
    public static void Into(
        ReadOnlySpan<byte> from,
        int fromWidth,
        int fromHeight,
        ResizeBox box,
        Span<byte> to,
        int toWidth,
        int toHeight,
        ResizeFilter filter = ResizeFilter.Bicubic
    )
    {
        if (fromWidth <= 0 || fromHeight <= 0 || from.Length < 3L * fromWidth * fromHeight)
            throw new ArgumentException($"{from.Length} bytes are not {fromHeight} x {fromWidth} x 3.", nameof(from));
        if (toWidth <= 0 || toHeight <= 0 || to.Length < 3L * toWidth * toHeight)
            throw new ArgumentException($"{to.Length} bytes cannot hold {toHeight} x {toWidth} x 3.", nameof(to));
        if (
            !(box.Left >= 0 && box.Top >= 0 && box.Right <= fromWidth && box.Bottom <= fromHeight)
            || !(box.Left < box.Right && box.Top < box.Bottom)
        )
            throw new ArgumentException($"{box} is not inside {fromWidth} x {fromHeight}.", nameof(box));
        var columns = toWidth != fromWidth || box.Left != 0 || box.Right != fromWidth;
        var rows = toHeight != fromHeight || box.Top != 0 || box.Bottom != fromHeight;
        if (!columns && !rows)
            from[..(toWidth * toHeight * 3)].CopyTo(to);
        else if (!rows)
        {
            using var weights = new ResizeWeights(fromWidth, box.Left, box.Right, toWidth, filter);
            ResizeKernels.Columns(from, fromWidth, fromHeight, weights, to);
        }
        else
        {
            using var down = new ResizeWeights(fromHeight, box.Top, box.Bottom, toHeight, filter);
            if (!columns)
            {
                ResizeKernels.Rows(from, toWidth * 3, down, 0, to);
                return;
            }
            using var across = new ResizeWeights(fromWidth, box.Left, box.Right, toWidth, filter);
            var (first, count) = down.Reach();
            var length = checked(count * toWidth * 3);
            var between = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                ResizeKernels.Columns(
                    from.Slice(first * fromWidth * 3),
                    fromWidth,
                    count,
                    across,
                    between.AsSpan(0, length)
                );
                ResizeKernels.Rows(between.AsSpan(0, length), toWidth * 3, down, first, to);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(between);
            }
        }
    }
}
