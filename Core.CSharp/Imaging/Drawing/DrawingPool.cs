using System.Diagnostics;
using System.Globalization;

namespace Research.Imaging.Drawing;

/// <summary>
/// The drawing processes of this program: at most one per core. Each takes one drawing at a time, is replaced when it ends or is
/// killed, and ends after some idle seconds. A drawing is blamed for the end of its process only if a fresh process ends on it too.
/// </summary>
static class DrawingPool
{
    /// <summary>A process is replaced after this many drawings, so that memory held by libraries does not add up.</summary>
    const int MostDrawings = 10_000;

    static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);
    static readonly SemaphoreSlim places = new(Environment.ProcessorCount);
    static readonly Stack<DrawingChild> idle = [];
    static readonly Timer sweep = new(_ => EndIdle());

    /// <summary>Draws in one of the processes.</summary>
    /// <exception cref="InvalidDataException">It is refused; the message is the reason alone.</exception>
    /// <exception cref="InvalidOperationException">No process can be started.</exception>
    /// <exception cref="DllNotFoundException">librsvg is not installed.</exception>
    public static RgbImage Draw(ReadOnlySpan<byte> markup, int size, TimeSpan limit, long memory)
    {
        places.Wait();
        try
        {
            var child = Take();
            var used = child.Drawings > 0;
            var result = Draw(child, markup, size, limit, memory);
            if (used && result.End is DrawingEnd.Died or DrawingEnd.OutOfMemory)
                result = Draw(DrawingChild.Start(DrawingHost.Start()), markup, size, limit, memory);
            return Picture(result, size, limit, memory);
        }
        finally
        {
            places.Release();
        }
    }

    static DrawingResult Draw(DrawingChild child, ReadOnlySpan<byte> markup, int size, TimeSpan limit, long memory)
    {
        try
        {
            return child.Draw(markup, size, limit, memory);
        }
        finally
        {
            GiveBack(child);
        }
    }

    static RgbImage Picture(in DrawingResult result, int size, TimeSpan limit, long memory) =>
        result.End switch
        {
            DrawingEnd.Drawn => new RgbImage(size, size, result.Pixels),
            DrawingEnd.Refused => throw ImageFaults.Error(result.Fault, result.Reason),
            DrawingEnd.TimedOut => throw ImageFaults.Error(
                ImageFault.TimedOut,
                string.Create(CultureInfo.InvariantCulture, $"the drawing took more than {limit.TotalSeconds:0.###} s")
            ),
            DrawingEnd.OutOfMemory => throw ImageFaults.Error(
                ImageFault.TooLarge,
                $"{result.Reason} {memory >> 20} MiB"
            ),
            _ => throw ImageFaults.Error(ImageFault.Corrupt, $"librsvg ended on the drawing ({result.Reason})"),
        };

    static DrawingChild Take()
    {
        lock (idle)
            if (idle.TryPop(out var child))
                return child;
        return DrawingChild.Start(DrawingHost.Start());
    }

    static void GiveBack(DrawingChild child)
    {
        if (!child.Usable || child.Drawings >= MostDrawings)
        {
            child.Dispose();
            return;
        }
        lock (idle)
        {
            idle.Push(child);
            if (idle.Count == 1)
                sweep.Change(Idle, Timeout.InfiniteTimeSpan);
        }
    }

    static void EndIdle()
    {
        DrawingChild[] ended;
        lock (idle)
        {
            ended = [.. idle.Where(c => Stopwatch.GetElapsedTime(c.LastUse) >= Idle)];
            var kept = idle.Except(ended).Reverse().ToArray();
            idle.Clear();
            foreach (var child in kept)
                idle.Push(child);
            if (kept.Length > 0)
                sweep.Change(Idle, Timeout.InfiniteTimeSpan);
        }
        foreach (var child in ended)
            child.Dispose();
    }
}
