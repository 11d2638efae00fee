using System.Globalization;

namespace Research.Printing;

/// <summary>Cells of comma-separated values (RFC 4180).</summary>
public static class CsvCell
{
    /// <summary>
    /// A text or number as a cell: control characters are escaped (<see cref="PrintableText"/>), a text that a spreadsheet would read as a
    /// formula (it begins with =, +, -, @ or a tab and is not a number) gets an apostrophe in front, and a text that would break the cell is
    /// quoted.
    /// </summary>
    public static string Of(string text)
    {
        var shown = PrintableText.Of(text, lines: true);
        if (shown.Length > 0 && "=+-@\t".Contains(shown[0]) && !IsNumber(shown))
            shown = "'" + shown;
        return shown.AsSpan().IndexOfAny(",\"\n") >= 0 || shown.Trim() != shown
            ? $"\"{shown.Replace("\"", "\"\"")}\""
            : shown;
    }

    static bool IsNumber(string text) =>
        double.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out _
        );
}
