using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace Research.Text;

/// <summary>
/// Unicode's normalization form C (Unicode 17), by the package ADRaffy.ENSNormalize. The runtime's own needs ICU and does nothing
/// in invariant globalization, which our programs use; token ids must not depend on the host's choice.
/// </summary>
static class CanonicalComposition
{
    const int LongestPiece = 4096;
    const char FirstJamo = '\u1100',
        LastJamo = '\u11FF';
    const int FirstPlainEmoji = 0x1F000, // symbols without decomposition or combining class
        LastPlainEmoji = 0x1FAFF;

    enum Role : byte
    {
        NotAskedYet,
        Inert, // never changes, whatever its neighbours
        Active,
    }

    static readonly Role[] Roles = new Role[0x10000]; // for the basic plane; threads that race write the same value

    /// <summary>The composed text; the same instance when nothing can change. Lone surrogates become U+FFFD.</summary>
    public static string Compose(string text)
    {
        if (IsComposed(text))
            return text;
        var composed = new StringBuilder(text.Length);
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = EndOfPiece(text, start);
            composed.AppendCodepoints(
                ENSNormalize.NF.NFC(text[start..end].EnumerateRunes().Select(rune => rune.Value))
            );
        }
        return composed.ToString();
    }

    static bool IsComposed(string text)
    {
        // Below U+0300 nothing decomposes further or combines.
        for (var i = text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF'); i >= 0 && i < text.Length; i++)
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsSurrogatePair(text, i))
                    return false;
                if (char.ConvertToUtf32(text, i++) is < FirstPlainEmoji or > LastPlainEmoji)
                    return false;
            }
            else if (RoleOf(text[i]) == Role.Active)
                return false;
        return true;
    }

    static Role RoleOf(char c)
    {
        ref var role = ref Roles[c];
        if (role == Role.NotAskedYet)
            role = IsInert(c) ? Role.Inert : Role.Active;
        return role;
    }

    // Only marks and the letters of Hangul combine with a character before them.
    static bool IsInert(char c) =>
        char.GetUnicodeCategory(c)
            is not (
                UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
            )
        && c is < FirstJamo or > LastJamo
        && ENSNormalize.NF.NFC(c.ToString()) == c.ToString();

    // The package sorts combining marks by insertion: a run of a million would take hours. A long text is composed in pieces that begin
    // with a character that never composes with the one before; a piece without such a character is cut where it ends.
    static int EndOfPiece(string text, int start)
    {
        if (text.Length - start <= LongestPiece)
            return text.Length;
        var end = start + LongestPiece;
        var plain = text.AsSpan(start + 1, LongestPiece).LastIndexOfAnyInRange('\0', '\u02FF');
        if (plain >= 0)
            return start + 1 + plain;
        return char.IsSurrogatePair(text[end - 1], text[end]) ? end - 1 : end;
    }
}
