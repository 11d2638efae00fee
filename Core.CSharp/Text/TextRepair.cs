using System.Text;

namespace Research.Text;

/// <summary>
/// The rule-based repairs of harvested text that CLIP's authors applied with the library ftfy before tokenizing:
/// <list type="number">
/// <item>text that is UTF-8 read as Windows-1252 or Latin-1 ("cafÃ©") is read again, when all of it is and at most three
/// times; ftfy also repairs parts of a text, by its statistics of likely characters, which this code does not;</item>
/// <item>terminal escapes (ESC [ ... letter) are dropped;</item>
/// <item>C1 controls become Windows-1252's characters with the same codes;</item>
/// <item>Latin ligatures are spelled out, full-width Latin and half-width Katakana and Hangul get their usual width;</item>
/// <item>curly and low quotes become straight ones;</item>
/// <item>control characters are dropped (all but tab, line feed, form feed, carriage return), with the byte-order mark, interlinear
/// annotation marks and deprecated format marks;</item>
/// <item>lone surrogates become U+FFFD, and the result is composed (NFC), which <see cref="TextCleaning"/> does in any case.</item>
/// </list>
/// Line breaks need no repair, since whitespace is collapsed afterwards, nor do HTML references, which are resolved afterwards.
/// </summary>
public static class TextRepair
{
    const int MostRereadings = 3;
    const char Escape = '\u001B';

    static readonly Lazy<Dictionary<char, string>> Replacements = new(() =>
        EmbeddedTable
            .Rows("repairs.txt")
            .ToDictionary(
                row => (char)EmbeddedTable.Hex(row[0]),
                row => EmbeddedTable.String(EmbeddedTable.Codes(row[1]))
            )
    );

    // Windows-1252's byte of each character above Latin-1; the five open codes stand for themselves.
    static readonly Lazy<Dictionary<char, byte>> WindowsBytes = new(() =>
        Replacements
            .Value.Where(r => r.Key is >= '\u0080' and <= '\u009F')
            .ToDictionary(r => r.Value[0], r => (byte)r.Key)
    );

    static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The repaired text; the same instance when nothing needs repair.</summary>
    public static string Repair(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        for (var i = 0; i < MostRereadings && Reread(text) is { } read; i++)
            text = read;
        return Replace(text);
    }

    // Null: not UTF-8 read as something else, as when all bytes are ASCII.
    static string? Reread(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u007F'))
            return null;
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
            if (text[i] <= '\u00FF')
                bytes[i] = (byte)text[i];
            else if (!WindowsBytes.Value.TryGetValue(text[i], out bytes[i]))
                return null;
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    static string Replace(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == Escape && EndOfEscape(text, i) is var end and > 0)
                i = end - 1;
            else if (c is >= ' ' and <= '~')
                result.Append(c);
            else if (Replacements.Value.TryGetValue(c, out var plain))
                foreach (var part in plain) // a C1 control may stand for a quote, a ligature contain one
                    result.Append(Replacements.Value.GetValueOrDefault(part) ?? part.ToString());
            else if (!IsDropped(c))
                result.Append(c);
        }
        return result.ToString();
    }

    static int EndOfEscape(string text, int at)
    {
        if (at + 1 >= text.Length || text[at + 1] != '[')
            return 0;
        for (at += 2; at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == ';'); at++) { }
        return at < text.Length && char.IsAsciiLetter(text[at]) ? at + 1 : 0;
    }

    static bool IsDropped(char c) =>
        c
            is <= '\u0008'
                or '\u000B'
                or >= '\u000E'
                and <= '\u001F'
                or '\u007F'
                or >= '\u206A'
                and <= '\u206F'
                or '\uFEFF'
                or >= '\uFFF9'
                and <= '\uFFFC';
}
