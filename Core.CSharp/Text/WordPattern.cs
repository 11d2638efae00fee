using System.Globalization;
using System.Text;

namespace Research.Text;

/// <summary>
/// CLIP's pattern, in its order: specials, contractions, letters, one digit, a run of anything else. It ignores case, so the long s
/// counts as s. A run of over 10,000 characters, whose merging would take quadratic time, is cut into words of that length.
/// </summary>
static class WordPattern
{
    public const string StartText = "<|startoftext|>",
        EndText = "<|endoftext|>";
    const int IotaSubscript = 0x345;
    const int Longest = 10_000; // characters of a word
    static readonly string[] Contractions = ["'s", "'\u017F", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    static readonly Kind[] Basic = // for the basic plane; surrogates are looked up in pairs
    [.. Enumerable.Range(0, 0x10000).Select(c => Rune.IsValid(c) ? Classify(new Rune(c)) : Kind.Other)];

    enum Kind : byte
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>The end of the word that begins at <paramref name="start"/>; start itself for a space.</summary>
    public static int End(ReadOnlySpan<char> text, int start)
    {
        var first = text[start];
        if (first is '\'' or '<')
        {
            var rest = text[start..];
            if (first == '<')
            {
                if (rest.StartsWith(StartText))
                    return start + StartText.Length;
                if (rest.StartsWith(EndText))
                    return start + EndText.Length;
            }
            else
                foreach (var contraction in Contractions)
                    if (rest.StartsWith(contraction))
                        return start + contraction.Length;
        }
        var kind = KindAt(text, start, out var used);
        var end = start + used;
        if (kind == Kind.Space)
            return start;
        if (kind == Kind.Number)
            return end;
        while (end < text.Length && end - start < Longest && KindAt(text, end, out used) == kind)
            end += used;
        return end;
    }

    static Kind KindAt(ReadOnlySpan<char> text, int at, out int used)
    {
        used = 1;
        if (!char.IsSurrogate(text[at]))
            return Basic[text[at]];
        Rune.DecodeFromUtf16(text[at..], out var rune, out used);
        return Classify(rune);
    }

    // Ignoring case, as the original does, the iota subscript both is and is not a letter: no part of the pattern takes it.
    static Kind Classify(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            _ when rune.Value == IotaSubscript => Kind.Space,
            <= UnicodeCategory.OtherLetter => Kind.Letter, // the five letter categories come first
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
                Kind.Number,
            _ => TextCleaning.IsSpace(rune.Value) ? Kind.Space : Kind.Other,
        };
}
