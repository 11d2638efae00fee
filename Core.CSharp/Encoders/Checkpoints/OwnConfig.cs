using System.Text.Json;
using System.Text.Json.Serialization;
using Research.Encoders.Formats;

namespace Research.Encoders;

/// <summary>A configuration as text, as it stands in the metadata of our own checkpoints.</summary>
static class OwnConfig
{
    /// <summary>The metadata's key.</summary>
    public const string Key = "config";

    const int Longest = 1 << 16;

    static readonly JsonSerializerOptions json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        IgnoreReadOnlyProperties = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        MaxDepth = 8,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The configuration as JSON.</summary>
    public static string Write(DualEncoderConfig config) => JsonSerializer.Serialize(config, json);

    /// <summary>The configuration of a file's metadata.</summary>
    /// <exception cref="InvalidDataException">It is not JSON of a valid configuration.</exception>
    public static DualEncoderConfig Read(string path, string text)
    {
        try
        {
            if (text.Length > Longest)
                throw new JsonException($"it has {text.Length} letters");
            return (
                JsonSerializer.Deserialize<DualEncoderConfig>(text, json) ?? throw new JsonException("it is null")
            ).Validate();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException(
                $"'{path}': the configuration in its metadata is of no model: {TensorFile.Quoted(e.Message)}",
                e
            );
        }
    }
}
