using System.Globalization;
using System.Text;

namespace Research.Printing;

/// <summary>
/// Foreign text (captions, file names, names of arms, other programs' messages) made safe for a terminal, a log or a figure: whatever would
/// move the cursor, hide or reorder text, or break the file's format, becomes a visible escape.
/// </summary>
public static class PrintableText
{
    /// <summary>
    /// The text with <c>\u001b</c> and the like in place of control characters (C0, DEL, C1), line and paragraph separators, direction
    /// overrides and isolates, other invisible format characters and halves of surrogate pairs; two escapes for a character beyond
    /// U+FFFF. The joiners, tags and signs that are part of emoji and written words stay. Text without any of these is returned as it is, so
    /// repeated passes change nothing more. Inside a JSON string the escapes mean what they replace.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <param name="lines">Whether line feeds and tabs stay, and CR LF becomes LF. Default: they are escaped.</param>
    public static string Of(string text, bool lines = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (IsPrintable(text, lines))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; )
        {
            var (rune, size) = At(text, i);
            if (lines && text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') { }
            else if (Stays(rune, lines))
                shown.Append(text, i, size);
            else
                foreach (var unit in text.AsSpan(i, size))
                    shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            i += size;
        }
        return shown.ToString();
    }

    /// <summary>Whether <see cref="Of"/> changes nothing.</summary>
    /// <inheritdoc cref="Of" path="/param"/>
    public static bool IsPrintable(string text, bool lines = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var i = 0; i < text.Length; )
        {
            var (rune, size) = At(text, i);
            if (!Stays(rune, lines))
                return false;
            i += size;
        }
        return true;
    }

    /// <summary>Null for half a surrogate pair.</summary>
    static (Rune? Rune, int Size) At(string text, int place) =>
        Rune.TryGetRuneAt(text, place, out var rune) ? (rune, rune.Utf16SequenceLength) : (null, 1);

    static bool Stays(Rune? found, bool lines) =>
        found is { } rune
        && (
            rune.Value is >= ' ' and < 0x7f
            || Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.Control => lines && (rune.Value is '\n' or '\t'),
                UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
                UnicodeCategory.Format => IsPartOfWriting(rune.Value),
                _ => true,
            }
        );

    /// <summary>Format characters that belong to letters or emoji: joiners, Arabic, Syriac and Kaithi number signs, the tags of flags.</summary>
    static bool IsPartOfWriting(int value) =>
        value
            is 0x200c
                or 0x200d
                or (>= 0x600 and <= 0x605)
                or 0x6dd
                or 0x70f
                or 0x890
                or 0x891
                or 0x8e2
                or 0x110bd
                or 0x110cd
                or (>= 0xe0020 and <= 0xe007f);
}
