using System.Globalization;

namespace Research.Corpora.Import;

/// <summary>What is said of a picture under one name.</summary>
/// <param name="Texts">The very text of the cell or JSON value, or of each in a list.</param>
/// <param name="Column">What the manifest's column holds: a string, a 64-bit integer or a double; null for nothing.</param>
/// <param name="IsList">Whether it is a list.</param>
public sealed record Field(IReadOnlyList<string> Texts, object? Column, bool IsList = false)
{
    /// <summary>A text.</summary>
    public static Field Of(string text) => new([text], text);

    /// <summary>A cell: conditions compare what is written as a number as such, but the text stays. "007" is no number.</summary>
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

/// <summary>A picture with its words, as a reader finds it: where its bytes are, not the bytes.</summary>
/// <param name="Key">A name that is unique in the data set.</param>
/// <param name="File">The full path of the archive or picture file.</param>
/// <param name="Offset">Where the encoded picture begins in it; 0 for a file of its own.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record FoundPicture(string Key, string File, long Offset, long Size)
{
    /// <summary>Its captions in the data set's order.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];

    /// <summary>Why captions that it should have could not be read; null where nothing is wrong.</summary>
    public (PairFault Fault, string Reason)? CaptionFault { get; init; }

    /// <summary>A sentence for each field that could not be read.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];

    /// <summary>Whether its caption may be the name of its class, which many pictures share.</summary>
    public bool IsLabelled { get; init; }

    /// <summary>
    /// What else is said of it, by name. Names such as <c>split</c> or <c>concept</c> become the manifest's fixed columns, other single values
    /// columns of their own.
    /// </summary>
    public IReadOnlyDictionary<string, Field> Fields { get; init; } = NoFields;

    /// <summary>No fields.</summary>
    public static readonly IReadOnlyDictionary<string, Field> NoFields = new Dictionary<string, Field>();

    /// <summary>A field's text; null when it is absent, blank or a list.</summary>
    public string? Text(string field) =>
        Fields.GetValueOrDefault(field) is { IsList: false, Texts: [var text] } && !string.IsNullOrWhiteSpace(text)
            ? text
            : null;

    /// <summary>About how much memory it takes while it waits, its picture's bytes included.</summary>
    internal long Weight =>
        Size + 2 * (Captions.Sum(c => (long)c.Length) + Fields.Values.Sum(f => f.Texts.Sum(t => (long)t.Length)));
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
