using System.Collections.Concurrent;
using Research.Corpora.Build;
using Research.Imaging;

namespace Research.Corpora;

/// <summary>
/// Keeps the sides apart: a drawing that is also on a side nearer to the test (test before validation before training) is left
/// out, whether it is the same drawing or one that looks the same.
/// </summary>
static class NearDuplicates
{
    /// <summary>The side of the thumbnails compared.</summary>
    public const int ThumbnailSize = 16;

    const int HashDistance = 3; // of 64 bits: candidates
    const double MeanDifference = 3.0; // grey levels of 255 over a thumbnail

    // Relative to what is drawn: two small things on white paper differ little over the whole thumbnail, whatever they are.
    const double ShareOfInk = 0.45;

    /// <summary>The pairs to keep, in order, and how many were left out for each reason.</summary>
    public static (List<RasterisedPair> Kept, int Equal, int Similar) Remove(IReadOnlyList<RasterisedPair> pairs)
    {
        var nearer = pairs.Where(p => p.Split != Split.Train).ToArray();
        var drawings = Sides(nearer, p => p.DrawingHash);
        var pixels = Sides(nearer, p => p.PixelHash);
        var verdicts = new int[pairs.Count]; // 1 equal, 2 similar
        Parallel.ForEach(
            Partitioner.Create(0, pairs.Count),
            range =>
            {
                for (var i = range.Item1; i < range.Item2; i++)
                {
                    var pair = pairs[i];
                    if (
                        IsNearer(drawings, pair.DrawingHash, pair.Split) || IsNearer(pixels, pair.PixelHash, pair.Split)
                    )
                        verdicts[i] = 1;
                    else if (
                        pair.Split != Split.Test
                        && nearer.Any(other => other.Split > pair.Split && LooksTheSame(pair, other))
                    )
                        verdicts[i] = 2;
                }
            }
        );
        var kept = pairs.Where((_, i) => verdicts[i] == 0).ToList();
        return (kept, verdicts.Count(v => v == 1), verdicts.Count(v => v == 2));
    }

    // The side nearest to the test on which each hash occurs; Split's values grow towards the test.
    static Dictionary<string, Split> Sides(IEnumerable<RasterisedPair> pairs, Func<RasterisedPair, string> hash) =>
        pairs.GroupBy(hash).ToDictionary(g => g.Key, g => g.Max(p => p.Split));

    static bool IsNearer(Dictionary<string, Split> sides, string hash, Split own) =>
        sides.TryGetValue(hash, out var side) && side > own;

    static bool LooksTheSame(RasterisedPair first, RasterisedPair second)
    {
        if (PerceptualHash.Distance(first.PerceptualHash, second.PerceptualHash) > HashDistance)
            return false;
        var difference = 0;
        for (var i = 0; i < first.Thumbnail.Length; i++)
            difference += Math.Abs(first.Thumbnail[i] - second.Thumbnail[i]);
        return difference <= MeanDifference * first.Thumbnail.Length
            && difference <= ShareOfInk * Math.Max(Ink(first.Thumbnail), Ink(second.Thumbnail));
    }

    // How much a picture differs from white paper.
    static int Ink(byte[] thumbnail)
    {
        var ink = 0;
        foreach (var value in thumbnail)
            ink += byte.MaxValue - value;
        return ink;
    }
}
