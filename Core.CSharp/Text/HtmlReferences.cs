using System.Globalization;
using System.Text;

namespace Research.Text;

/// <summary>HTML 5 character references, resolved as browsers (and Python's <c>html.unescape</c>) resolve them.</summary>
static class HtmlReferences
{
    const int LongestName = 32;
    static readonly Lazy<(Dictionary<string, string> Named, Dictionary<int, string> Numeric)> Tables = new(Load);

    static (Dictionary<string, string>, Dictionary<int, string>) Load()
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        var numeric = new Dictionary<int, string>();
        foreach (var row in EmbeddedTable.Rows("entities.txt"))
        {
            var value = row[1] == "-" ? "" : EmbeddedTable.String(EmbeddedTable.Codes(row[1]));
            if (row[0][0] == '#')
                numeric.Add(EmbeddedTable.Hex(row[0][1..]), value);
            else
                named.Add(row[0], value);
        }
        return (named, numeric);
    }

    /// <summary>Replaces every reference once; everything else stays as it is.</summary>
    public static string Resolve(string text)
    {
        var next = text.IndexOf('&');
        if (next < 0)
            return text;
        var result = new StringBuilder(text.Length);
        var done = 0;
        while (next >= 0)
        {
            var (length, value) = Match(text.AsSpan(next + 1));
            if (length > 0)
            {
                result.Append(text, done, next - done).Append(value);
                done = next + 1 + length;
            }
            next = text.IndexOf('&', Math.Max(done, next + 1));
        }
        return result.Append(text, done, text.Length - done).ToString();
    }

    // The text after the ampersand: how many characters the reference takes (0: none) and what it stands for.
    static (int Length, string Value) Match(ReadOnlySpan<char> rest)
    {
        if (rest.Length > 0 && rest[0] == '#')
            return MatchNumber(rest);
        var end = rest.IndexOfAny("\t\n\f <&#;");
        var name = rest[..Math.Min(end < 0 ? rest.Length : end, LongestName)];
        if (name.Length == 0)
            return (0, "");
        var named = Tables.Value.Named.GetAlternateLookup<ReadOnlySpan<char>>();
        if (
            name.Length < rest.Length
            && rest[name.Length] == ';'
            && named.TryGetValue(rest[..(name.Length + 1)], out var whole)
        )
            return (name.Length + 1, whole);
        for (var length = name.Length; length > 1; length--)
            if (named.TryGetValue(rest[..length], out var prefix))
                return (length, prefix);
        return (0, "");
    }

    static (int Length, string Value) MatchNumber(ReadOnlySpan<char> rest)
    {
        var hex = rest.Length > 1 && rest[1] is 'x' or 'X';
        var start = hex ? 2 : 1;
        var end = start;
        while (end < rest.Length && (hex ? char.IsAsciiHexDigit(rest[end]) : char.IsAsciiDigit(rest[end])))
            end++;
        if (end == start)
            return (0, "");
        var digits = rest[start..end].TrimStart('0');
        var code = 0;
        if (digits.Length > 8)
            code = int.MaxValue;
        else if (digits.Length > 0)
            code = (int)
                long.Parse(digits, hex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture)
                    .Clamp(0, int.MaxValue);
        var length = end < rest.Length && rest[end] == ';' ? end + 1 : end;
        if (Tables.Value.Numeric.TryGetValue(code, out var replaced))
            return (length, replaced);
        return (length, Rune.IsValid(code) ? char.ConvertFromUtf32(code) : "\uFFFD");
    }

    static long Clamp(this long value, long low, long high) => Math.Clamp(value, low, high);
}
