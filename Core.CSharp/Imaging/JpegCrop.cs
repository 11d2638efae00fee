using System.Buffers;
using System.Diagnostics;

namespace Research.Imaging;

/// <summary>
/// Decodes and resizes in one go: each row is made narrower as soon as it is decoded. The bits are those of decoding first and resizing then.
/// </summary>
sealed unsafe class JpegCrop : JpegRowSink
{
    readonly ResizeKernels.ColumnPlan plan;
    readonly byte[] between;
    readonly int width,
        rowSize;

    JpegCrop(ResizeKernels.ColumnPlan plan, byte[] between, int width, int rowSize, bool timed)
        : base(timed) => (this.plan, this.between, this.width, this.rowSize) = (plan, between, width, rowSize);

    /// <summary>Decodes <paramref name="covered"/> of the scaled picture, and resizes the box in it to a square.</summary>
    /// <returns>The ticks that resizing took; when not <paramref name="timed"/>, of the rows alone.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or outside the limits.</exception>
    public static long Into(
        ReadOnlySpan<byte> file,
        JpegHeader header,
        int scale,
        PixelRegion covered,
        ResizeBox box,
        DecodeOptions options,
        bool plainChroma,
        Span<byte> square,
        int size,
        bool timed
    )
    {
        using var across = new ResizeWeights(covered.Width, box.Left, box.Right, size, ResizeFilter.Bicubic);
        using var down = new ResizeWeights(covered.Height, box.Top, box.Bottom, size, ResizeFilter.Bicubic);
        using var plan = new ResizeKernels.ColumnPlan(across);
        var rowSize = size * 3;
        var between = ArrayPool<byte>.Shared.Rent(checked(covered.Height * rowSize));
        var crop = new JpegCrop(plan, between, covered.Width, rowSize, timed);
        try
        {
            crop.Decode(file, header, scale, covered, options, plainChroma, padded: false);
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
