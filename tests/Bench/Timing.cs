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
    /// Runs both sides alternately, the first one changing with each round, so that a machine that slows down slows both.
    /// </summary>
    /// <returns>For each round what each side returned.</returns>
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

    /// <summary>Runs several sides one after the other, another one first in each round.</summary>
    /// <returns>For each round what each side returned, in the order of the sides.</returns>
    public static List<T[]> Rotate<T>(int rounds, params Func<T>[] sides)
    {
        var results = new List<T[]>();
        for (var round = 0; round < rounds; round++)
        {
            var row = new T[sides.Length];
            for (var i = 0; i < sides.Length; i++)
                row[(round + i) % sides.Length] = sides[(round + i) % sides.Length]();
            results.Add(row);
        }
        return results;
    }
}
