using System.Globalization;
using Research.Randomness;

namespace Research.Corpora;

/// <summary>What was done to a pair's caption.</summary>
public enum CaptionFault
{
    /// <summary>Nothing: it is the pair's own.</summary>
    None,

    /// <summary>It is some other pair's.</summary>
    Shuffled,

    /// <summary>It is that of another pair of the same group: wrong in the particular, right in the general.</summary>
    Swapped,

    /// <summary>It is words that say nothing of the picture.</summary>
    Boilerplate,

    /// <summary>It is empty.</summary>
    Dropped,
}

/// <summary>The caption that a pair has, right or wrong.</summary>
/// <param name="From">The pair whose caption it is; the pair itself unless the caption was moved.</param>
/// <param name="Fault">What was done to it.</param>
/// <param name="Words">What stands in place of a caption; null where it is a pair's.</param>
public readonly record struct GivenCaption(
    CorpusEntry From,
    CaptionFault Fault = CaptionFault.None,
    string? Words = null
)
{
    /// <summary>The caption in a style.</summary>
    /// <param name="style">The style.</param>
    /// <param name="random">
    /// The stream that random styles draw from. Words draw as much as the caption they stand for, so that the other captions of a batch are
    /// those of an undisturbed one.
    /// </param>
    public string Render(CaptionStyle style, SeededRandom random)
    {
        var caption = Captions.Render(From, style, random);
        return Words ?? caption;
    }
}

/// <summary>Pairs with some captions gone wrong, and the clean pairing beside them.</summary>
public sealed class CorruptedCaptions
{
    readonly IReadOnlyList<CorpusEntry> entries;
    readonly CaptionFault[] faults;
    readonly int[] from;
    readonly string?[] words;

    internal CorruptedCaptions(
        IReadOnlyList<CorpusEntry> entries,
        CaptionFault[] faults,
        int[] from,
        string?[] words,
        int notSwapped
    ) => (this.entries, this.faults, this.from, this.words, NotSwapped) = (entries, faults, from, words, notSwapped);

    /// <summary>What was done to each pair's caption.</summary>
    public IReadOnlyList<CaptionFault> Faults => faults;

    /// <summary>For each pair the pair whose caption it has; its own where it was replaced by words or by nothing.</summary>
    public IReadOnlyList<int> From => from;

    /// <summary>
    /// The pairs that are missing to the share of swapped captions: they keep their own, as their groups have no other item left to exchange
    /// captions with.
    /// </summary>
    public int NotSwapped { get; }

    /// <summary>The caption that a pair has now.</summary>
    public GivenCaption this[int pair] => new(entries[from[pair]], faults[pair], words[pair]);

    /// <summary>The caption that a pair has now, in a style.</summary>
    public string Render(int pair, CaptionStyle style, SeededRandom random) => this[pair].Render(style, random);

    /// <summary>The caption that is right, in a style.</summary>
    public string Clean(int pair, CaptionStyle style, SeededRandom random) =>
        Captions.Render(entries[pair], style, random);

    /// <summary>One line: how many captions are wrong, of each kind.</summary>
    public override string ToString()
    {
        var counts = faults.CountBy(fault => fault).ToDictionary();
        var kept = NotSwapped == 0 ? "" : $"; {NotSwapped} found no other item of their group to swap with";
        return $"captions of {entries.Count} pairs: {Describe(fault => counts.GetValueOrDefault(fault))}{kept}";
    }

    /// <summary>The kinds with their numbers, those that there are.</summary>
    internal static string Describe(Func<CaptionFault, long> count)
    {
        var kinds = Enum.GetValues<CaptionFault>()
            .Where(fault => fault != CaptionFault.None && count(fault) > 0)
            .Select(fault =>
                string.Create(CultureInfo.InvariantCulture, $"{count(fault)} {fault.ToString().ToLowerInvariant()}")
            )
            .ToArray();
        return kinds.Length == 0 ? "all their own" : string.Join(", ", kinds);
    }
}
