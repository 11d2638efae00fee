using System.Text.Json;
using Research.Encoders.Formats;

namespace Research.Encoders;

/// <summary>
/// What a configuration beside a checkpoint says: sizes that the shapes must agree with, and what no shape tells. Null where it says nothing.
/// </summary>
sealed record SideConfig
{
    const int LargestFile = 1 << 20;

    /// <summary>The file's name, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The image tower's nonlinearity.</summary>
    public Activation? VisionActivation { get; init; }

    /// <summary>The text tower's nonlinearity.</summary>
    public Activation? TextActivation { get; init; }

    /// <summary>Attention heads of the image tower.</summary>
    public int? VisionHeads { get; init; }

    /// <summary>Attention heads of the text tower.</summary>
    public int? TextHeads { get; init; }

    /// <summary>What the image tower's layer norms add to the variance.</summary>
    public double? VisionEpsilon { get; init; }

    /// <summary>What the text tower's layer norms add to the variance.</summary>
    public double? TextEpsilon { get; init; }

    /// <summary>Heads of attention pooling.</summary>
    public int? PoolerHeads { get; init; }

    /// <summary>Whether attention pooling takes the mean of its queries.</summary>
    public bool? PoolerAverage { get; init; }

    /// <summary>The id that ends captions.</summary>
    public int? EndOfText { get; init; }

    /// <summary>Means of red, green and blue.</summary>
    public IReadOnlyList<float>? ImageMean { get; init; }

    /// <summary>Deviations of red, green and blue.</summary>
    public IReadOnlyList<float>? ImageDeviation { get; init; }

    /// <summary>Sizes by what they are, as <see cref="Sizes"/> lists a configuration's.</summary>
    public IReadOnlyDictionary<string, long> Stated { get; init; } = new Dictionary<string, long>();

    /// <summary>What the towers cannot be built with, in a line each.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>The sizes of a configuration that files state, too.</summary>
    public static Dictionary<string, long> Sizes(DualEncoderConfig config) =>
        new()
        {
            ["embedding dimension"] = config.EmbedDimension,
            ["image size"] = config.Vision.ImageSize,
            ["patch size"] = config.Vision.PatchSize,
            ["image width"] = config.Vision.Width,
            ["image layers"] = config.Vision.Layers,
            ["vocabulary size"] = config.Text.VocabularySize,
            ["context length"] = config.Text.ContextLength,
            ["text width"] = config.Text.Width,
            ["text layers"] = config.Text.Layers,
        };

    /// <summary>Where the shapes say something else, in a line each.</summary>
    public IEnumerable<string> Contradictions(DualEncoderConfig config) =>
        from size in Sizes(config)
        where Stated.TryGetValue(size.Key, out var stated) && stated != size.Value
        select $"{Name} says {size.Key} {Stated[size.Key]}, the tensors say {size.Value}";

    /// <summary>Parses a small JSON file of others, which must be an object.</summary>
    /// <exception cref="InvalidDataException">It is too large or not a JSON object.</exception>
    public static T Parsed<T>(string path, Func<JsonElement, T> read)
    {
        if (new FileInfo(path).Length > LargestFile)
            throw new InvalidDataException(
                $"'{path}' has more than the {LargestFile} bytes that a configuration may have."
            );
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 32 });
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? read(json.RootElement)
                : throw new InvalidDataException($"'{path}' is not a JSON object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: text that is not Unicode
        {
            throw new InvalidDataException($"'{path}' is not valid JSON: {TensorFile.Quoted(e.Message)}", e);
        }
    }
}

/// <summary>Reads fields of others' configurations, whose types are not to be trusted.</summary>
static class SideFields
{
    /// <summary>The object under a key, or null.</summary>
    public static JsonElement? Part(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var part) && part.ValueKind == JsonValueKind.Object ? part : null;

    /// <summary>Whether the key has a value that is neither null, false nor 0.</summary>
    public static bool Sets(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var value)
        && value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False or JsonValueKind.Undefined => false,
            JsonValueKind.Number => value.TryGetDouble(out var number) && number != 0,
            JsonValueKind.Object => value.EnumerateObject().Any(),
            _ => true,
        };

    /// <summary>The whole number under a key, or null where there is none.</summary>
    public static int? Whole(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var number)
            ? number
            : null;

    /// <summary>The number under a key, or null where there is none.</summary>
    public static double? Number(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var number)
            ? number
            : null;

    /// <summary>The truth value under a key, or null where there is none.</summary>
    public static bool? Truth(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            }
            : null;

    /// <summary>The text under a key, or null where there is none.</summary>
    public static string? Text(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Three numbers under a key, or null where there are none.</summary>
    public static IReadOnlyList<float>? Three(this JsonElement json, string key)
    {
        if (
            !json.TryGetProperty(key, out var value)
            || value.ValueKind != JsonValueKind.Array
            || value.GetArrayLength() != 3
        )
            return null;
        var numbers = value
            .EnumerateArray()
            .Select(n => n.ValueKind == JsonValueKind.Number && n.TryGetSingle(out var number) ? number : float.NaN)
            .ToArray();
        return numbers.All(float.IsFinite) ? numbers : null;
    }

    /// <summary>A name of others in a message.</summary>
    public static string Shown(this JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) ? TensorFile.Quoted(value.GetRawText()) : "nothing";
}
