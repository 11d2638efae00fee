namespace Research.Corpora.Build;

/// <summary>A drawing with its words, before it becomes a row of a corpus. The parameters are <see cref="CorpusEntry"/>'s.</summary>
/// <param name="Key">A unique name in the corpus: source, '/', item.</param>
/// <param name="Caption">The picture's label.</param>
/// <param name="Tags">Further words for the picture.</param>
/// <param name="Concept">The unit of the split.</param>
/// <param name="Source">Who drew it.</param>
/// <param name="Group">The coarse class.</param>
/// <param name="Subgroup">The fine class.</param>
/// <param name="Licence">The drawing's licence.</param>
/// <param name="Svg">The drawing, a whole SVG document in UTF-8.</param>
public sealed record DrawnPair(
    string Key,
    string Caption,
    IReadOnlyList<string> Tags,
    string Concept,
    string Source,
    string Group,
    string Subgroup,
    string Licence,
    byte[] Svg
);

/// <summary>Drawings that are in memory together: an icon set, or a few hundred files.</summary>
/// <param name="Name">Their name in the progress; may be empty.</param>
/// <param name="Pairs">The drawings.</param>
/// <param name="Expected">The number of drawings in all parts, as far as known when this one is read.</param>
public sealed record Drawings(string Name, IReadOnlyList<DrawnPair> Pairs, int Expected);

/// <summary>A rasterised pair, with what is compared to find duplicates.</summary>
sealed record RasterisedPair(
    DrawnPair Pair,
    Split Split,
    byte[] Png,
    string DrawingHash,
    string PixelHash,
    ulong PerceptualHash,
    byte[] Thumbnail
);
