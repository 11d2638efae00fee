using System.Text.Json;

namespace Research.Corpora.Import;

/// <summary>
/// JSON as programs write it: a byte-order mark is skipped; NaN and the infinities, which Python writes for missing numbers, are read as
/// absent (as an empty object, which is never a field); a number that JSON does not allow, such as 007.10, is read as its text.
/// </summary>
static class JsonText
{
    static readonly JsonDocumentOptions Options = new() { MaxDepth = 512 };
    static readonly string[] NoNumbers = ["nan", "inf", "infinity"];

    static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>The document; it may keep a reference to the bytes.</summary>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public static JsonDocument Parse(byte[] json)
    {
        var text = json.AsMemory(json.AsSpan().StartsWith(Mark) ? Mark.Length : 0);
        try
        {
            return JsonDocument.Parse(text, Options);
        }
        catch (JsonException) when (Mended(text.Span) is { } mended)
        {
            return JsonDocument.Parse(mended, Options);
        }
    }

    /// <summary>A string's text; null for bytes that are not UTF-8 and for half of a surrogate pair, as at the end of truncated posts.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    // Null when nothing needed mending.
    static byte[]? Mended(ReadOnlySpan<byte> text)
    {
        var (to, mended, kept) = (new MemoryStream(text.Length + 16), false, 0);
        for (var i = 0; i < text.Length; )
        {
            if (text[i] == '"')
            {
                for (i++; i < text.Length && text[i] != '"'; i++)
                    if (text[i] == '\\')
                        i++;
                i++;
                continue;
            }
            var end = i;
            while (end < text.Length && IsOfWord(text[end]))
                end++;
            if (end == i)
            {
                i++;
                continue;
            }
            if (Replacement(text[i..end]) is { } other)
            {
                to.Write(text[kept..i]);
                to.Write(other);
                (mended, kept) = (true, end);
            }
            i = end;
        }
        if (!mended)
            return null;
        to.Write(text[kept..]);
        return to.ToArray();
    }

    static bool IsOfWord(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'+' or (byte)'-' or (byte)'.';

    static byte[]? Replacement(ReadOnlySpan<byte> word)
    {
        if (word.Length > 64)
            return null;
        Span<char> letters = stackalloc char[word.Length];
        for (var i = 0; i < word.Length; i++)
            letters[i] = char.ToLowerInvariant((char)word[i]);
        if (NoNumbers.Contains(letters.TrimStart("+-").ToString()))
            return [(byte)'{', (byte)'}'];
        var first = letters.TrimStart("+-.");
        if (first.Length == 0 || !char.IsAsciiDigit(first[0]) || letters.ContainsAnyExcept("0123456789+-.e"))
            return null;
        var reader = new Utf8JsonReader(word);
        try
        {
            if (reader.Read() && reader.BytesConsumed == word.Length)
                return null;
        }
        catch (JsonException) { }
        return [(byte)'"', .. word, (byte)'"'];
    }
}
