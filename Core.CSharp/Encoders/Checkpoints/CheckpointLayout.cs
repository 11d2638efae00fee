using Research.Encoders.Layouts;

namespace Research.Encoders;

/// <summary>How the weights in a checkpoint are named.</summary>
public enum CheckpointLayout
{
    /// <summary>This toolkit's own: "visual.", "text.", "logit_scale", with the configuration in the file's metadata.</summary>
    Research,

    /// <summary>open_clip's class CLIP: the text tower at the root.</summary>
    OpenClip,

    /// <summary>open_clip's class CustomTextCLIP: the text tower under "text.".</summary>
    OpenClipCustomText,

    /// <summary>OpenAI's CLIP, with QuickGELU.</summary>
    OpenAi,

    /// <summary>Hugging Face's CLIPModel.</summary>
    HuggingFace,

    /// <summary>DiHT: OpenAI's names with exact GELU.</summary>
    Diht,
}

/// <summary>The layouts' names on the command line and in messages.</summary>
public static class CheckpointLayouts
{
    /// <summary>Name and a line about each.</summary>
    public static IReadOnlyList<(string Name, string About)> All { get; } =
    [.. Layout.All.Select(l => (l.Title, l.About))];

    /// <summary>The name of a layout, such as "huggingface".</summary>
    public static string Name(this CheckpointLayout layout) => Layout.Of(layout).Title;

    /// <summary>The layout of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the known.</exception>
    public static CheckpointLayout Parse(string name) =>
        Layout.All.FirstOrDefault(l => l.Title == name)?.Id
        ?? throw new ArgumentException(
            $"There is no layout '{name}'; known are {string.Join(", ", Layout.All.Select(l => l.Title))}.",
            nameof(name)
        );
}
