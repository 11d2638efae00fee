namespace Research.Corpora;

/// <summary>One image-text pair of a corpus: a row of its manifest.</summary>
/// <param name="Id">The row's number, from 0, in the order of keys.</param>
/// <param name="Key">A unique name in the corpus: source, '/', item; e.g. "noto/1f600".</param>
/// <param name="Caption">The picture's label.</param>
/// <param name="Tags">Further words for the picture; may be empty.</param>
/// <param name="Concept">What is drawn, apart from its variants; the unit of the split.</param>
/// <param name="Source">Who drew it; for emoji, the renderer.</param>
/// <param name="Group">The coarse class.</param>
/// <param name="Subgroup">The fine class.</param>
/// <param name="Split">The side.</param>
/// <param name="Licence">The drawing's licence, an SPDX identifier.</param>
/// <param name="PerceptualHash">The picture's difference hash.</param>
/// <param name="Shard">The tar file, inside the corpus's folder, that holds the picture.</param>
/// <param name="Offset">Where the encoded picture begins in the shard, in bytes.</param>
/// <param name="Size">The encoded picture's length in bytes.</param>
public sealed record CorpusEntry(
    long Id,
    string Key,
    string Caption,
    IReadOnlyList<string> Tags,
    string Concept,
    string Source,
    string Group,
    string Subgroup,
    Split Split,
    string Licence,
    ulong PerceptualHash,
    string Shard,
    long Offset,
    int Size
)
{
    /// <summary>The picture's width in pixels; 0 when the manifest does not say.</summary>
    public int Width { get; init; }

    /// <summary>The picture's height in pixels; 0 when the manifest does not say.</summary>
    public int Height { get; init; }

    /// <summary>Further captions of the picture; training draws one each time. Usually none.</summary>
    public IReadOnlyList<string> Alternatives { get; init; } = [];

    /// <summary>The part of the key after the source: equal for one thing that several sources drew.</summary>
    public string Item => Key[(Key.IndexOf('/') + 1)..];
}
