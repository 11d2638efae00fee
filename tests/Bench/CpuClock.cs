namespace Research.Bench;

/// <summary>
/// The processor time of this process, all threads together: the meaning of "per core". Other work on the machine does not count,
/// and a second thread helps neither side.
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
