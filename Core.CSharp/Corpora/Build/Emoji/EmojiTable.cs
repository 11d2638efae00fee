using System.Text.Json;

namespace Research.Corpora.Build.Emoji;

/// <summary>One emoji of Unicode's list.</summary>
/// <param name="Code">Code points without variation selectors, e.g. "1f468-200d-1f680".</param>
/// <param name="Label">CLDR's English name.</param>
/// <param name="Tags">CLDR's English keywords.</param>
/// <param name="Group">One of ten, e.g. "animals-nature".</param>
/// <param name="Subgroup">One of about a hundred, e.g. "animal-mammal".</param>
sealed record EmojiRecord(string Code, string Label, IReadOnlyList<string> Tags, string Group, string Subgroup);

/// <summary>The emoji of the corpus, from npm's emojibase-data.</summary>
static class EmojiTable
{
    public const string Package = "emojibase-data";

    // Flags and keycaps are recognized by reading their writing; skin tones and hair stand alone only as swatches.
    static readonly HashSet<string> LeftOutSubgroups = ["country-flag", "subdivision-flag", "keycap"];
    const string LeftOutGroup = "component";

    /// <summary>All emoji except country flags, keycaps and components.</summary>
    public static IReadOnlyList<EmojiRecord> Load()
    {
        using var groups = CorpusPackage.ReadJson(Package, "meta/groups.json");
        using var data = CorpusPackage.ReadJson(Package, "en/data.json");
        try
        {
            var emoji = new List<EmojiRecord>();
            foreach (var item in data.RootElement.EnumerateArray())
            {
                if (
                    !item.TryGetProperty("group", out var groupIndex)
                    || !item.TryGetProperty("subgroup", out var subgroupIndex)
                )
                    continue; // regional indicators
                var group = Name(groups, "groups", groupIndex);
                var subgroup = Name(groups, "subgroups", subgroupIndex);
                if (group == LeftOutGroup || LeftOutSubgroups.Contains(subgroup))
                    continue;
                string[] tags = item.TryGetProperty("tags", out var list)
                    ? [.. list.EnumerateArray().Select(t => t.GetString()!)]
                    : [];
                var code = EmojiConcept.Code(item.GetProperty("hexcode").GetString()!);
                emoji.Add(new EmojiRecord(code, item.GetProperty("label").GetString()!, tags, group, subgroup));
            }
            return emoji;
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException(
                $"npm package '{Package}' does not have the expected layout: {error.Message}",
                error
            );
        }
    }

    static string Name(JsonDocument groups, string table, JsonElement index) =>
        groups.RootElement.GetProperty(table).GetProperty(index.GetInt32().ToString()).GetString()!;

    /// <summary>Other names of emoji, the most exact first: (code, name).</summary>
    public static IEnumerable<(string Code, string Name)> OtherNames()
    {
        string[] files =
        [
            "en/shortcodes/cldr.json",
            "en/shortcodes/cldr-native.json",
            "en/shortcodes/emojibase.json",
            "en/shortcodes/emojibase-legacy.json",
            "en/shortcodes/github.json",
            "en/shortcodes/iamcal.json",
            "en/shortcodes/joypixels.json",
            "meta/unicode-names.json",
        ];
        foreach (var file in files)
        {
            using var document = CorpusPackage.ReadJson(Package, file);
            foreach (var entry in document.RootElement.EnumerateObject())
                if (entry.Value.ValueKind == JsonValueKind.String)
                    yield return (EmojiConcept.Code(entry.Name), entry.Value.GetString()!);
                else
                    foreach (var name in entry.Value.EnumerateArray())
                        yield return (EmojiConcept.Code(entry.Name), name.GetString()!);
        }
    }
}
