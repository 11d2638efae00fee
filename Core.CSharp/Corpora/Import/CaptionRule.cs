using System.Text.RegularExpressions;

namespace Research.Corpora.Import;

/// <summary>What is done with a picture's several captions.</summary>
public enum CaptionChoice
{
    /// <summary>The first is the caption, the others are left out.</summary>
    First,

    /// <summary>One row with all of them: training draws one afresh each time, evaluation takes the first.</summary>
    Random,

    /// <summary>A row, and so a pair, for each.</summary>
    All,
}

/// <summary>From a found picture to its captions.</summary>
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

    /// <summary>Which of several captions.</summary>
    public CaptionChoice Choice { get; init; }

    /// <summary>
    /// The field that holds the caption; null for the text beside the picture, or where there is none, or only blanks, the first of the usual
    /// names that holds one: caption, captions, text, texts, sentences, sentence, comment, title, alt, description, label.
    /// </summary>
    public string? Column { get; init; }

    /// <summary>
    /// What captions are put into, e.g. "a photo of {caption}, {artist}": names in braces are fields. Several templates give several captions.
    /// </summary>
    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>The captions of a picture, none being blank; empty, with a reason, when it has none.</summary>
    public IReadOnlyList<string> Of(FoundPicture picture, out string? reason)
    {
        ArgumentNullException.ThrowIfNull(picture);
        IReadOnlyList<string> raw = Column is not null ? Listed(picture, Column) : NotBlank(picture.Captions);
        if (Column is null && raw.Count == 0)
            raw = UsualNames.Select(n => Listed(picture, n)).FirstOrDefault(list => list.Count > 0) ?? [];
        // Beside a text that is the first of several, as this program exports them.
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
                    reason = $"it has no '{missing}', which the template \"{template}\" names";
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

    // Line ends and other control characters are no part of a caption.
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
