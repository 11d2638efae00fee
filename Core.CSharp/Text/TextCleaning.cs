using System.Buffers;
using System.Globalization;
using System.Text;

namespace Research.Text;

/// <summary>
/// What CLIP does to a caption before its tokenizer: canonical composition, HTML references resolved twice, whitespace collapsed,
/// lower case. CLIP's authors repair harvested text first (<see cref="TextRepair"/>); here the caller decides.
/// </summary>
public static class TextCleaning
{
    // Cleaning only lower-cases these characters, apart from runs of spaces.
    static readonly SearchValues<char> Plain = SearchValues.Create(
        "\t\n\r !\"#$%'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    );

    // Punctuation that does not end a word (Unicode's MidLetter, MidNumLet and Single_Quote).
    static readonly SearchValues<char> InsideWords = SearchValues.Create(
        "'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A"
    );

    /// <summary>The cleaned text.</summary>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var composed = CanonicalComposition.Compose(text);
        var resolved = HtmlReferences.Resolve(HtmlReferences.Resolve(composed));
        return Lower(CollapseWhitespace(resolved));
    }

    /// <summary>Whether a text needs only ASCII lower-casing before it is split into words.</summary>
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
        var space = true; // the text counts as beginning after one
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

    // Full lower-casing is the simple mapping except for dotted capital I and for sigma, which has a final form.
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

    // After a cased letter and not before one, skipping case-ignorable characters (Unicode's Final_Sigma).
    static bool IsFinalSigma(string text, int at)
    {
        var before = text.AsSpan(0, at);
        Rune last;
        do
        {
            if (Rune.DecodeLastFromUtf16(before, out last, out var used) != OperationStatus.Done)
                return false;
            before = before[..^used];
        } while (IsCaseIgnorable(last));
        if (!IsCased(last))
            return false;
        foreach (var rune in text.AsSpan(at + 1).EnumerateRunes())
            if (!IsCaseIgnorable(rune))
                return !IsCased(rune);
        return true;
    }

    static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
        || rune.Value
            is 0xAA
                or 0xBA
                or (>= 0x2160 and <= 0x217F) // Roman numerals
                or (>= 0x24B6 and <= 0x24E9) // letters in circles and squares
                or (>= 0x1F130 and <= 0x1F149)
                or (>= 0x1F150 and <= 0x1F169)
                or (>= 0x1F170 and <= 0x1F189);

    static bool IsCaseIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.ModifierSymbol
        || (rune.IsBmp && InsideWords.Contains((char)rune.Value));
}
