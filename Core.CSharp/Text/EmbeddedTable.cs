using System.Globalization;

namespace Research.Text;

/// <summary>Reads the text tables that are embedded in the assembly.</summary>
static class EmbeddedTable
{
    /// <summary>The rows of a table, without comments, split at spaces.</summary>
    public static IEnumerable<string[]> Rows(string name)
    {
        using var stream =
            typeof(EmbeddedTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly was built without its table '{name}'.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && !line.StartsWith("# ", StringComparison.Ordinal))
                yield return line.Split(' ');
    }

    public static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>"41+300" as code points.</summary>
    public static int[] Codes(string text) => Array.ConvertAll(text.Split('+'), Hex);

    /// <summary>Code points as a string.</summary>
    public static string String(int[] codes) => string.Concat(codes.Select(char.ConvertFromUtf32));
}
