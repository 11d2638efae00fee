using System.Buffers;
using System.Text;

namespace Research.Text;

/// <summary>
/// What CLIP does to a caption before its tokenizer: canonical composition, HTML references resolved twice, whitespace collapsed,
/// lower case. CLIP's authors repair harvested text first: <see cref="TextRepair"/>, which is left to the caller's choice.
/// </summary>
public static class TextCleaning
{
    // Of these characters lower-casing is all that cleaning changes, runs of spaces apart.
    static readonly SearchValues<char> Plain = SearchValues.Create(
        "\t\n\r !\"#$%'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    );

    /// <summary>The cleaned text.</summary>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var composed = CanonicalComposition.Compose(text);
        var resolved = HtmlReferences.Resolve(HtmlReferences.Resolve(composed));
        return Lower(CollapseWhitespace(resolved));
    }

    /// <summary>Whether lower-casing of ASCII is all that a text needs before it is split into words.</summary>
    internal static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Plain);

    /// <summary>Unicode's White_Space property.</summary>
    internal static bool IsSpace(int code) =>
        code switch
        {
            < 0x85 => code is >= 0x09 and <= 0x0D or 0x20,
            0x85 or 0xA0 or 0x1680 => true,
            >= 0x2000 and <= 0x200A or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000 => true,
            _ => false,
        };

    // Python's str.strip also drops the four information separators.
    static bool IsStripped(char c) => IsSpace(c) || c is >= '\u001C' and <= '\u001F';

    static bool IsCollapsed(string text)
    {
        var space = true; // as if the text began after one
        foreach (var c in text)
        {
            if (c == ' ' ? space : IsStripped(c))
                return false;
            space = c == ' ';
        }
        return !space || text.Length == 0;
    }

    static string CollapseWhitespace(string text)
    {
        if (IsCollapsed(text))
            return text;
        int start = 0,
            end = text.Length;
        while (start < end && IsStripped(text[start]))
            start++;
        while (end > start && IsStripped(text[end - 1]))
            end--;
        var result = new StringBuilder(end - start);
        var gap = false;
        for (var i = start; i < end; i++)
        {
            if (IsSpace(text[i]))
                gap = true;
            else
            {
                if (gap)
                    result.Append(' ');
                gap = false;
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }

    // Full lower-casing is the simple mapping but for two characters: dotted capital I, and sigma, which has a final form.
    static string Lower(string text)
    {
        var lower = text.ToLowerInvariant();
        if (text.AsSpan().IndexOfAny('\u0130', '\u03A3') < 0)
            return lower;
        var result = new StringBuilder(lower.Length + 4);
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\u0130')
                result.Append("i\u0307");
            else if (text[i] == '\u03A3' && IsFinalSigma(text, i))
                result.Append('\u03C2');
            else
                result.Append(lower[i]);
        return result.ToString();
    }

    // After a cased letter and not before one, case-ignorable characters passed over (Unicode's Final_Sigma).
    static bool IsFinalSigma(string text, int at)
    {
        var before = at - 1;
        while (before >= 0 && IsCaseIgnorable(text[before]))
            before--;
        if (before < 0 || !IsCased(text[before]))
            return false;
        var after = at + 1;
        while (after < text.Length && IsCaseIgnorable(text[after]))
            after++;
        return after >= text.Length || !IsCased(text[after]);
    }

    static bool IsCased(char c) =>
        char.IsUpper(c)
        || char.IsLower(c)
        || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.TitlecaseLetter;

    static bool IsCaseIgnorable(char c) =>
        c
            is '\''
                or '.'
                or ':'
                or '^'
                or '`'
                or '\u00A8'
                or '\u00AD'
                or '\u00AF'
                or '\u00B4'
                or '\u00B7'
                or '\u00B8'
                or '\u2018'
                or '\u2019'
                or '\u2024'
                or '\u2027'
        || char.GetUnicodeCategory(c)
            is System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.EnclosingMark
                or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.ModifierLetter
                or System.Globalization.UnicodeCategory.ModifierSymbol;
}
