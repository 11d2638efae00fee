using System.Text;

namespace Research.Corpora.Import;

/// <summary>
/// Rows of comma-separated values (RFC 4180), or of values separated by tabs, semicolons or bars: fields in double quotes may hold separators, line ends, and doubled quotes.
/// </summary>
public static class DelimitedText
{
    /// <summary>
    /// The rows of a stream. A row whose bytes are no UTF-8 comes as null; one that a quote leaves open at the end of the file comes as far
    /// as it goes. Empty lines are passed over.
    /// </summary>
    /// <param name="stream">The text, in UTF-8.</param>
    /// <param name="separator">The separator; null finds out from the first line: a tab, semicolon, bar or comma, whichever occurs first.</param>
    public static IEnumerable<(int Line, string[]? Fields)> Rows(Stream stream, char? separator = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var fields = new List<string>();
        var field = new StringBuilder();
        var (number, start, quoted, broken) = (0, 1, false, false);
        foreach (var line in TextFiles.Lines(stream))
        {
            number++;
            var text = line is null ? null : TextFiles.Decode(line);
            if (!quoted)
                start = number;
            broken |= text is null;
            if (text is not null)
            {
                if (!quoted && text.Length == 0)
                    continue;
                separator ??= text.FirstOrDefault(c => c is '\t' or ';' or '|' or ',') is var found and not '\0'
                    ? found
                    : ',';
                quoted = Take(text, separator.Value, quoted, fields, field);
            }
            if (quoted && field.Length <= TextFiles.LargestText)
                continue;
            yield return (start, broken ? null : [.. fields, field.ToString()]);
            fields.Clear();
            field.Clear();
            (quoted, broken) = (false, false);
        }
        if (quoted)
            yield return (start, broken ? null : [.. fields, field.ToString()]);
    }

    // Takes a line in; true when a quote is open at its end.
    static bool Take(string text, char separator, bool quoted, List<string> fields, StringBuilder field)
    {
        var fresh = !quoted; // whether nothing of the field was read yet
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                    field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    field.Append(text[i++]);
                else
                    quoted = false;
            }
            else if (c == '"' && fresh)
                quoted = true;
            else if (c == separator)
            {
                fields.Add(field.ToString());
                field.Clear();
                fresh = true;
                continue;
            }
            else
                field.Append(c);
            fresh = false;
        }
        if (quoted)
            field.Append('\n');
        return quoted;
    }
}
