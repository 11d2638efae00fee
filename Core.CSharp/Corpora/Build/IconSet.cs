using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Research.Corpora.Build;

/// <summary>
/// An icon set in Iconify's JSON: icons by name (the inside of an SVG each), aliases that name, turn or mirror another icon, and
/// in some sets a table of Unicode code points.
/// </summary>
public sealed class IconSet : IDisposable
{
    const int DefaultSide = 16; // Iconify's
    const int LongestAliasChain = 8;
    static readonly string[] Turns = ["hFlip", "vFlip", "rotate"];
    readonly JsonDocument document;
    readonly JsonElement icons;

    IconSet(string name, JsonDocument document, IReadOnlyDictionary<string, string> codePoints, string licence)
    {
        (Name, this.document, CodePoints, Licence) = (name, document, codePoints, licence);
        icons = document.RootElement.GetProperty("icons");
        Names = [.. icons.EnumerateObject().Select(i => i.Name)];
        var aliases = document.RootElement.TryGetProperty("aliases", out var list)
            ? list.EnumerateObject().ToArray()
            : [];
        Aliases = aliases.ToDictionary(
            a => a.Name,
            a => a.Value.GetProperty("parent").GetString()!,
            StringComparer.Ordinal
        );
        TurnedAliases = [.. aliases.Where(a => Turns.Any(t => a.Value.TryGetProperty(t, out _))).Select(a => a.Name)];
    }

    /// <summary>Reads the npm package <c>@iconify-json/NAME</c> from the cache folder.</summary>
    /// <exception cref="FileNotFoundException">The package is not installed.</exception>
    /// <exception cref="InvalidDataException">The package is damaged.</exception>
    public static IconSet Load(string name)
    {
        var package = "@iconify-json/" + name;
        using var info = CorpusPackage.ReadJson(package, "info.json");
        using var chars = CorpusPackage.ReadJson(package, "chars.json");
        return Read(name, CorpusPackage.ReadJson(package, "icons.json"), chars, info);
    }

    /// <summary>Reads a set of the npm package <c>@iconify/json</c>, where one file holds the whole set.</summary>
    /// <exception cref="FileNotFoundException">The package is not installed.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static IconSet LoadWhole(string package, string name)
    {
        var icons = CorpusPackage.ReadJson(package, $"json/{name}.json");
        using var none = JsonDocument.Parse("{}");
        if (!icons.RootElement.TryGetProperty("info", out var own))
            throw new InvalidDataException($"The icon set '{name}' does not state its licence.");
        using var info = JsonDocument.Parse(own.GetRawText());
        return Read(name, icons, none, info);
    }

    /// <summary>A set from the three files of its package; the set keeps and disposes of the first.</summary>
    internal static IconSet Read(string name, JsonDocument icons, JsonDocument chars, JsonDocument info)
    {
        try
        {
            var codes = chars
                .RootElement.EnumerateObject()
                .ToDictionary(c => c.Name, c => c.Value.GetString()!, StringComparer.Ordinal);
            var licence = info.RootElement.GetProperty("license").GetProperty("spdx").GetString()!;
            return new IconSet(name, icons, codes, licence);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException)
        {
            icons.Dispose();
            throw new InvalidDataException($"The files of '{name}' are not an icon set: {error.Message}", error);
        }
    }

    /// <summary>The set's name.</summary>
    public string Name { get; }

    /// <summary>The drawings' licence, an SPDX identifier.</summary>
    public string Licence { get; }

    /// <summary>The icons' names, without aliases.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>From alias to the name (or alias) it stands for.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; }

    /// <summary>Aliases that mirror or turn their icon, and so are separate drawings.</summary>
    public IReadOnlyList<string> TurnedAliases { get; }

    /// <summary>Code points in hexadecimal ("1f468-200d-1f680") to icon names; empty in sets without that table.</summary>
    public IReadOnlyDictionary<string, string> CodePoints { get; }

