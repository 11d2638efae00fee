using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Research.Imaging;

/// <summary>Takes a picture's rows as they are decoded, still in the cache, so that the decoded picture is never stored.</summary>
abstract unsafe class JpegRowSink(bool timed)
{
    readonly bool timed = timed; // reads the clock twice per call
    Exception? error;

    /// <summary>The ticks spent taking rows; 0 when not timed.</summary>
    protected long Ticks { get; private set; }

    /// <summary>Takes neighbouring rows from row <paramref name="first"/> on, each followed by <see cref="Jpeg.RowSlack"/> readable bytes.</summary>
    protected abstract void Take(byte** rows, int first, int count);

    /// <summary>Decodes the pixels that a part covers into this sink.</summary>
    /// <param name="file">The file.</param>
    /// <param name="part">The part.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="padded">Whether pixels have a fourth byte, which is ignored.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or outside the limits.</exception>
    protected void Decode(ReadOnlySpan<byte> file, in JpegPart part, DecodeOptions options, bool padded)
    {
        var handle = GCHandle.Alloc(this);
        try
        {
            Jpeg.DecodeRows(
                file,
                part.Header,
                part.Scale,
                part.Covered,
                options,
                part.PlainChroma,
                padded,
                &Take,
                GCHandle.ToIntPtr(handle)
            );
        }
        finally
        {
            handle.Free();
        }
        if (error is not null)
            throw new InvalidOperationException("A row could not be resized.", error);
    }

    // Native code calls this, and no exception may pass through it.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Take(nint context, byte** rows, int first, int count)
    {
        var sink = (JpegRowSink)GCHandle.FromIntPtr(context).Target!;
        if (sink.error is not null)
            return;
        var started = sink.timed ? Stopwatch.GetTimestamp() : 0;
        try
        {
            sink.Take(rows, first, count);
        }
        catch (Exception e)
        {
            sink.error = e;
        }
        if (sink.timed)
            sink.Ticks += Stopwatch.GetTimestamp() - started;
    }
}
