using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Research.Imaging;

/// <summary>
/// Decodes and resizes in one go: each row is made narrower as soon as it is decoded, while it is in the cache, so that the decoded
/// picture is never stored. The bits are those of decoding first and resizing then.
/// </summary>
sealed unsafe class JpegCrop
{
    readonly ResizeKernels.ColumnPlan plan;
    readonly byte[] between;
    readonly int width,
        rowSize;
    readonly bool timed; // the clock is read twice a row
    Exception? error;

    JpegCrop(ResizeKernels.ColumnPlan plan, byte[] between, int width, int rowSize, bool timed)
    {
        this.timed = timed;
        this.plan = plan;
        this.between = between;
        this.width = width;
        this.rowSize = rowSize;
    }

    long Resizing { get; set; }

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
        var handle = GCHandle.Alloc(crop);
        try
        {
            Jpeg.DecodeRows(file, header, scale, covered, options, plainChroma, &Take, GCHandle.ToIntPtr(handle));
            if (crop.error is not null)
                throw new InvalidOperationException("A row could not be resized.", crop.error);
            var started = Stopwatch.GetTimestamp();
            ResizeKernels.Rows(between.AsSpan(0, covered.Height * rowSize), rowSize, down, 0, square);
            return crop.Resizing + Stopwatch.GetTimestamp() - started;
        }
        finally
        {
            handle.Free();
            ArrayPool<byte>.Shared.Return(between);
        }
    }

    // Called by native code, through which no exception may pass.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Take(nint context, byte* row, int y)
    {
        var crop = (JpegCrop)GCHandle.FromIntPtr(context).Target!;
        try
        {
            var started = crop.timed ? Stopwatch.GetTimestamp() : 0;
            // The native buffer is longer than a row, by more than a vector step reads.
            var from = new ReadOnlySpan<byte>(row, crop.width * 3 + Jpeg.RowSlack);
            crop.plan.Row(from, crop.between.AsSpan(y * crop.rowSize, crop.rowSize));
            if (crop.timed)
                crop.Resizing += Stopwatch.GetTimestamp() - started;
        }
        catch (Exception e)
        {
            crop.error ??= e;
        }
    }
}
