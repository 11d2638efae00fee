using System.Runtime.ExceptionServices;

namespace Research.Corpora.Streaming;

/// <summary>A step in preparation.</summary>
sealed class StepJob(long step, int rows, byte[] pixels)
{
    public long Step { get; } = step;
    public CorpusEntry[] Entries { get; } = new CorpusEntry[rows];
    public GivenCaption[] Captions { get; } = new GivenCaption[rows];
    public byte[] Pixels { get; } = pixels;

    // The rows handed out and finished; under the queue's lock.
    public int Next;
    public int Finished;
    public Exception? Error;
}

/// <summary>
/// Steps in preparation: the requested one and a bounded number after it. Threads take one row at a time, always from the earliest step.
/// Buffers are reused.
/// </summary>
sealed class StepQueue : IDisposable
{
    readonly int rows;
    readonly long bytes;
    readonly int prefetch;
    readonly Action<StepJob, int> load;
    readonly SortedDictionary<long, StepJob> jobs = [];
    readonly Stack<byte[]> free = new();
    readonly Thread[] workers;
    readonly object sync = new();
    bool ended;

    public StepQueue(int rows, long bytes, StreamOptions options, Action<StepJob, int> load)
    {
        if (bytes > Array.MaxLength)
            throw new ArgumentException($"A batch of {rows} pictures is {bytes >> 20} MiB; at most 2047 fit.");
        (this.rows, this.bytes, this.load) = (rows, bytes, load);
        prefetch = options.PrefetchFor(bytes);
        workers =
        [
            .. Enumerable
                .Range(0, options.WorkersHere)
                .Select(i => new Thread(Work) { IsBackground = true, Name = $"loader {i}" }),
        ];
        foreach (var worker in workers)
            worker.Start();
    }

    /// <summary>Waits for a step. Its contents stay valid until the step after the next is requested.</summary>
    public StepJob Get(long step)
    {
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            foreach (var old in jobs.Values.Where(j => j.Step < step - 1 || j.Step > step + prefetch).ToArray())
                Drop(old);
            for (var ahead = step; ahead <= step + prefetch; ahead++)
                if (!jobs.ContainsKey(ahead))
                    jobs.Add(
                        ahead,
                        new StepJob(
                            ahead,
                            rows,
                            free.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>((int)bytes)
                        )
                    );
            Monitor.PulseAll(sync);
            var job = jobs[step];
            while (job.Finished < rows && job.Error is null)
                Monitor.Wait(sync);
            if (job.Error is { } error)
                ExceptionDispatchInfo.Throw(error);
            return job;
        }
    }

    void Drop(StepJob job)
    {
        jobs.Remove(job.Step);
        if (job.Finished == job.Next) // else a worker still writes to it
            free.Push(job.Pixels);
        job.Next = rows;
    }

    void Work()
    {
        while (true)
        {
            StepJob? job;
            int row;
            lock (sync)
            {
                while ((job = jobs.Values.FirstOrDefault(j => j.Next < rows && j.Error is null)) is null && !ended)
                    Monitor.Wait(sync);
                if (job is null)
                    return;
                row = job.Next++;
            }
            Exception? failed = null;
            try
            {
                load(job, row);
            }
            catch (Exception error) // rethrown to the step's caller
            {
                failed = error;
            }
            lock (sync)
            {
                job.Finished++;
                job.Error ??= failed;
                if (job.Finished == rows || failed is not null)
                    Monitor.PulseAll(sync);
            }
        }
    }

    public void Dispose()
    {
        lock (sync)
        {
            ended = true;
            foreach (var job in jobs.Values)
                job.Next = rows;
            jobs.Clear();
            Monitor.PulseAll(sync);
        }
        foreach (var worker in workers)
            worker.Join();
    }
}
