using Research.Engine;

namespace Research.Encoders;

/// <summary>
/// Named sizes. Each name has an image encoder, the text encoder that goes with it and the width of their joint space. Case does not
/// matter, and "/" and "_" count as "-", so that "ViT-B/32" and "vit_b_32" are "ViT-B-32".
/// </summary>
public static class EncoderPresets
{
    /// <summary>The known names. Those that end in "-quickgelu" are as OpenAI trained CLIP.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. PresetTable.All.Select(p => p.Name)];

    /// <summary>The image encoder of a preset.</summary>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the known ones.</exception>
    public static VisionConfig Vision(string name) => Find(name).Vision;

    /// <summary>The text encoder of a preset, with CLIP's vocabulary; a compact one sets VocabularySize and EndOfText.</summary>
    /// <inheritdoc cref="Vision"/>
    public static TextConfig Text(string name) => Find(name).Text;

    /// <summary>Both encoders of a preset and their joint width.</summary>
    /// <inheritdoc cref="Vision"/>
    public static DualEncoderConfig Dual(string name)
    {
        var preset = Find(name);
        return new DualEncoderConfig
        {
            Vision = preset.Vision,
            Text = preset.Text,
            EmbedDimension = preset.EmbedDimension,
        };
    }

    static Preset Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var wanted = name.Replace('/', '-').Replace('_', '-').Replace('@', '-');
        return PresetTable.All.FirstOrDefault(p => p.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"Unknown encoder preset '{name}'. Known are: {string.Join(", ", Names)}.",
                nameof(name)
            );
    }
}
