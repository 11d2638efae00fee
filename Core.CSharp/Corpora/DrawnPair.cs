namespace Research.Corpora;

/// <summary>A drawing with its words, before it becomes a row of a corpus. The parameters are <see cref="CorpusEntry"/>'s.</summary>
/// <param name="Key">A name that is unique in the corpus: source, '/', item.</param>
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
