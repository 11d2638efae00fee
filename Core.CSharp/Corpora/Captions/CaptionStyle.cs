using Research.Randomness;

namespace Research.Corpora;

/// <summary>How a pair's caption is made from its label and tags.</summary>
public abstract record CaptionStyle
{
    CaptionStyle() { }

    /// <summary>The label alone.</summary>
    public static CaptionStyle Label { get; } = new LabelOnly();

    /// <summary>The label, then all tags, as in evaluation.</summary>
    public static CaptionStyle LabelAndTags { get; } = new WithAllTags();

    /// <summary>
    /// The label, then 0 to <paramref name="max"/> tags, their number and choice drawn anew each time, as in training. For a pair with
    /// alternatives the label itself is drawn from them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is negative.</exception>
    public static CaptionStyle LabelAndRandomTags(int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(max);
        return new WithRandomTags(max);
    }

    /// <summary>See <see cref="Label"/>.</summary>
    public sealed record LabelOnly : CaptionStyle;

    /// <summary>See <see cref="LabelAndTags"/>.</summary>
    public sealed record WithAllTags : CaptionStyle;

    /// <summary>See <see cref="LabelAndRandomTags"/>.</summary>
    /// <param name="Max">The largest number of tags.</param>
    public sealed record WithRandomTags(int Max) : CaptionStyle;
}

/// <summary>Makes captions.</summary>
public static class Captions
{
    /// <summary>A pair's caption. Words are separated by spaces; tags that only repeat the label are skipped.</summary>
    /// <param name="entry">The pair.</param>
    /// <param name="style">The style.</param>
    /// <param name="random">The stream for random styles; the others do not touch it.</param>
    public static string Render(CorpusEntry entry, CaptionStyle style, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(entry);
        switch (style)
        {
            case CaptionStyle.LabelOnly:
                return entry.Caption;
            case CaptionStyle.WithAllTags:
                return Join(entry.Caption, NewTags(entry));
            case CaptionStyle.WithRandomTags(var max):
                ArgumentNullException.ThrowIfNull(random);
                if (entry.Alternatives.Count > 0 && random.NextInt(entry.Alternatives.Count + 1) is var drawn and > 0)
                    entry = entry with { Caption = entry.Alternatives[drawn - 1] };
                var tags = NewTags(entry);
                var count = Math.Min(random.NextInt(max + 1), tags.Count);
                for (var i = 0; i < count; i++) // the first steps of a shuffle draw without repetition
                {
                    var j = i + random.NextInt(tags.Count - i);
                    (tags[i], tags[j]) = (tags[j], tags[i]);
                }
                return Join(entry.Caption, tags.Take(count));
            default:
                throw new ArgumentNullException(nameof(style));
        }
    }

    static string Join(string label, IEnumerable<string> tags) => string.Join(' ', tags.Prepend(label));

    static List<string> NewTags(CorpusEntry entry)
    {
        var words = Words(entry.Caption).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. entry.Tags.Where(tag => !Words(tag).All(words.Contains))];
    }

    static string[] Words(string text) =>
        text.Split([' ', ',', ':', ';', '(', ')', '“', '”', '"'], StringSplitOptions.RemoveEmptyEntries);
}
