using System.Text.Json;

namespace Research.Corpora.Import;

/// <summary>The members of a JSON object as fields: see <see cref="FoundPicture.Fields"/>.</summary>
static class JsonFieldReader
{
    /// <summary>The object's members; null when the text is no JSON object.</summary>
    public static Dictionary<string, object>? Parse(byte[] json, Action<string> unreadable, out string? fault)
    {
        try
        {
            using var document = JsonText.Parse(json);
            fault = document.RootElement.ValueKind == JsonValueKind.Object ? null : "it is no object";
            return fault is null ? Of(document.RootElement, unreadable) : null;
        }
        catch (JsonException error)
        {
            fault = error.Message;
            return null;
        }
    }

    /// <summary>The object's members; those that are neither single values nor lists of strings are passed over.</summary>
    /// <param name="element">An object.</param>
    /// <param name="unreadable">Takes a sentence for each member whose text is none: the others are read all the same.</param>
    public static Dictionary<string, object> Of(JsonElement element, Action<string> unreadable)
    {
        var fields = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in element.EnumerateObject())
            if (NoText(member.Value))
                unreadable($"'{NameOf(member)}' holds half of a surrogate pair");
            else if (Value(member.Value) is { } value && NameOf(member) is { } name)
                fields.TryAdd(name, value);
        return fields;
    }

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

    static bool NoText(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => JsonText.Text(value) is null,
            JsonValueKind.Array => value.EnumerateArray().Any(NoText),
            _ => false,
        };

    static object? Value(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.TryGetInt64(out var whole) ? (object)whole : value.GetDouble(),
            JsonValueKind.True => 1L,
            JsonValueKind.False => 0L,
            JsonValueKind.Array when value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String) => value
                .EnumerateArray()
                .Select(v => v.GetString()!)
                .ToArray(),
            _ => null,
        };
}
