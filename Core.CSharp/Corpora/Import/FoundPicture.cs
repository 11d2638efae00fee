using System.Globalization;

namespace Research.Corpora.Import;

/// <summary>A named field of a picture.</summary>
/// <param name="Texts">The exact text of the cell or JSON value, or of each item of a list.</param>
/// <param name="Column">The value for the manifest's column: a string, a 64-bit integer or a double; null for nothing.</param>
/// <param name="IsList">Whether it is a list.</param>
public sealed record Field(IReadOnlyList<string> Texts, object? Column, bool IsList = false)
{
    /// <summary>A text.</summary>
    public static Field Of(string text) => new([text], text);

    /// <summary>A cell: conditions compare a written number as a number, but the text stays. "007" is not a number.</summary>
    public static Field OfCell(string text) => new([text], Number(text) ?? text);

    static object? Number(string text)
    {
        if (text.Length == 0 || text[0] is not ('-' or '.' or (>= '0' and <= '9')))
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole.ToString(CultureInfo.InvariantCulture) == text ? whole : null;
        if (text.TrimStart('-') is ['0', >= '0' and <= '9', ..])
            return null;
        return
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number
            : null;
    }
}

/// <summary>A picture with its words, as a reader finds it: the place of its bytes, not the bytes.</summary>
/// <param name="Key">A unique name in the data set.</param>
/// <param name="File">The full path of the archive or picture file.</param>
/// <param name="Offset">Where the encoded picture begins in it; 0 for a separate file.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record FoundPicture(string Key, string File, long Offset, long Size)
{
    /// <summary>Its captions in the data set's order.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];

    /// <summary>Why expected captions could not be read; null when nothing is wrong.</summary>
    public (PairFault Fault, string Reason)? CaptionFault { get; init; }

    /// <summary>One sentence for each field that could not be read.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];

    /// <summary>Whether its caption may be a class name, which many pictures share.</summary>
    public bool IsLabelled { get; init; }

    /// <summary>
    /// All other fields, by name. Names such as <c>split</c> or <c>concept</c> become the manifest's fixed columns, other single values
    /// their own columns.
    /// </summary>
    public IReadOnlyDictionary<string, Field> Fields { get; init; } = NoFields;

    /// <summary>No fields.</summary>
    public static readonly IReadOnlyDictionary<string, Field> NoFields = new Dictionary<string, Field>();

    /// <summary>A field's text; null when it is absent, blank or a list.</summary>
    public string? Text(string field) =>
        Fields.GetValueOrDefault(field) is { IsList: false, Texts: [var text] } && !string.IsNullOrWhiteSpace(text)
            ? text
            : null;

    /// <summary>Approximate memory while it waits, including its picture's bytes.</summary>
    internal long Weight =>
        Size + 2 * (Captions.Sum(c => (long)c.Length) + Fields.Values.Sum(f => f.Texts.Sum(t => (long)t.Length)));
}

/// <summary>
/// A data set of some layout. Reading streams and holds nothing. A fault of one picture goes to the log, and reading continues.
/// </summary>
public interface ICorpusReader
{
    /// <summary>The folder that contains all files.</summary>
    string Root { get; }

    /// <summary>The progress of reading, in [0, 1].</summary>
    double Progress { get; }

    /// <summary>Whether several pictures may share a caption, as with class names: then each picture is its own concept.</summary>
    bool CaptionsAreShared => false;

    /// <summary>Whether a picture may return with another caption, as in a table with shuffled rows.</summary>
    bool PicturesMayRepeat => false;

    /// <summary>The pictures, in an order that depends only on the data set.</summary>
    /// <param name="log">Receives what is left out.</param>
    IEnumerable<FoundPicture> Read(SkipLog log);
}
