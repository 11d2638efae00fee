namespace Research.Corpora.Import;

/// <summary>A picture with its words, as a reader finds it: where its bytes are, not the bytes.</summary>
/// <param name="Key">A name that is unique in the data set.</param>
/// <param name="File">The full path of the archive or picture file.</param>
/// <param name="Offset">Where the encoded picture begins in it; 0 for a file of its own.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record FoundPicture(string Key, string File, long Offset, long Size)
{
    /// <summary>Its captions in the data set's order.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];

    /// <summary>
    /// What else is said of it, by name: strings, 64-bit integers, doubles, or lists of strings. Names such as <c>split</c> or <c>concept</c>
    /// become the manifest's fixed columns, other single values columns of their own.
    /// </summary>
    public IReadOnlyDictionary<string, object> Fields { get; init; } = NoFields;

    /// <summary>No fields.</summary>
    public static readonly IReadOnlyDictionary<string, object> NoFields = new Dictionary<string, object>();

    /// <summary>A field's text; null when it is absent, blank or a list.</summary>
    public string? Text(string field) =>
        Fields.TryGetValue(field, out var value) && value is not IReadOnlyList<string>
            ? Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) is { } text
            && !string.IsNullOrWhiteSpace(text)
                ? text
                : null
            : null;
}

/// <summary>
/// A data set of some layout. Reading streams: nothing of it is held. What is wrong with one picture is told to the log, and reading goes on.
/// </summary>
public interface ICorpusReader
{
    /// <summary>The folder under which all files lie.</summary>
    string Root { get; }

    /// <summary>How far reading is, in [0, 1].</summary>
    double Progress { get; }

    /// <summary>Whether captions may stand for several pictures, as class names do: then a concept is one picture.</summary>
    bool CaptionsAreShared => false;

    /// <summary>Whether a picture may come again with another caption, as in a table whose rows are shuffled.</summary>
    bool PicturesMayRepeat => false;

    /// <summary>The pictures, in an order that depends on the data set alone.</summary>
    /// <param name="log">Told what is left out.</param>
    IEnumerable<FoundPicture> Read(SkipLog log);
}
