using System.Text;
using Research.Imaging;
using Research.Randomness;

namespace Research.Corpora;

/// <summary>A picture of many pairs: each picture with its caption below, as a PNG.</summary>
public static class ContactSheet
{
    /// <summary>The sheet's side in pixels.</summary>
    public const int Side = 1200;

    const int LargestCount = 144;
    const double CaptionShare = 0.28; // of a cell's height
    const int Lines = 3;

    /// <summary>Some of the entries, chosen by a seed, in their original order.</summary>
    /// <param name="entries">The entries to choose from.</param>
    /// <param name="count">How many, 1 to 144; all if there are fewer.</param>
    /// <param name="seed">The seed; equal arguments give equal choices.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not in [1, 144].</exception>
    public static IReadOnlyList<CorpusEntry> Choose(IReadOnlyList<CorpusEntry> entries, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (count is < 1 or > LargestCount)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"A sheet shows 1 to {LargestCount} pairs.");
        var chosen = new SeededRandom(Seed.Derive(seed, "contact sheet")).Permutation(entries.Count).Take(count);
        return [.. chosen.Order().Select(i => entries[i])];
    }

    /// <summary>Draws the sheet. An unreadable picture leaves its place empty, with the reason below.</summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="entries">1 to 144 of its pairs.</param>
    /// <returns>The PNG file's bytes: 1200 x 1200 pixels.</returns>
    /// <exception cref="ArgumentException">There are no pairs, or too many.</exception>
    public static byte[] Draw(Corpus corpus, IReadOnlyList<CorpusEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count is < 1 or > LargestCount)
            throw new ArgumentException(
                $"A sheet shows 1 to {LargestCount} pairs, not {entries.Count}.",
                nameof(entries)
            );
        var columns = (int)Math.Ceiling(Math.Sqrt(entries.Count / (1 - CaptionShare)));
        columns = Math.Min(columns, entries.Count);
        var rows = (entries.Count + columns - 1) / columns;
        var (width, height) = (Side / columns, Side / rows);
        var size = (int)Math.Min(width * 0.92, height * (1 - CaptionShare));
        var font = Math.Max(6, Math.Min(16, height * CaptionShare / (Lines * 1.3)));
        var svg = new StringBuilder(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 {Side} {Side}\">"
        );
        svg.Append($"<g font-family=\"DejaVu Sans, sans-serif\" font-size=\"{Number(font)}\" text-anchor=\"middle\">");
        for (var i = 0; i < entries.Count; i++)
        {
            var (left, top) = (i % columns * width, i / columns * height);
            var caption = entries[i].Caption;
            try
            {
                var picture = ImageDecoder.Decode(
                    corpus.ReadImage(entries[i]),
                    DecodeOptions.Default with
                    {
                        SvgSize = Math.Max(8, size),
                    }
                );
                svg.Append(Placed(picture, left + (width - size) / 2, top + 2, size));
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                caption = error.Message;
            }
            var lines = Wrapped(caption, Math.Max(4, (int)(width / (font * 0.6))));
            for (var line = 0; line < lines.Count; line++)
                svg.Append(
                    $"<text x=\"{left + width / 2}\" y=\"{Number(top + size + 4 + font * 1.25 * (line + 1))}\">{Escaped(lines[line])}</text>"
                );
        }
        return Png.Encode(Svg.Rasterise(Encoding.UTF8.GetBytes(svg.Append("</g></svg>").ToString()), Side));
    }

    static string Placed(RgbImage picture, int x, int y, int size)
    {
        var scale = Math.Min((double)size / picture.Width, (double)size / picture.Height);
        var (width, height) = (
            Math.Max(1, (int)Math.Round(picture.Width * scale)),
            Math.Max(1, (int)Math.Round(picture.Height * scale))
        );
        var fitted = scale < 1 ? Resize.To(picture, width, height) : picture;
        var data = Convert.ToBase64String(Png.Encode(fitted));
        return $"<image x=\"{x + (size - width) / 2}\" y=\"{y + (size - height) / 2}\" width=\"{width}\" height=\"{height}\" xlink:href=\"data:image/png;base64,{data}\"/>";
    }

    static string Number(double value) => value.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    // At most this many lines; longer text ends in an ellipsis.
    static List<string> Wrapped(string text, int width)
    {
        var lines = new List<string> { "" };
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > width)
            {
                if (lines.Count == Lines)
                {
                    lines[^1] += "…";
                    return lines;
                }
                lines.Add("");
            }
            var fitting = word.Length > width ? word[..(width - 1)] + "…" : word;
            lines[^1] += lines[^1].Length > 0 ? " " + fitting : fitting;
        }
        return lines;
    }

    // Leaves out characters that XML forbids.
    static string Escaped(string text) =>
        System.Security.SecurityElement.Escape(
            new string([.. text.Where(c => System.Xml.XmlConvert.IsXmlChar(c) && !char.IsSurrogate(c))])
        );
}
