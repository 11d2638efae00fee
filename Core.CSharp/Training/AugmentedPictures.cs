using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;

namespace Research.Training;

/// <summary>
/// The pictures of steps after an <see cref="Augmentation"/>, made by several threads, and where steps are taken in order while the step
/// before trains. A picture's bytes are a pure function of (seed, row, epoch), whatever thread makes it and when. Called from one thread.
/// </summary>
/// <param name="pixels">N x 3 x size x size bytes: the pictures as they are.</param>
/// <param name="size">Height and width in pixels.</param>
/// <param name="augmentation">What is changed.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="rows">The rows of a step, and its epoch.</param>
/// <param name="threads">How many threads make pictures.</param>
sealed class AugmentedPictures(
    byte[] pixels,
    int size,
    Augmentation augmentation,
    ulong seed,
    Func<long, (int[] Rows, long Epoch)> rows,
    int threads
)
{
    const long LargestAhead = 256L << 20; // bytes; two such steps are in memory

    readonly int stride = 3 * size * size;
    Ahead? ready,
        next;
    long at = -1,
        pictures,
        changing,
        waiting;
    int first,
        end;

    /// <summary>A step's pictures, of the rows [Start, Start + Count), in work or done.</summary>
    sealed record Ahead(long Step, int Start, int Count, Task<byte[]> Bytes)
    {
        public bool Holds(int start, int count) => start >= Start && start + count <= Start + Count;
    }

    /// <summary>The rows [start, start + count) of a step's batch: count x 3 x size x size bytes.</summary>
    /// <exception cref="Exception">What a stage threw, on the step whose picture it was.</exception>
    public byte[] Get(long step, int start, int count)
    {
        var since = Stopwatch.GetTimestamp();
        if (step != at)
            Enter(step);
        (first, end) = end == 0 ? (start, start + count) : (Math.Min(first, start), Math.Max(end, start + count));
        var bytes =
            ready is { } made && made.Holds(start, count)
                ? made.Bytes.GetAwaiter().GetResult().AsSpan((start - made.Start) * stride, count * stride).ToArray()
                : Make(rows(step), start, count);
        waiting += Stopwatch.GetTimestamp() - since;
        return bytes;
    }

    /// <summary>How long <see cref="Get"/> took, copying included.</summary>
    public TimeSpan Waiting => Stopwatch.GetElapsedTime(0, waiting);

    /// <summary>One line: what was made, what it took, and how long training waited for it.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"augmentation: {Interlocked.Read(ref pictures)} pictures, {Seconds(Interlocked.Read(ref changing)):0.0} s (summed over {threads} threads); training waited {Waiting.TotalSeconds:0.0} s"
        );

    static double Seconds(long ticks) => Stopwatch.GetElapsedTime(0, ticks).TotalSeconds;

    // What the step before asked for, the step after will: this process's part of the batch.
    void Enter(long step)
    {
        ready = next?.Step == step ? next : null;
        next = null;
        var (start, count) = (first, end - first);
        if (step == at + 1 && count > 0 && (long)count * stride <= LargestAhead)
        {
            var drawn = rows(step + 1);
            next = new(step + 1, start, count, Task.Run(() => Make(drawn, start, count)));
        }
        (at, first, end) = (step, 0, 0);
    }

    byte[] Make((int[] Rows, long Epoch) drawn, int start, int count)
    {
        var made = GC.AllocateUninitializedArray<byte>(checked(count * stride));
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, Change);
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
        Interlocked.Add(ref pictures, count);
        return made;

        void Change(int i)
        {
            var since = Stopwatch.GetTimestamp();
            var picture = made.AsSpan(i * stride, stride);
            var row = drawn.Rows[start + i];
            pixels.AsSpan(row * stride, stride).CopyTo(picture);
            augmentation.Apply(picture, size, seed, row, drawn.Epoch);
            Interlocked.Add(ref changing, Stopwatch.GetTimestamp() - since);
        }
    }
}
