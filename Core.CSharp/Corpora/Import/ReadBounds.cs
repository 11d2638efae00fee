namespace Research.Corpora.Import;

/// <summary>What a data set may take of memory and disk before something of it is refused, in bytes. What exceeds a bound is a counted fault.</summary>
public sealed record ReadBounds
{
    const long LeastUnpacked = 256L << 20;
    const long LargestRatio = 100;

    /// <summary>The defaults of every property.</summary>
    public static ReadBounds Default { get; } = new();

    /// <summary>A row of a table, a line, an item of a JSON file, a text or object beside a picture, the captions of one picture: 16 MiB.</summary>
    public int Text { get; init; } = 16 << 20;

    /// <summary>What one packed file may unpack to; null for a hundred times its own size, and 256 MiB in any case.</summary>
    public long? Unpacked { get; init; }

    /// <summary>The captions that are held while COCO's annotations are joined to its images: 384 MiB.</summary>
    public long Captions { get; init; } = 384L << 20;

    /// <summary>The bound of a file that has so many bytes packed.</summary>
    public long UnpackedOf(long packed) => Unpacked ?? Math.Max(LeastUnpacked, LargestRatio * packed);

    /// <summary>Refuses bounds that are none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is not positive.</exception>
    internal void Require()
    {
        foreach (var (name, bytes) in new[] { ("text", Text), ("unpacked", Unpacked ?? 1), ("captions", Captions) })
            if (bytes < 1)
                throw new ArgumentOutOfRangeException(
                    name,
                    bytes,
                    $"A bound of {bytes} bytes for {name} leaves nothing."
                );
    }

    /// <summary>Why a text is refused.</summary>
    internal string TextReason(string what) => $"{what} of more than {Text} bytes (--largest-text raises the bound)";
}
