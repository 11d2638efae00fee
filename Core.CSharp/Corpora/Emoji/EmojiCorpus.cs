namespace Research.Corpora.Emoji;

/// <summary>
/// The emoji corpus: twelve renderers' drawings of some 1,640 emoji with CLDR's labels and tags. A concept is an emoji without
/// skin tone, gender and direction; some 240 emoji are in the test and 160 in the validation.
/// </summary>
public static class EmojiCorpus
{
    /// <summary>The corpus's name.</summary>
    public const string Name = "emoji";

    /// <summary>Raised when the same packages would give another corpus.</summary>
    const string BuilderVersion = "1";

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

    // The salt's number was chosen for sides of the wanted sizes, 241 and 160 emoji, before anything was trained.
    internal static readonly SplitRule Splits = new(
        "emoji-110",
        TestShare: 240.0 / 1640,
        ValidationShare: 160.0 / 1640
    );

    /// <summary>What a build would start from: package to installed version. Equal inputs give an equal corpus.</summary>
    /// <exception cref="FileNotFoundException">A package is missing; the message names <c>./research setup</c>.</exception>
    public static IReadOnlyDictionary<string, string> Inputs()
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["builder"] = BuilderVersion };
        foreach (var package in Renderers.Select(r => "@iconify-json/" + r).Append(EmojiTable.Package))
            inputs[package] = NpmPackages.InstalledVersion(package);
        return inputs;
    }

    /// <summary>Builds the corpus into a folder.</summary>
    /// <param name="folder">The corpus's folder; what stands there is replaced when the new corpus is whole.</param>
    /// <param name="imageSize">The side of the pictures in pixels.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Stops the build and leaves nothing.</param>
    /// <exception cref="FileNotFoundException">A package is missing; the message names <c>./research setup</c>.</exception>
    public static CorpusInfo Build(
        string folder,
        int imageSize,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var builder = new CorpusBuilder
        {
            Name = Name,
            ImageSize = imageSize,
            Splits = Splits,
            Inputs = Inputs(),
        };
        var (emoji, names) = (EmojiTable.Load(), EmojiNames.Load());
        var expected = Renderers.Count * emoji.Count;
        var done = 0;
        foreach (var renderer in Renderers)
        {
            using var set = IconSet.Load(renderer);
            var drawings = Drawings(set, emoji, names).ToArray();
            builder.Add(
                drawings,
                () =>
                {
                    var now = Interlocked.Increment(ref done);
                    if (now % 64 == 0)
                        progress?.Report(new PrepareProgress($"drawing {renderer}", now, expected));
                },
                cancellation
            );
            expected -= emoji.Count - drawings.Length;
        }
        return builder.Write(folder, progress, cancellation);
    }

    internal static IEnumerable<DrawnPair> Drawings(IconSet set, IReadOnlyList<EmojiRecord> emoji, EmojiNames names)
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
