namespace Research.Bench;

/// <summary>
/// The processor time of this process, all threads together. "Per core" is meant by it: other work on the machine does not count,
/// and neither side gains by a second thread.
/// </summary>
static class CpuClock
{
    public static double Seconds(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }
}
