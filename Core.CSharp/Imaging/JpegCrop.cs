using System.Buffers;
using System.Diagnostics;

namespace Research.Imaging;

/// <summary>Which part of a JPEG becomes a square, and how it is decoded.</summary>
/// <param name="Header">The file's header.</param>
/// <param name="Scale">The transform's scale, in eighths.</param>
/// <param name="Covered">The part of the shrunk picture that is decoded.</param>
/// <param name="Box">The part of that which becomes the square.</param>
/// <param name="PlainChroma">Whether colours are repeated instead of interpolated.</param>
readonly record struct JpegPart(JpegHeader Header, int Scale, PixelRegion Covered, ResizeBox Box, bool PlainChroma);

/// <summary>
/// Decodes and resizes in one pass: each row is made narrower as soon as it is decoded. The bits equal decoding first, resizing second.
/// </summary>
sealed unsafe class JpegCrop : JpegRowSink
{
    readonly ResizeKernels.ColumnPlan plan;
    readonly byte[] between;
    readonly int width,
        rowSize;

    JpegCrop(ResizeKernels.ColumnPlan plan, byte[] between, int width, int rowSize, bool timed)
        : base(timed) => (this.plan, this.between, this.width, this.rowSize) = (plan, between, width, rowSize);

    /// <summary>Decodes a part and resizes it to a square.</summary>
    /// <param name="file">The file.</param>
    /// <param name="part">The part.</param>
    /// <param name="exact">
    /// Whether the bits are those of <see cref="Resize"/>; else, where suitable, of <see cref="RowResizer"/>, which takes half the time.
    /// </param>
    /// <param name="options">Bounds.</param>
    /// <param name="square">size x size x 3 bytes.</param>
    /// <param name="size">The square's side.</param>
    /// <param name="timed">Whether to time the rows.</param>
    /// <returns>The ticks spent resizing; when not <paramref name="timed"/>, without those of the rows.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or outside the limits.</exception>
    public static long Into(
        ReadOnlySpan<byte> file,
        in JpegPart part,
        bool exact,
        DecodeOptions options,
        Span<byte> square,
        int size,
        bool timed
    )
    {
        var (covered, box) = (part.Covered, part.Box);
        using var across = new ResizeWeights(covered.Width, box.Left, box.Right, size, ResizeFilter.Bicubic);
        using var down = new ResizeWeights(covered.Height, box.Top, box.Bottom, size, ResizeFilter.Bicubic);
        if (!exact && RowResizer.Suits(across, down))
            return JpegFastCrop.Into(file, part, across, down, options, square, timed);
        using var plan = new ResizeKernels.ColumnPlan(across);
        var rowSize = size * 3;
        var between = ArrayPool<byte>.Shared.Rent(checked(covered.Height * rowSize));
        var crop = new JpegCrop(plan, between, covered.Width, rowSize, timed);
        try
        {
            crop.Decode(file, part, options, padded: false);
            var started = Stopwatch.GetTimestamp();
            ResizeKernels.Rows(between.AsSpan(0, covered.Height * rowSize), rowSize, down, 0, square);
            return crop.Ticks + Stopwatch.GetTimestamp() - started;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(between);
        }
    }

    protected override void Take(byte** rows, int first, int count)
    {
        for (var i = 0; i < count; i++)
            plan.Row(
                new ReadOnlySpan<byte>(rows[i], width * 3 + Jpeg.RowSlack), // a vector step reads past the row
                between.AsSpan((first + i) * rowSize, rowSize)
            );
    }
}
