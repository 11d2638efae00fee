using System.Text.Json;

namespace Research.Corpora.Import;

/// <summary>The members of a JSON object as fields: see <see cref="FoundPicture.Fields"/>.</summary>
static class JsonFieldReader
{
    /// <summary>The object's members; null when the text is not a JSON object.</summary>
    public static Dictionary<string, Field>? Parse(byte[] json, Action<string> unreadable, out string? fault)
    {
        try
        {
            using var document = JsonText.Parse(json);
            fault = document.RootElement.ValueKind == JsonValueKind.Object ? null : "it is not an object";
            return fault is null ? Of(document.RootElement, unreadable) : null;
        }
        catch (JsonException error)
        {
            fault = error.Message;
            return null;
        }
    }

    /// <summary>
    /// The object's members: texts, numbers, truth values, and lists of texts (or of objects whose <c>raw</c> is a text, as Karpathy's). Other
    /// objects and lists are ignored.
    /// </summary>
    /// <param name="element">An object.</param>
    /// <param name="unreadable">Receives a sentence for each member, or list item, that is not a text; the others are still read.</param>
    public static Dictionary<string, Field> Of(JsonElement element, Action<string> unreadable)
    {
        var fields = new Dictionary<string, Field>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in element.EnumerateObject())
            if (NameOf(member) is not { } name)
                unreadable($"a name {NoText}");
            else if (Value(name, member.Value, unreadable) is { } value)
                fields.TryAdd(name, value);
        return fields;
    }

    const string NoText = "holds bytes that are not UTF-8, or half of a surrogate pair";

    static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static Field? Value(string name, JsonElement value, Action<string> unreadable)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
            case JsonValueKind.True:
            case JsonValueKind.False:
                return new([value.GetRawText()], Column(value));
            case JsonValueKind.String:
                if (JsonText.Text(value) is { } text)
                    return Field.Of(text);
                unreadable($"'{name}' {NoText}");
                return null;
            case JsonValueKind.Array when value.EnumerateArray().Any(IsText):
                return List(name, value, unreadable);
            default:
                return null;
        }
    }

    static object? Column(JsonElement value) =>
        value.ValueKind != JsonValueKind.Number ? (value.ValueKind == JsonValueKind.True ? 1L : 0L)
        : value.TryGetInt64(out var whole) ? whole
        : value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : null;

    static bool IsText(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        || value.ValueKind == JsonValueKind.Object && value.TryGetProperty("raw", out _);

    static Field? List(string name, JsonElement list, Action<string> unreadable)
    {
        var texts = new List<string>();
        var number = 0;
        foreach (var item in list.EnumerateArray())
        {
            number++;
            var value = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("raw", out var raw) ? raw : item;
            if (value.ValueKind == JsonValueKind.Number)
                texts.Add(value.GetRawText());
            else if (value.ValueKind != JsonValueKind.String)
                unreadable($"'{name}', item {number}, is not a text");
            else if (JsonText.Text(value) is { } text)
                texts.Add(text);
            else
                unreadable($"'{name}', item {number}, {NoText}");
        }
        return texts.Count > 0 ? new(texts, null, IsList: true) : null;
    }
}
