using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Research.Imaging;

/// <summary>
/// Threads on which drawings are rendered, so that the caller need not wait for one that does not end. librsvg cannot be
/// interrupted: a thread whose time is over is left alone until librsvg's own limits stop it, and only then used again.
/// </summary>
static class DrawingThreads
{
    /// <summary>No more drawings than this may be left running beyond their time.</summary>
    public const int MostAbandoned = 16;

    const int StackSize = 16 << 20; // librsvg recurses with the nesting of elements
    static readonly ConcurrentBag<Worker> idle = [];
    static int abandoned;

    /// <summary>The drawings that still run beyond their time.</summary>
    public static int Abandoned => Volatile.Read(ref abandoned);

    /// <exception cref="InvalidDataException">The time was over first.</exception>
    /// <exception cref="IOException">Too many earlier drawings still run.</exception>
    public static T Run<T>(Func<T> render, TimeSpan limit)
    {
        if (Abandoned >= MostAbandoned)
            throw new IOException(
                $"{MostAbandoned} drawings (SVG) still run beyond their time limit: leave those files out, which the report names."
            );
        var worker = idle.TryTake(out var free) ? free : new Worker();
        var job = new Job<T>(render);
        if (!worker.Run(job, limit))
            throw ImageFaults.Error(ImageFault.TimedOut, $"the drawing took more than {limit.TotalSeconds:0.###} s");
        return job.Result;
    }

    abstract class Job
    {
        public const int Running = 0,
            Finished = 1,
            GivenUp = 2;

        public int State;
        public readonly ManualResetEventSlim Ended = new();

        public abstract void Do();
    }

    sealed class Job<T>(Func<T> render) : Job
    {
        T? result;
        ExceptionDispatchInfo? error;

        public T Result
        {
            get
            {
                error?.Throw();
                return result!;
            }
        }

        public override void Do()
        {
            try
            {
                result = render();
            }
            catch (Exception e)
            {
                error = ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    sealed class Worker
    {
        readonly SemaphoreSlim wake = new(0);
        Job? next;

        public Worker() => new Thread(Loop, StackSize) { IsBackground = true, Name = "drawing" }.Start();

        public bool Run(Job job, TimeSpan limit)
        {
            next = job;
            wake.Release();
            if (job.Ended.Wait(limit))
                return true;
            // Counted before it is given up, so that the thread's own count down comes after.
            Interlocked.Increment(ref abandoned);
            if (Interlocked.CompareExchange(ref job.State, Job.GivenUp, Job.Running) == Job.Running)
                return false;
            Interlocked.Decrement(ref abandoned);
            job.Ended.Wait();
            return true;
        }

        void Loop()
        {
            while (true)
            {
                wake.Wait();
                var job = next!;
                next = null;
                job.Do();
                if (Interlocked.CompareExchange(ref job.State, Job.Finished, Job.Running) == Job.GivenUp)
                    Interlocked.Decrement(ref abandoned);
                idle.Add(this);
                job.Ended.Set();
            }
        }
    }
}
