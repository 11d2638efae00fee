using System.Text;

namespace Research.Corpora.Import;

/// <summary>
/// Rows of comma-separated values (RFC 4180), or of values separated by tabs, semicolons or bars: fields in double quotes may hold separators,
/// line ends, and doubled quotes. An opening quote without a closing one before a separator or a line's end is an ordinary
/// character, so that an inch mark costs nothing.
/// </summary>
public static class DelimitedText
{
    /// <summary>The rows of a stream. A row that is not UTF-8, or exceeds the bound, is null. Empty lines are skipped.</summary>
    /// <param name="stream">The text, in UTF-8.</param>
    /// <param name="separator">The separator; null takes whichever occurs first in the first line: a tab, semicolon, bar or comma.</param>
    /// <param name="largest">The bound of a row in bytes; null for that of <see cref="ReadBounds.Default"/>.</param>
    public static IEnumerable<(int Line, string[]? Fields, bool TooLong)> Rows(
        Stream stream,
        char? separator = null,
        int? largest = null
    )
    {
        ArgumentNullException.ThrowIfNull(stream);
        var bound = largest ?? ReadBounds.Default.Text;
        var lines = new Lookahead(TextFiles.Lines(stream, bound).GetEnumerator(), bound);
        while (lines.Take() is var (number, text, tooLong, end) && !end)
        {
            if (text is null)
            {
                yield return (number, null, tooLong);
                continue;
            }
            if (text.Length == 0)
                continue;
            if (number == 1 && SeparatorLine(text) is { } stated)
            {
                separator = stated;
                continue;
            }
            separator ??= text.FirstOrDefault(c => c is '\t' or ';' or '|' or ',') is var found and not '\0'
                ? found
                : ',';
            yield return (number, Fields(text, separator.Value, lines), false);
        }
    }

    // Excel's first line "sep=;", which is not a row.
    static char? SeparatorLine(string text) =>
        text.Trim('"') is ['s' or 'S', 'e' or 'E', 'p' or 'P', '=', var separator] ? separator : null;

    // A row's fields; a quoted field takes its further lines from the lookahead.
    static string[] Fields(string text, char separator, Lookahead lines)
    {
        var fields = new List<string>();
        var start = 0;
        while (true)
        {
            if (
                start < text.Length
                && text[start] == '"'
                && Quoted(text, start, separator, lines) is var (field, rest, end)
                && field is not null
            )
            {
                fields.Add(field);
                if (end == rest.Length)
                    return [.. fields];
                (text, start) = (rest, end + 1);
                continue;
            }
            var next = text.IndexOf(separator, start);
            fields.Add(next < 0 ? text[start..] : text[start..next]);
            if (next < 0)
                return [.. fields];
            start = next + 1;
        }
    }

    // The quoted field that begins at a quote, the line in which it ends, and the position of the separator or line end there; no field
    // where the quote is not closed.
    static (string? Field, string Line, int End) Quoted(string text, int start, char separator, Lookahead lines)
    {
        var field = new StringBuilder();
        var (i, taken) = (start + 1, 0);
        while (true)
        {
            for (; i < text.Length; i++)
            {
                if (text[i] != '"')
                    field.Append(text[i]);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    field.Append(text[i++]);
                else if (i + 1 == text.Length || text[i + 1] == separator)
                {
                    lines.Drop(taken);
                    return (field.ToString(), text, i + 1);
                }
                else
                    return (null, text, 0);
            }
            if (field.Length > lines.Largest || lines.Peek(taken++) is not { } following)
                return (null, text, 0);
            field.Append('\n');
            (text, i) = (following, 0);
        }
    }

    // Lines read but not yet taken, and the number of the next one.
    sealed class Lookahead(IEnumerator<byte[]?> source, int largest)
    {
        public int Largest => largest;

        readonly List<(string? Text, bool TooLong)> ahead = [];
        int head;
        int number;

        public (int Number, string? Text, bool TooLong, bool End) Take()
        {
            if (!Fill(0))
                return (number, null, false, true);
            var (text, tooLong) = ahead[head];
            Drop(1);
            return (number, text, tooLong, false);
        }

        /// <summary>A later line; null at the end, and for one that is not text.</summary>
        public string? Peek(int further) => Fill(further) ? ahead[head + further].Text : null;

        public void Drop(int count)
        {
            (head, number) = (head + count, number + count);
            if (head < ahead.Count)
                return;
            ahead.Clear();
            head = 0;
        }

        bool Fill(int further)
        {
            while (ahead.Count - head <= further)
            {
                if (!source.MoveNext())
                    return false;
                ahead.Add(source.Current is { } line ? (TextFiles.Decode(line), false) : (null, true));
            }
            return true;
        }
    }
}
