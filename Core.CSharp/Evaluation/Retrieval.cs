using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation;

/// <summary>How one direction of retrieval went, query by query.</summary>
/// <param name="Ranks">For each query the rank of its best match, 1 at best.</param>
/// <param name="Matches">For each query the number of candidates that match it.</param>
/// <param name="Candidates">Number of candidates that each query ranks.</param>
public sealed record RetrievalScores(IReadOnlyList<long> Ranks, IReadOnlyList<int> Matches, int Candidates)
{
    /// <summary>Number of queries.</summary>
    public int Queries => Ranks.Count;

    /// <summary>Share of the queries, in [0, 1], whose best match ranks among the first k.</summary>
    public double Recall(int k) => Ranks.Count(rank => rank <= k) / (double)Ranks.Count;

    /// <summary>
    /// Median over the queries of the rank of the best match; the mean of the middle two when even, as in most statistics. Compare
    /// <see cref="FlooredMedianRank"/>.
    /// </summary>
    public double MedianRank
    {
        get
        {
            var sorted = Ranks.Order().ToArray();
            var middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
        }
    }

    /// <summary>
    /// The median rank as VSE++, SCAN and their successors print it: floor(median of the ranks from 0) + 1 [R], so that a half between the
    /// middle two is rounded down. The same as <see cref="MedianRank"/> for an odd number of queries.
    /// </summary>
    public double FlooredMedianRank => Math.Floor(MedianRank);

    /// <summary>What recall at k would be on average if the candidates were ranked at random.</summary>
    public double Chance(int k) => Matches.Average(count => ChanceAt(k, count));

    // The probability that not all of the first k candidates of a random order are wrong.
    double ChanceAt(int k, int matches)
    {
        var allWrong = 1.0;
        for (var i = 0; i < k && allWrong > 0; i++)
            allWrong *= Math.Max(0, Candidates - matches - i) / (double)Math.Max(1, Candidates - i);
        return 1 - allWrong;
    }
}

/// <summary>Both directions of a retrieval task.</summary>
/// <param name="ImageToText">Images query captions.</param>
/// <param name="TextToImage">Captions query images.</param>
public sealed record RetrievalResult(RetrievalScores ImageToText, RetrievalScores TextToImage);

/// <summary>
/// Cross-modal retrieval: every image ranks all captions by cosine similarity, and the reverse. The rank of a query is one more than the
/// number of wrong candidates that score at least as high as its best right one: a tie counts against the query, so that a model which
/// gives every candidate the same score ranks last and not first. Training accuracy counts alike
/// (<see cref="Objectives.DiagnosticNames.Accuracy"/>): in both a duplicate of the query's own caption is a right answer and not an error.
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
        var holders = Holders(candidateGroups);
        return new(ranks, [.. queryGroups.Select(own => Matches(own, holders))], candidateGroups.Count);
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
    static int Matches(long[] own, Dictionary<long, List<int>> holders) =>
        own.Length == 1
            ? holders[own[0]].Count
            : own.SelectMany(group => holders.GetValueOrDefault(group) ?? []).Distinct().Count();

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
