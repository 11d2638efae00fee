namespace Research.Imaging;

/// <summary>
/// EXIF orientations 1 to 8: how the stored picture must be turned to be upright. 2 mirrors, 3 turns by 180 degrees, 4 flips,
/// 5 transposes, 6 turns clockwise, 7 transposes over the other diagonal, 8 turns counter-clockwise.
/// </summary>
static class Orientation
{
    public const int Upright = 1;

    public static bool SwapsSides(int orientation) => orientation >= 5;

    /// <summary>Where a region of the upright picture lies in the stored one of <paramref name="width"/> x <paramref name="height"/>.</summary>
    public static PixelRegion Stored(PixelRegion upright, int orientation, int width, int height)
    {
        var r = SwapsSides(orientation)
            ? new PixelRegion(upright.Top, upright.Left, upright.Height, upright.Width)
            : upright;
        var mirrored = orientation is 2 or 3 or 7 or 8;
        var flipped = orientation is 3 or 4 or 6 or 7;
        return new PixelRegion(
            mirrored ? width - r.Left - r.Width : r.Left,
            flipped ? height - r.Top - r.Height : r.Top,
            r.Width,
            r.Height
        );
    }

    /// <summary>Where a box of the stored picture of <paramref name="width"/> x <paramref name="height"/> lies in the upright one.</summary>
    public static ResizeBox UprightBox(ResizeBox stored, int orientation, int width, int height)
    {
        var (left, right) = orientation is 2 or 3 or 7 or 8
            ? (width - stored.Right, width - stored.Left)
            : (stored.Left, stored.Right);
        var (top, bottom) = orientation is 3 or 4 or 6 or 7
            ? (height - stored.Bottom, height - stored.Top)
            : (stored.Top, stored.Bottom);
        return SwapsSides(orientation) ? new(top, left, bottom, right) : new(left, top, right, bottom);
    }

    /// <summary>Turns stored pixels upright; both spans hold height x width x 3 bytes, of the stored and of the upright sides.</summary>
    public static void Apply(ReadOnlySpan<byte> stored, int width, int height, int orientation, Span<byte> upright)
    {
        // In the stored picture: where the upright picture starts, and the step for one column and one row of it.
        int x = 3,
            y = width * 3,
            right = (width - 1) * x,
            bottom = (height - 1) * y;
        var (start, column, row) = orientation switch
        {
            1 => (0, x, y),
            2 => (right, -x, y),
            3 => (right + bottom, -x, -y),
            4 => (bottom, x, -y),
            5 => (0, y, x),
            6 => (bottom, -y, x),
            7 => (right + bottom, -y, -x),
            8 => (right, y, -x),
            _ => throw new ArgumentOutOfRangeException(nameof(orientation), orientation, "Orientations are 1 to 8."),
        };
        var (columns, rows) = SwapsSides(orientation) ? (height, width) : (width, height);
        for (int r = 0, to = 0; r < rows; r++)
        for (int c = 0, from = start + r * row; c < columns; c++, from += column, to += 3)
        {
            upright[to] = stored[from];
            upright[to + 1] = stored[from + 1];
            upright[to + 2] = stored[from + 2];
        }
    }
}
