using System.Text.Json;
using System.Text.Json.Nodes;

namespace Research.Schedules;

/// <summary>Reads schedules from JSON. Refuses unknown keys, so that a misspelt one cannot leave a default in place silently.</summary>
static class ScheduleJson
{
    static readonly Dictionary<string, (string[] Keys, Func<JsonObject, string, Schedule> Read)> kinds = new()
    {
        ["constant"] = (["value"], (o, at) => Schedule.Constant(Number(o, "value", at))),
        ["linear"] = (["from", "to"], (o, at) => Schedule.Linear(Number(o, "from", at), Number(o, "to", at))),
        ["cosine"] = (["from", "to"], (o, at) => Schedule.Cosine(Number(o, "from", at), Number(o, "to", at))),
        ["step"] = (["points"], (o, at) => Schedule.Step(Points(o, at))),
        ["piecewise"] = (["points"], (o, at) => Schedule.Piecewise(Points(o, at))),
        ["function"] = (["name", "values"], (o, at) => new FunctionSchedule(Text(o, "name", at), Values(o, at))),
        ["warm_up"] = (
            ["fraction", "after"],
            (o, at) => Schedule.Warmup(Number(o, "fraction", at), Read(o["after"], at + "after: "))
        ),
        ["sequence"] = (["parts"], (o, at) => Schedule.Sequence(Parts(o, at))),
        ["product"] = (
            ["factors"],
            (o, at) =>
                List(o, "factors", at) is [var first, var second]
                    ? Schedule.Product(Read(first, at + "factors[0]: "), Read(second, at + "factors[1]: "))
                    : throw Wrong(at, "\"factors\" must be a list of two schedules.")
        ),
    };

    public static Schedule Read(JsonNode? node, string at = "")
    {
        if (node is not JsonObject fields)
            throw Wrong(at, "an object is expected here.");
        var word = Text(fields, "kind", at);
        if (!kinds.TryGetValue(word, out var kind))
            throw Wrong(at, $"\"kind\" is \"{word}\"; allowed are {string.Join(", ", kinds.Keys)}.");
        RequireKnown(fields, ["kind", .. kind.Keys], at);
        try
        {
            return kind.Read(fields, at);
        }
        catch (ArgumentException e)
        {
            throw Wrong(at, e.Message + ".");
        }
    }

    static (double, double)[] Points(JsonObject fields, string at) =>
        [
            .. List(fields, "points", at)
                .Select(
                    (item, i) =>
                        item is JsonArray { Count: 2 } pair && IsNumber(pair[0]) && IsNumber(pair[1])
                            ? (pair[0]!.GetValue<double>(), pair[1]!.GetValue<double>())
                            : throw Wrong(at, $"points[{i}] must be a pair [progress, value].")
                ),
        ];

    static double[] Values(JsonObject fields, string at)
    {
        var items = List(fields, "values", at);
        return items.Count == FunctionSchedule.Points && items.All(IsNumber)
            ? [.. items.Select(v => v!.GetValue<double>())]
            : throw Wrong(at, $"\"values\" must be a list of {FunctionSchedule.Points} numbers.");
    }

    static (double, Schedule)[] Parts(JsonObject fields, string at) =>
        [
            .. List(fields, "parts", at)
                .Select(
                    (item, i) =>
                    {
                        var place = $"{at}parts[{i}]: ";
                        if (item is not JsonObject part)
                            throw Wrong(place, "an object is expected here.");
                        RequireKnown(part, ["until", "schedule"], place);
                        return (Number(part, "until", place), Read(part["schedule"], place + "schedule: "));
                    }
                ),
        ];

    static JsonNode Need(JsonObject fields, string key, string at) =>
        fields[key] ?? throw Wrong(at, $"\"{key}\" is missing.");

    static double Number(JsonObject fields, string key, string at)
    {
        var node = Need(fields, key, at);
        return IsNumber(node)
            ? node.GetValue<double>()
            : throw Wrong(at, $"\"{key}\" is {node.ToJsonString()}, but a number is expected.");
    }

    static string Text(JsonObject fields, string key, string at)
    {
        var node = Need(fields, key, at);
        return node.GetValueKind() == JsonValueKind.String
            ? node.GetValue<string>()
            : throw Wrong(at, $"\"{key}\" is {node.ToJsonString()}, but a text is expected.");
    }

    static JsonArray List(JsonObject fields, string key, string at) =>
        Need(fields, key, at) as JsonArray ?? throw Wrong(at, $"\"{key}\" must be a list.");

    static bool IsNumber(JsonNode? node) => node is JsonValue v && v.TryGetValue<double>(out _);

    static void RequireKnown(JsonObject fields, string[] known, string at)
    {
        string[] unknown = [.. fields.Select(f => f.Key).Where(k => !known.Contains(k))];
        if (unknown.Length > 0)
            throw Wrong(
                at,
                $"unknown key {string.Join(", ", unknown)}; known here are {string.Join(", ", known.Order(StringComparer.Ordinal))}."
            );
    }

    static InvalidDataException Wrong(string at, string what) => new(at + what);
}
