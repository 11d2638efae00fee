using System.Text;

namespace Research.Corpora.Build.Emoji;

/// <summary>
/// Finds the emoji that an icon's name means. Sets name their icons after the emoji's label in this or an older Unicode version.
/// Known names come from labels, the code point tables and aliases of sets that have them, shortcodes and Unicode names;
/// the first of these to claim a name wins.
/// </summary>
sealed class EmojiNames
{
    // Names by which a set means a different emoji than the lists do (null: one outside the corpus), found by looking at the drawings.
    static readonly Dictionary<(string Set, string Icon), string?> FalseFriends = new()
    {
        [("fxemoji", "bow")] = "1f380", // a ribbon, not a bowing person
        [("fxemoji", "darksunglasses")] = "1f60e", // worn by a face
        [("fxemoji", "down")] = "1f447", // a hand
        [("fxemoji", "up")] = "1f446",
        [("fxemoji", "pout")] = "1f64e", // a person
        [("fxemoji", "pouting")] = "1f621", // a red face
        [("fxemoji", "wave")] = "1f30a", // of water
        [("streamline-emojis", "champagne-glass-1")] = null, // one glass
        [("streamline-emojis", "champagne-glass-2")] = null,
        [("streamline-emojis", "japan")] = null, // a flag
        [("streamline-emojis", "turkey")] = null, // a flag
    };

    static readonly string[] SetsWithCodePoints =
    [
        "noto",
        "twemoji",
        "openmoji",
        "fluent-emoji-flat",
        "fluent-emoji-high-contrast",
    ];

    readonly HashSet<string> codes;
    readonly Dictionary<string, string> byName = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> bySquashed = new(StringComparer.Ordinal);

    /// <param name="emoji">The emoji to find.</param>
    /// <param name="named">Names of icons in sets with code points: (code, icon name or alias).</param>
    /// <param name="others">Further names.</param>
    public EmojiNames(
        IReadOnlyList<EmojiRecord> emoji,
        IEnumerable<(string Code, string Name)> named,
        IEnumerable<(string Code, string Name)> others
    )
    {
        codes = [.. emoji.Select(e => e.Code)];
        foreach (var (code, name) in emoji.Select(e => (e.Code, e.Label)).Concat(named).Concat(others))
            if (codes.Contains(code))
            {
                byName.TryAdd(Slug(name), code);
                bySquashed.TryAdd(Squash(name), code);
            }
    }

    /// <summary>The names that the installed packages give.</summary>
    /// <exception cref="FileNotFoundException">A package is missing; the message names <c>./research setup</c>.</exception>
    public static EmojiNames Load() => new(EmojiTable.Load(), NamedIcons(), EmojiTable.OtherNames());

    static IEnumerable<(string Code, string Name)> NamedIcons()
    {
        foreach (var name in SetsWithCodePoints)
        {
            using var set = IconSet.Load(name);
            var codes = set.CodePoints.ToLookup(c => c.Value, c => EmojiConcept.Code(c.Key));
            var aliases = set.Aliases.Select(a => (Name: a.Key, Icon: a.Value));
            foreach (var (icon, parent) in set.Names.Select(n => (n, n)).Concat(aliases))
            foreach (var code in codes[parent].Order(StringComparer.Ordinal))
                yield return (code, icon);
        }
    }

    /// <summary>Icon names by emoji code, one each: the set's own code points where it has them, else the best match by name.</summary>
    public SortedDictionary<string, string> Match(IconSet set)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (code, name) in set.CodePoints.OrderBy(c => c.Key, StringComparer.Ordinal))
            if (codes.Contains(EmojiConcept.Code(code)))
                found.TryAdd(EmojiConcept.Code(code), name);
        if (set.CodePoints.Count > 0)
            return found;
        var aliases = set.Aliases.ToLookup(a => a.Value, a => a.Key);
        var matches = set.Names.Select(name =>
            (
                Name: name,
                Match: FalseFriends.TryGetValue((set.Name, name), out var meant)
                    ? (Rank: 1, Code: meant)
                    : Find(aliases[name].Order(StringComparer.Ordinal).Prepend(name))
            )
        );
        foreach (var (name, match) in matches.OrderBy(m => m.Match.Rank).ThenBy(m => m.Name, StringComparer.Ordinal))
            if (match.Code is { } code)
                found.TryAdd(code, name);
        foreach (var alias in set.TurnedAliases)
            if (byName.TryGetValue(alias, out var code))
                found.TryAdd(code, alias);
        return found;
    }

    (int Rank, string? Code) Find(IEnumerable<string> names)
    {
        var list = names.ToArray();
        foreach (var name in list)
            if (byName.TryGetValue(name, out var code))
                return (0, code);
        foreach (var name in list)
            if (bySquashed.TryGetValue(Squash(name), out var code))
                return (1, code);
        // "beach-1", "beach-2": two drawings of the same thing.
        var stem = list[0].TrimEnd([.. "0123456789"]).TrimEnd('-');
        if (
            stem.Length < list[0].Length
            && (byName.TryGetValue(stem, out var numbered) || bySquashed.TryGetValue(Squash(stem), out numbered))
        )
            return (2, numbered);
        return (3, null);
    }

    /// <summary>"Man's shoe" as "mans-shoe".</summary>
    internal static string Slug(string name)
    {
        var slug = new StringBuilder(name.Length);
        foreach (var c in Plain(name))
            if (char.IsAsciiLetterOrDigit(c))
                slug.Append(c);
            else if (c is not ('\'' or '’') && slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
        return slug.ToString().TrimEnd('-');
    }

    static string Squash(string name) => Slug(name).Replace("-", "");

    // Lower case; the few accents removed.
    static IEnumerable<char> Plain(string name) =>
        name.ToLowerInvariant()
            .Select(c =>
                c switch
                {
                    'ñ' => 'n',
                    'é' or 'ê' => 'e',
                    'ã' or 'á' or 'å' => 'a',
                    'í' => 'i',
                    'ô' or 'ó' => 'o',
                    'ç' => 'c',
                    _ => c,
                }
            );
}
