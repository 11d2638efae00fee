using System.Text.Json;

namespace Research.Corpora.Build.Pictograms;

/// <summary>
/// The pictograms corpus: every drawing of npm's <c>@iconify/json</c> with an open licence, and the words of its name. A concept is a name
/// without its style, so that "home-outline" and "home-filled" are on one side, in all sets.
/// </summary>
public sealed class PictogramCorpus : PackagedCorpus
{
    const string Package = "@iconify/json";

    /// <inheritdoc/>
    public override string Name => "pictograms";

    /// <inheritdoc/>
    public override string Description =>
        "pictograms of some 200 open icon sets with their names and categories, of the order of 300,000 pairs";

    /// <inheritdoc/>
    protected override string BuilderVersion => "2";

    // Logos are recognized by reading their writing, and are trademarks whatever the drawing's licence.
    static readonly string[] LeftOutCategories = ["Logos", "Programming"];

    /// <inheritdoc/>
    protected internal override SplitRule Splits { get; } = new("pictograms", TestShare: 0.02, ValidationShare: 0.01);

    /// <inheritdoc/>
    protected override IEnumerable<Drawings> Read()
    {
        using var collections = CorpusPackage.ReadJson(Package, "collections.json");
        var sets = collections
            .RootElement.EnumerateObject()
            .Where(c => IsWanted(IconSetInfo.Of(c.Value)))
            .OrderBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => (c.Name, Info: IconSetInfo.Of(c.Value)))
            .ToArray();
        var expected = sets.Sum(s => s.Info.Total);
        foreach (var (name, info) in sets)
        {
            using var set = IconSet.LoadWhole(Package, name);
            yield return new(name, [.. DrawingsOf(set, info.Category)], expected);
        }
    }

    /// <summary>Whether a set is used: its licence is open, without a ban on commerce or duties for programs, and it has no logos.</summary>
    internal static bool IsWanted(IconSetInfo info) =>
        IconLicence.IsOpen(info.Licence) && !LeftOutCategories.Contains(info.Category);

    internal static IEnumerable<DrawnPair> DrawingsOf(IconSet set, string category)
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

/// <summary>An icon set's entry in the collection's list.</summary>
/// <param name="Licence">An SPDX identifier; empty when none is stated.</param>
/// <param name="Category">The kind of set; empty when none is stated.</param>
/// <param name="Total">The number of its icons.</param>
sealed record IconSetInfo(string Licence, string Category, int Total)
{
    public static IconSetInfo Of(JsonElement set) =>
        new(
            set.TryGetProperty("license", out var licence) && licence.TryGetProperty("spdx", out var spdx)
                ? spdx.GetString() ?? ""
                : "",
            set.TryGetProperty("category", out var category) ? category.GetString() ?? "" : "",
            set.TryGetProperty("total", out var total) ? total.GetInt32() : 0
        );
}

/// <summary>The licences that a corpus may use.</summary>
static class IconLicence
{
    static readonly string[] Open = ["MIT", "Apache", "CC0", "CC-BY", "OFL", "ISC", "BSD", "Unlicense", "MPL"];

    /// <summary>Whether everybody may use and change the drawings for any purpose. False for unknown licences.</summary>
    public static bool IsOpen(string spdx) =>
        Open.Any(o => spdx == o || spdx.StartsWith(o + "-", StringComparison.Ordinal))
        && !spdx.Split('-').Any(part => part is "NC" or "ND");
}
