using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation;

/// <summary>Recall and rank of one direction of retrieval.</summary>
/// <param name="RecallAt1">Part of the queries, in [0, 1], whose best match ranks first.</param>
/// <param name="RecallAt5">Part of the queries whose best match ranks among the first 5.</param>
/// <param name="RecallAt10">Part of the queries whose best match ranks among the first 10.</param>
/// <param name="MedianRank">Median over the queries of the rank of the best match, 1 at best; the mean of the middle two when even.</param>
/// <param name="ChanceAt1">What recall at 1 would be on average if candidates were ranked at random.</param>
/// <param name="ChanceAt5">The same of recall at 5.</param>
/// <param name="ChanceAt10">The same of recall at 10.</param>
/// <param name="Queries">Number of queries.</param>
/// <param name="Candidates">Number of candidates that each query ranks.</param>
public sealed record RetrievalScores(
    double RecallAt1,
    double RecallAt5,
    double RecallAt10,
    double MedianRank,
    double ChanceAt1,
    double ChanceAt5,
    double ChanceAt10,
    int Queries,
    int Candidates
);

/// <summary>Both directions of a retrieval task.</summary>
/// <param name="ImageToText">Images query captions.</param>
/// <param name="TextToImage">Captions query images.</param>
public sealed record RetrievalResult(RetrievalScores ImageToText, RetrievalScores TextToImage)
{
    /// <summary>The mean of both directions' recall at 10.</summary>
    public double MeanRecallAt10 => (ImageToText.RecallAt10 + TextToImage.RecallAt10) / 2;

    /// <summary>
    /// The figures under their names in result files: retrieval.i2t.r1, .r5, .r10, .median_rank, the same under t2i, and retrieval.r10.
    /// </summary>
    public IReadOnlyDictionary<string, double> Metrics()
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["retrieval.r10"] = MeanRecallAt10,
        };
        foreach (var (direction, scores) in new[] { ("i2t", ImageToText), ("t2i", TextToImage) })
        {
            metrics[$"retrieval.{direction}.r1"] = scores.RecallAt1;
            metrics[$"retrieval.{direction}.r5"] = scores.RecallAt5;
            metrics[$"retrieval.{direction}.r10"] = scores.RecallAt10;
            metrics[$"retrieval.{direction}.median_rank"] = scores.MedianRank;
        }
        return metrics;
    }
}

/// <summary>
/// Cross-modal retrieval: every image ranks all captions by cosine similarity, and the reverse. The rank of a query is one more than the
/// number of wrong candidates that score at least as high as its best right one: a tie counts against the query, so that a model which
/// gives every candidate the same score ranks last and not first.
/// </summary>
public static class Retrieval
{
    // Queries scored at once: the N x M similarity matrix is never held whole, and what is does not grow with M.
    const int MostRows = 512;
    const int LeastRows = 16;
    const int TileScores = 1 << 24;

    /// <summary>Pairs: row i of one side matches row i of the other, and nothing else.</summary>
    /// <param name="image">N x d image embeddings, unit rows.</param>
    /// <param name="text">N x d caption embeddings, unit rows.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or an embedding is not finite.</exception>
    public static RetrievalResult Evaluate(Tensor image, Tensor text)
    {
        Embeddings.Check(image, "image");
        Embeddings.Check(text, "text");
        if (image.shape[0] != text.shape[0])
            throw new ArgumentException(
                $"{image.shape[0]} images but {text.shape[0]} captions: pairs need as many of one as of the other. "
                    + "Give the groups of both sides when several images share a caption."
            );
        var own = Enumerable.Range(0, (int)image.shape[0]).Select(i => (long)i).ToArray();
        return Evaluate(image, text, own, own);
    }

    /// <summary>Groups: an image and a caption match when their groups are equal, so one caption may have several images and the reverse.</summary>
    /// <param name="image">N x d image embeddings, unit rows.</param>
    /// <param name="text">M x d caption embeddings, unit rows.</param>
    /// <param name="imageGroups">N group numbers.</param>
    /// <param name="textGroups">M group numbers; each group of a side occurs on the other.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, an embedding is not finite, or a row has no match.</exception>
    public static RetrievalResult Evaluate(Tensor image, Tensor text, long[] imageGroups, long[] textGroups) =>
        Evaluate(image, text, [.. imageGroups.Select(group => new[] { group })], textGroups);

    /// <summary>
    /// Images with several captions each, as COCO's and Flickr30k's five: an image and a caption match when the caption's number is among
    /// the image's. Every caption is a query, and the best of an image's captions is its match.
    /// </summary>
    /// <param name="image">N x d image embeddings, unit rows: one for each picture.</param>
    /// <param name="text">M x d caption embeddings, unit rows.</param>
    /// <param name="imageCaptions">For each image the numbers of its captions, at least one.</param>
    /// <param name="textCaptions">M numbers, equal where captions are; each occurs at an image.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, an embedding is not finite, or a row has no match.</exception>
    public static RetrievalResult Evaluate(
        Tensor image,
        Tensor text,
        IReadOnlyList<long[]> imageCaptions,
        long[] textCaptions
    )
    {
        Embeddings.Check(image, "image");
        Embeddings.Check(text, "text");
        Embeddings.CheckSameWidth(image, "image", text, "text");
        long[][] texts = [.. textCaptions.Select(caption => new[] { caption })];
        CheckGroups(image, imageCaptions, texts, "image");
        CheckGroups(text, texts, imageCaptions, "text");
        return new(OneDirection(image, text, imageCaptions, texts), OneDirection(text, image, texts, imageCaptions));
    }

