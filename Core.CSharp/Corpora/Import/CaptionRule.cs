using System.Text.RegularExpressions;

namespace Research.Corpora.Import;

/// <summary>What to do with several captions of a picture.</summary>
public enum CaptionChoice
{
    /// <summary>Use the first and drop the others.</summary>
    First,

    /// <summary>One row with all of them: training draws one each time, evaluation takes the first.</summary>
    Random,

    /// <summary>A row, and so a pair, for each caption.</summary>
    All,
}

/// <summary>Makes captions for a found picture.</summary>
public sealed partial record CaptionRule
{
    static readonly string[] UsualNames =
    [
        "caption",
        "captions",
        "text",
        "texts",
        "sentences",
        "sentence",
        "comment",
        "title",
        "alt",
        "description",
        "label",
    ];

    /// <summary>How several captions are used.</summary>
    public CaptionChoice Choice { get; init; }

    /// <summary>
    /// The field that holds the caption. Null for the text beside the picture or, when that is missing or blank, the first of the usual
    /// names with a caption: caption, captions, text, texts, sentences, sentence, comment, title, alt, description, label.
    /// </summary>
    public string? Column { get; init; }

    /// <summary>
    /// Templates for captions, e.g. "a photo of {caption}, {artist}", with field names in braces. Several templates give several captions.
    /// </summary>
    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>The captions of a picture, without blank ones; empty, with a reason, when it has none.</summary>
    public IReadOnlyList<string> Of(FoundPicture picture, out string? reason)
    {
        ArgumentNullException.ThrowIfNull(picture);
        IReadOnlyList<string> raw = Column is not null ? Listed(picture, Column) : NotBlank(picture.Captions);
        if (Column is null && raw.Count == 0)
            raw = UsualNames.Select(n => Listed(picture, n)).FirstOrDefault(list => list.Count > 0) ?? [];
        // Beside a text that is the first of several, as this program exports captions.
        if (
            Column is null
            && Choice != CaptionChoice.First
            && raw.Count == 1
            && Listed(picture, "captions") is { Count: > 1 } several
        )
            raw = several;
        var captions = new List<string>();
        reason = Column is null ? "it has no caption" : $"it has no '{Column}'";
        foreach (var caption in raw.Select(Clean).Where(c => c.Length > 0))
        {
            if (Templates.Count == 0)
                captions.Add(caption);
            foreach (var template in Templates)
                if (Filled(template, caption, picture, out var missing) is { } text)
                    captions.Add(text);
                else
                    reason = $"the template \"{template}\" needs '{missing}', which it lacks";
        }
        if (captions.Count > 0)
            reason = null;
        return Choice == CaptionChoice.First && captions.Count > 1 ? captions[..1] : captions;
    }

    static IReadOnlyList<string> Listed(FoundPicture picture, string field) =>
        picture.Fields.TryGetValue(field, out var value) ? NotBlank(value.Texts) : [];

    static IReadOnlyList<string> NotBlank(IReadOnlyList<string> texts) =>
        [.. texts.Where(t => !string.IsNullOrWhiteSpace(t))];

    static string? Filled(string template, string caption, FoundPicture picture, out string missing)
    {
        var absent = "";
        var text = Names()
            .Replace(
                template,
                match =>
                {
                    var name = match.Groups[1].Value;
                    if (name == "caption")
                        return caption;
                    var value = picture.Text(name);
                    if (value is null)
                        absent = name;
                    return value ?? "";
                }
            );
        missing = absent;
        return absent.Length == 0 ? Clean(text) : null;
    }

    // Line ends and other control characters do not belong to a caption.
    static string Clean(string text) =>
        string.Join(' ', text.Split(ControlsAndSpaces, StringSplitOptions.RemoveEmptyEntries));

    static readonly char[] ControlsAndSpaces =
    [
        .. Enumerable.Range(0, 33).Select(i => (char)i),
        '\u007F',
        '\u0085',
        '\uFEFF',
    ];

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_ ]*)\}")]
    private static partial Regex Names();
}
