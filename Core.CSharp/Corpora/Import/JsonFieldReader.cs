using System.Text.Json;

namespace Research.Corpora.Import;

/// <summary>The members of a JSON object as fields: see <see cref="FoundPicture.Fields"/>.</summary>
static class JsonFieldReader
{
    /// <summary>The object's members; null when the text is no JSON object.</summary>
    public static Dictionary<string, object>? Parse(ReadOnlyMemory<byte> json, out string? fault)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            fault = document.RootElement.ValueKind == JsonValueKind.Object ? null : "it is no object";
            return fault is null ? Of(document.RootElement) : null;
        }
        catch (JsonException error)
        {
            fault = error.Message;
            return null;
        }
        catch (InvalidOperationException error) // a string that is no UTF-16, such as half a surrogate pair
        {
            fault = error.Message;
            return null;
        }
    }

    /// <summary>The object's members; those that are neither single values nor lists of strings are passed over.</summary>
    public static Dictionary<string, object> Of(JsonElement element)
    {
        var fields = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in element.EnumerateObject())
            if (Value(member.Value) is { } value)
                fields.TryAdd(member.Name, value);
        return fields;
    }

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
