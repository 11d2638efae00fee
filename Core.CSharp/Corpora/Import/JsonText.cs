using System.Text.Json;

namespace Research.Corpora.Import;

/// <summary>
/// JSON as programs write it: a byte-order mark is passed over; NaN, Infinity and -Infinity, which Python writes for missing numbers, are
/// read as absent (as an empty object, which no field is).
/// </summary>
static class JsonText
{
    static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>The document; it may keep the bytes, and numbers that JSON does not know are overwritten in them.</summary>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static JsonDocument Parse(byte[] json)
    {
        var text = json.AsMemory(json.AsSpan().StartsWith(Mark) ? Mark.Length : 0);
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException) when (Mend(text.Span))
        {
            return JsonDocument.Parse(text);
        }
    }

    /// <summary>A string's text; null where it cannot be text: half of a surrogate pair, as truncated posts end in.</summary>
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

    // True when there was something to mend.
    static bool Mend(Span<byte> text)
    {
        var mended = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                for (i++; i < text.Length && text[i] != '"'; i++)
                    if (text[i] == '\\')
                        i++;
                continue;
            }
            var length = NumberThatIsNone(text[i..]);
            if (length == 0)
                continue;
            text.Slice(i, length).Fill((byte)' ');
            text[i] = (byte)'{';
            text[i + 1] = (byte)'}';
            i += length - 1;
            mended = true;
        }
        return mended;
    }

    static int NumberThatIsNone(ReadOnlySpan<byte> text) =>
        text.StartsWith("NaN"u8) ? 3
        : text.StartsWith("Infinity"u8) ? 8
        : text.StartsWith("-Infinity"u8) ? 9
        : 0;
}
