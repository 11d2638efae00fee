namespace Research.Corpora.Build.Emoji;

/// <summary>
/// The emoji corpus: twelve renderers' drawings of some 1,640 emoji with CLDR's labels and tags. A concept is an emoji without
/// skin tone, gender and direction; about 240 emoji are in the test and 160 in the validation.
/// </summary>
public sealed class EmojiCorpus : PackagedCorpus
{
    /// <inheritdoc/>
    public override string Name => "emoji";

    /// <inheritdoc/>
    public override string Description =>
        "emoji as 12 renderers draw them, with CLDR's labels and tags; 240 emoji held out for test, 160 for validation";

    /// <inheritdoc/>
    protected override string BuilderVersion => "1";

    /// <summary>The renderers: sources of the corpus, each an npm package <c>@iconify-json/NAME</c>.</summary>
    public static IReadOnlyList<string> Renderers { get; } =
    [
        "noto",
        "noto-v1",
        "twemoji",
        "openmoji",
        "fluent-emoji",
        "fluent-emoji-flat",
        "fluent-emoji-high-contrast",
        "emojione",
        "emojione-v1",
        "emojione-monotone",
        "fxemoji",
        "streamline-emojis",
    ];

    // The number in the salt was chosen for the wanted side sizes, 241 and 160 emoji, before any training.
    /// <inheritdoc/>
    protected internal override SplitRule Splits { get; } =
        new("emoji-110", TestShare: 240.0 / 1640, ValidationShare: 160.0 / 1640);

    /// <inheritdoc/>
    protected override IEnumerable<Drawings> Read()
    {
        var (emoji, names) = (EmojiTable.Load(), EmojiNames.Load());
        var expected = Renderers.Count * emoji.Count;
        foreach (var renderer in Renderers)
        {
            using var set = IconSet.Load(renderer);
            DrawnPair[] pairs = [.. DrawingsOf(set, emoji, names)];
            yield return new(renderer, pairs, expected);
            expected -= emoji.Count - pairs.Length;
        }
    }

    internal static IEnumerable<DrawnPair> DrawingsOf(IconSet set, IReadOnlyList<EmojiRecord> emoji, EmojiNames names)
    {
        var icons = names.Match(set);
        foreach (var e in emoji)
            if (icons.TryGetValue(e.Code, out var icon))
                yield return new DrawnPair(
                    $"{set.Name}/{e.Code}",
                    e.Label,
                    e.Tags,
                    EmojiConcept.Of(e.Code),
                    set.Name,
                    e.Group,
                    e.Subgroup,
                    set.Licence,
                    set.Svg(icon)
                );
    }
}