    static RetrievalScores OneDirection(
        Tensor queries,
        Tensor candidates,
        IReadOnlyList<long[]> queryGroups,
        IReadOnlyList<long[]> candidateGroups
    )
    {
        var ranks = Ranks(queries, candidates, queryGroups, candidateGroups);
        Array.Sort(ranks);
        double Recall(int k) => ranks.Count(r => r <= k) / (double)ranks.Length;
        var middle = ranks.Length / 2;
        var median = ranks.Length % 2 == 1 ? ranks[middle] : (ranks[middle - 1] + ranks[middle]) / 2.0;
        var holders = Holders(candidateGroups);
        var right = queryGroups.Select(own => Right(own, holders)).ToArray();
        double Chance(int k) => right.Average(count => ChanceAt(k, count, candidateGroups.Count));
        return new(
            Recall(1),
            Recall(5),
            Recall(10),
            median,
            Chance(1),
            Chance(5),
            Chance(10),
            ranks.Length,
            candidateGroups.Count
        );
    }

    static Dictionary<long, List<int>> Holders(IReadOnlyList<long[]> candidateGroups)
    {
        var holders = new Dictionary<long, List<int>>();
        for (var i = 0; i < candidateGroups.Count; i++)
            foreach (var group in candidateGroups[i].Distinct())
                if (holders.TryGetValue(group, out var those))
                    those.Add(i);
                else
                    holders[group] = [i];
        return holders;
    }

    // How many candidates match.
    static int Right(long[] own, Dictionary<long, List<int>> holders) =>
        own.Length == 1
            ? holders[own[0]].Count
            : own.SelectMany(group => holders.GetValueOrDefault(group) ?? []).Distinct().Count();

    // That not all of the first k candidates of a random order are wrong.
    static double ChanceAt(int k, int right, int candidates)
    {
        var allWrong = 1.0;
        for (var i = 0; i < k && allWrong > 0; i++)
            allWrong *= Math.Max(0, candidates - right - i) / (double)Math.Max(1, candidates - i);
        return 1 - allWrong;
    }

    /// <summary>The rank, 1 at best, of every query's best match.</summary>
    internal static long[] Ranks(
        Tensor queries,
        Tensor candidates,
        IReadOnlyList<long[]> queryGroups,
        IReadOnlyList<long[]> candidateGroups,
        int tileScores = TileScores
    )
    {
        using var none = no_grad();
        using var all = NewDisposeScope();
        var groups = Columns(candidateGroups, candidates.device);
        var transposed = candidates.to(ScalarType.Float32).t();
        var ranks = new long[queryGroups.Count];
        var tile = Math.Clamp(tileScores / candidateGroups.Count, LeastRows, MostRows);
        for (var start = 0; start < ranks.Length; start += tile)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(tile, ranks.Length - start);
            var scores = queries.narrow(0, start, rows).to(ScalarType.Float32).mm(transposed);
            var match = Match(Columns([.. queryGroups.Skip(start).Take(rows)], candidates.device), groups);
            var best = scores.masked_fill(match.logical_not(), double.NegativeInfinity).amax([1], true);
            var ahead = scores.ge(best).logical_and(match.logical_not()).sum(1) + 1;
            ahead.to(ScalarType.Int64).cpu().data<long>().ToArray().CopyTo(ranks, start);
        }
        return ranks;
    }

    // The k-th column has every row's k-th group; a row that has fewer repeats its first.
    static Tensor[] Columns(IReadOnlyList<long[]> groups, Device device) =>
        [
            .. Enumerable
                .Range(0, groups.Max(own => own.Length))
                .Select(k =>
                    torch.tensor(groups.Select(own => k < own.Length ? own[k] : own[0]).ToArray(), device: device)
                ),
        ];

    static Tensor Match(Tensor[] queries, Tensor[] candidates)
    {
        Tensor? match = null;
        foreach (var query in queries)
        foreach (var candidate in candidates)
        {
            var equal = query.unsqueeze(1).eq(candidate.unsqueeze(0));
            match = match is null ? equal : match.logical_or(equal);
        }
        return match!;
    }

    static void CheckGroups(Tensor x, IReadOnlyList<long[]> groups, IReadOnlyList<long[]> others, string name)
    {
        if (groups.Count != x.shape[0])
            throw new ArgumentException($"{x.shape[0]} {name} embeddings but {groups.Count} {name} groups.");
        var known = others.SelectMany(g => g).ToHashSet();
        for (var row = 0; row < groups.Count; row++)
            if (!groups[row].Any(known.Contains))
                throw new ArgumentException(
                    $"The {name} in row {row}, of group {string.Join(", ", groups[row])}, has no match on the other side."
                );
    }
}
