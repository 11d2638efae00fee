using System.Text;

namespace Research.Text;

/// <summary>
/// Unicode's normalization form C. The runtime's own needs ICU and does nothing where globalization is invariant, as in our
/// programs; token ids must not depend on which of the two a host chose.
/// </summary>
static class CanonicalComposition
{
    const int SBase = 0xAC00,
        LBase = 0x1100,
        VBase = 0x1161,
        TBase = 0x11A7,
        LCount = 19,
        VCount = 21,
        TCount = 28,
        SCount = LCount * VCount * TCount;
    const byte Unsure = 255; // no combining class is 255
    const int FirstPlainEmoji = 0x1F000, // symbols without decomposition or combining class
        LastPlainEmoji = 0x1FAFF;

    static readonly Lazy<Table> Tables = new(() => new Table());

    sealed class Table
    {
        public readonly Dictionary<int, int[]> Decompositions = [];
        public readonly Dictionary<(int, int), int> Compositions = [];
        public readonly Dictionary<int, byte> Classes = [];
        public readonly byte[] Quick = new byte[0x10000]; // of the basic plane: the combining class, or Unsure

        public Table()
        {
            foreach (var row in EmbeddedTable.Rows("normalization.txt"))
                if (row[0] == "D")
                {
                    var code = EmbeddedTable.Hex(row[1]);
                    var parts = EmbeddedTable.Codes(row[2]);
                    Decompositions.Add(code, parts);
                    if (row[3] == "1")
                        Compositions.Add((parts[0], parts[1]), code);
                }
                else
                    for (int code = EmbeddedTable.Hex(row[1]), last = EmbeddedTable.Hex(row[2]); code <= last; code++)
                        Classes.Add(code, byte.Parse(row[3]));
            foreach (var (code, value) in Classes)
                Mark(code, value);
            foreach (var (code, parts) in Decompositions)
                if (parts.Length != 2 || Compositions.GetValueOrDefault((parts[0], parts[1])) != code)
                    Mark(code, Unsure);
            foreach (var (_, second) in Compositions.Keys)
                Mark(second, Unsure);
            for (var vowel = VBase; vowel < VBase + VCount; vowel++)
                Mark(vowel, Unsure);
            for (var final = TBase; final < TBase + TCount; final++)
                Mark(final, Unsure);
            for (var surrogate = 0xD800; surrogate < 0xE000; surrogate++)
                Mark(surrogate, Unsure);
        }

        void Mark(int code, byte value)
        {
            if (code < Quick.Length)
                Quick[code] = value;
        }
    }

    // Unicode's quick check: marks in order, and no character that composes with one before it or is written otherwise. Emoji and
    // what else lies beyond the basic plane is looked up.
    static bool IsComposed(string text)
    {
        var tables = Tables.Value;
        var last = 0;
        for (var i = 0; i < text.Length; i++)
        {
            int own = tables.Quick[text[i]];
            if (own == Unsure)
            {
                if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                    return false;
                var code = char.ConvertToUtf32(text[i], text[++i]);
                if (code < FirstPlainEmoji || code > LastPlainEmoji)
                    return false;
                own = 0;
            }
            if (own != 0 && own < last)
                return false;
            last = own;
        }
        return true;
    }

    /// <summary>The composed text; the same instance when nothing can change. Lone surrogates become U+FFFD.</summary>
    public static string Compose(string text)
    {
        // Below U+0300 there is nothing that decomposes further or combines.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF') || IsComposed(text))
            return text;
        var codes = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, codes);
        Reorder(codes);
        Recompose(codes);
        var result = new StringBuilder(text.Length);
        foreach (var code in codes)
            result.Append(new Rune(code).ToString());
        return result.ToString();
    }

    static int Class(int code) => code < 0x300 ? 0 : Tables.Value.Classes.GetValueOrDefault(code);

    static void Decompose(int code, List<int> to)
    {
        var s = code - SBase;
        if (s is >= 0 and < SCount)
        {
            to.Add(LBase + s / (VCount * TCount));
            to.Add(VBase + s % (VCount * TCount) / TCount);
            if (s % TCount != 0)
                to.Add(TBase + s % TCount);
        }
        else if (code >= 0xC0 && Tables.Value.Decompositions.TryGetValue(code, out var parts))
            foreach (var part in parts)
                Decompose(part, to);
        else
            to.Add(code);
    }

    // A stable sort of each run of combining marks by class. Runs are cut in tens of characters in real text; a merge sort keeps
    // a hostile run of a million marks from taking quadratic time.
    static void Reorder(List<int> codes)
    {
        for (var i = 0; i < codes.Count; i++)
        {
            if (Class(codes[i]) == 0)
                continue;
            var end = i + 1;
            while (end < codes.Count && Class(codes[end]) != 0)
                end++;
            if (end - i > 1)
            {
                var sorted = codes.GetRange(i, end - i).OrderBy(Class).ToArray();
                for (var k = 0; k < sorted.Length; k++)
                    codes[i + k] = sorted[k];
            }
            i = end;
        }
    }

    static void Recompose(List<int> codes)
    {
        var starter = -1;
        var last = 0; // class of the last character kept after the starter
        var write = 0;
        for (var read = 0; read < codes.Count; read++)
        {
            var code = codes[read];
            var own = Class(code);
            if (starter >= 0 && (starter == write - 1 || last < own) && Pair(codes[starter], code) is { } joined)
            {
                codes[starter] = joined;
                continue;
            }
            if (own == 0)
            {
                starter = write;
                last = 0;
            }
            else
                last = own;
            codes[write++] = code;
        }
        codes.RemoveRange(write, codes.Count - write);
    }

    static int? Pair(int first, int second)
    {
        int l = first - LBase,
            v = second - VBase,
            s = first - SBase,
            t = second - TBase;
        if (l is >= 0 and < LCount && v is >= 0 and < VCount)
            return SBase + (l * VCount + v) * TCount;
        if (s is >= 0 and < SCount && s % TCount == 0 && t is > 0 and < TCount)
            return first + t;
        return Tables.Value.Compositions.TryGetValue((first, second), out var joined) ? joined : null;
    }
}
