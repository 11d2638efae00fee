using System.Globalization;
using Research.Randomness;

namespace Research.Corpora;

/// <summary>What happened to a pair's caption.</summary>
public enum CaptionFault
{
    /// <summary>Nothing: it is the pair's own.</summary>
    None,

    /// <summary>It is another pair's.</summary>
    Shuffled,

    /// <summary>It is that of another pair of the same group: wrong in detail, right in general.</summary>
    Swapped,

    /// <summary>It is words that say nothing about the picture.</summary>
    Boilerplate,

    /// <summary>It is empty.</summary>
    Dropped,
}

/// <summary>The caption that a pair has, right or wrong.</summary>
/// <param name="From">The pair whose caption it is; the pair itself unless the caption was moved.</param>
/// <param name="Fault">What happened to it.</param>
/// <param name="Words">The words in place of a caption; null where it is a pair's.</param>
public readonly record struct GivenCaption(
    CorpusEntry From,
    CaptionFault Fault = CaptionFault.None,
    string? Words = null
)
{
    /// <summary>The caption in a style.</summary>
    /// <param name="style">The style.</param>
    /// <param name="random">
    /// The stream for random styles. Words draw as much as the caption they replace, so that a batch's other captions are
    /// those of an undisturbed batch.
    /// </param>
    public string Render(CaptionStyle style, SeededRandom random)
    {
        var caption = Captions.Render(From, style, random);
        return Words ?? caption;
    }
}

/// <summary>Pairs with some wrong captions, and the clean pairing.</summary>
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

    /// <summary>What happened to each pair's caption.</summary>
    public IReadOnlyList<CaptionFault> Faults => faults;

    /// <summary>For each pair, the pair whose caption it has; itself where words or nothing replaced it.</summary>
    public IReadOnlyList<int> From => from;

    /// <summary>
    /// By how many pairs the share of swapped captions falls short: these keep their own, because their groups have no other item left to
    /// exchange with.
    /// </summary>
    public int NotSwapped { get; }

    /// <summary>The pair's present caption.</summary>
    public GivenCaption this[int pair] => new(entries[from[pair]], faults[pair], words[pair]);

    /// <summary>The pair's present caption, in a style.</summary>
    public string Render(int pair, CaptionStyle style, SeededRandom random) => this[pair].Render(style, random);

    /// <summary>The pair's right caption, in a style.</summary>
    public string Clean(int pair, CaptionStyle style, SeededRandom random) =>
        Captions.Render(entries[pair], style, random);

    /// <summary>One line with the number of wrong captions of each kind.</summary>
    public override string ToString()
    {
        var counts = faults.CountBy(fault => fault).ToDictionary();
        var kept = NotSwapped == 0 ? "" : $"; {NotSwapped} found no other item of their group to swap with";
        return $"captions of {entries.Count} pairs: {Describe(fault => counts.GetValueOrDefault(fault))}{kept}";
    }

    /// <summary>The kinds that occur, with their numbers.</summary>
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