    /// <summary>The first category of each icon that has one, in the set author's own sorting.</summary>
    internal Dictionary<string, string> Categories()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (document.RootElement.TryGetProperty("categories", out var categories))
            foreach (var category in categories.EnumerateObject())
            foreach (var icon in category.Value.EnumerateArray())
                found.TryAdd(icon.GetString()!, category.Name);
        return found;
    }

    /// <summary>The name endings (<c>suffixes</c>) or beginnings (<c>prefixes</c>) that stand for styles, without the hyphen.</summary>
    internal IReadOnlyList<string> Styles(string property) =>
        document.RootElement.TryGetProperty(property, out var styles)
            ? [.. styles.EnumerateObject().Select(s => s.Name).Where(n => n.Length > 0)]
            : [];

    /// <summary>Whether a set keeps an icon only for old users.</summary>
    internal bool IsHidden(string name) =>
        icons.TryGetProperty(name, out var icon)
        && icon.TryGetProperty("hidden", out var hidden)
        && hidden.GetBoolean();

    /// <summary>The whole SVG document of an icon or alias.</summary>
    /// <exception cref="InvalidDataException">There is no such icon.</exception>
    public byte[] Svg(string name)
    {
        var (mirrored, flipped, turns) = (false, false, 0);
        for (var steps = 0; ; steps++)
        {
            if (icons.TryGetProperty(name, out var icon))
                return Document(icon, mirrored, flipped, turns);
            if (
                steps == LongestAliasChain
                || !document.RootElement.TryGetProperty("aliases", out var aliases)
                || !aliases.TryGetProperty(name, out var alias)
            )
                throw new InvalidDataException($"icon set '{Name}' has no icon '{name}'");
            mirrored ^= alias.TryGetProperty("hFlip", out var h) && h.GetBoolean();
            flipped ^= alias.TryGetProperty("vFlip", out var v) && v.GetBoolean();
            turns += alias.TryGetProperty("rotate", out var r) ? r.GetInt32() : 0;
            name = alias.GetProperty("parent").GetString()!;
        }
    }

    double Number(JsonElement icon, string property, double fallback) =>
        icon.TryGetProperty(property, out var own) ? own.GetDouble()
        : document.RootElement.TryGetProperty(property, out var common) ? common.GetDouble()
        : fallback;

    // Mirroring and turning as Iconify defines them: mirrored first, then turned by quarters.
    byte[] Document(JsonElement icon, bool mirrored, bool flipped, int turns)
    {
        double left = Number(icon, "left", 0),
            top = Number(icon, "top", 0),
            width = Number(icon, "width", DefaultSide),
            height = Number(icon, "height", DefaultSide);
        var transforms = new List<string>();
        if (mirrored && flipped)
            turns += 2;
        else if (mirrored)
        {
            transforms.Add(Text($"translate({width + left} {-top}) scale(-1 1)"));
            (left, top) = (0, 0);
        }
        else if (flipped)
        {
            transforms.Add(Text($"translate({-left} {height + top}) scale(1 -1)"));
            (left, top) = (0, 0);
        }
        turns = (turns % 4 + 4) % 4;
        double middleY = height / 2 + top,
            middleX = width / 2 + left;
        if (turns == 1)
            transforms.Insert(0, Text($"rotate(90 {middleY} {middleY})"));
        else if (turns == 2)
            transforms.Insert(0, Text($"rotate(180 {middleX} {middleY})"));
        else if (turns == 3)
            transforms.Insert(0, Text($"rotate(-90 {middleX} {middleX})"));
        if (turns % 2 == 1)
            (left, top, width, height) = (top, left, height, width);
        var svg = new StringBuilder();
        svg.Append(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" color=\"black\" "
        );
        svg.Append(Text($"width=\"{width}\" height=\"{height}\" viewBox=\"{left} {top} {width} {height}\">"));
        var body = icon.GetProperty("body").GetString();
        if (transforms.Count > 0)
            svg.Append($"<g transform=\"{string.Join(' ', transforms)}\">").Append(body).Append("</g>");
        else
            svg.Append(body);
        return Encoding.UTF8.GetBytes(svg.Append("</svg>").ToString());
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Releases the set's memory.</summary>
    public void Dispose() => document.Dispose();
}
