namespace Research.Bench;

/// <summary>Order statistics of times.</summary>
static class Timing
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>
    /// Runs both sides alternately, with the first side changing each round, so that a machine that slows down slows both.
    /// </summary>
    /// <returns>For each round, each side's result.</returns>
    public static List<(T Here, T There)> Alternate<T>(int rounds, Func<T> here, Func<T> there)
    {
        var results = new List<(T, T)>();
        for (var round = 0; round < rounds; round++)
        {
            if (round % 2 == 0)
            {
                var first = here();
                results.Add((first, there()));
            }
            else
            {
                var first = there();
                results.Add((here(), first));
            }
        }
        return results;
    }
}
