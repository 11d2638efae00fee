using System.Diagnostics;

namespace Research.Imaging.Drawing;

/// <summary>
/// Ends whatever takes too long, on its own thread: the pool's threads may all be waiting for drawings.
/// </summary>
static class DrawingDeadlines
{
    static readonly Lock gate = new();
    static readonly HashSet<Deadline> running = [];
    static readonly AutoResetEvent sooner = new(false);
    static Thread? thread;

    /// <summary>Calls <paramref name="end"/> when the time is over, unless the deadline is met first.</summary>
    public static Deadline Start(TimeSpan limit, Action end)
    {
        var deadline = new Deadline(Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency), end);
        lock (gate)
        {
            running.Add(deadline);
            if (thread is null)
            {
                thread = new Thread(Watch, 256 << 10) { IsBackground = true, Name = "drawing deadlines" };
                thread.Start();
            }
            if (deadline.At < nextLook)
                sooner.Set();
        }
        return deadline;
    }

    static long nextLook = long.MaxValue;

    static void Watch()
    {
        while (true)
        {
            var wait = Timeout.InfiniteTimeSpan;
            lock (gate)
            {
                var now = Stopwatch.GetTimestamp();
                foreach (var late in running.Where(d => d.At <= now).ToArray())
                {
                    running.Remove(late);
                    late.Miss();
                }
                nextLook = running.Count == 0 ? long.MaxValue : running.Min(d => d.At);
                if (running.Count > 0)
                    wait = Stopwatch.GetElapsedTime(now, nextLook) + TimeSpan.FromMilliseconds(1);
            }
            sooner.WaitOne(wait);
        }
    }

    internal sealed class Deadline(long at, Action end)
    {
        public long At => at;

        /// <summary>Whether time ran out before the deadline was met.</summary>
        public bool Missed { get; private set; }

        public void Miss()
        {
            Missed = true;
            end();
        }

        /// <summary>Meets the deadline: nothing will be ended.</summary>
        /// <returns>Whether it was in time.</returns>
        public bool Meet()
        {
            lock (gate)
                running.Remove(this);
            return !Missed;
        }
    }
}
