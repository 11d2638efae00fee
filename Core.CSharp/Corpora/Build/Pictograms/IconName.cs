using System.Text.RegularExpressions;

namespace Research.Corpora.Build.Pictograms;

/// <summary>
/// Splits an icon's name into the thing and its style. The set's file lists its own styles; the usual ones are always known,
/// since most sets do not list them.
/// </summary>
sealed partial class IconName
{
    static readonly HashSet<string> UsualStyles =
    [
        "outline",
        "outlined",
        "outlines",
        "line",
        "linear",
        "fill",
        "filled",
        "solid",
        "regular",
        "light",
        "thin",
        "bold",
        "duotone",
        "twotone",
        "sharp",
        "round",
        "rounded",
        "broken",
        "alt",
    ];

    readonly string[] prefixes;
    readonly string[] suffixes;

    /// <param name="prefixes">Beginnings that stand for styles.</param>
    /// <param name="suffixes">Endings that stand for styles.</param>
    public IconName(IEnumerable<string> prefixes, IEnumerable<string> suffixes)
    {
        this.prefixes = [.. prefixes.OrderByDescending(p => p.Length)];
        this.suffixes = [.. suffixes.OrderByDescending(s => s.Length)];
    }

    /// <summary>The name's words without its style: "arrow-up-2-outline-24" is "arrow up".</summary>
    public string Concept(string icon) => string.Join(' ', Split(icon).Thing);

    /// <summary>The words of the style: "outline".</summary>
    public IEnumerable<string> Style(string icon) => Split(icon).Style.Where(w => !int.TryParse(w, out _));

    (List<string> Thing, List<string> Style) Split(string icon)
    {
        var style = new List<string>();
        if (prefixes.FirstOrDefault(p => icon.StartsWith(p + "-", StringComparison.Ordinal)) is { } prefix)
        {
            style.AddRange(Words(prefix));
            icon = icon[(prefix.Length + 1)..];
        }
        if (suffixes.FirstOrDefault(s => icon.EndsWith("-" + s, StringComparison.Ordinal)) is { } suffix)
        {
            style.AddRange(Words(suffix));
            icon = icon[..^(suffix.Length + 1)];
        }
        List<string> thing = [.. Words(icon)];
        // A number alone, or a style alone, is the thing: "24" of a set of numbers, "bold" of an editor.
        while (thing.Count > 1 && (UsualStyles.Contains(thing[^1]) || thing[^1].All(char.IsAsciiDigit)))
        {
            style.Add(thing[^1]);
            thing.RemoveAt(thing.Count - 1);
        }
        return (thing, style);
    }

    /// <summary>The lower-case words of a name or category.</summary>
    public static IEnumerable<string> Words(string name) =>
        WordEnds().Split(name).Where(w => w.Length > 0).Select(w => w.ToLowerInvariant());

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex WordEnds();
}
