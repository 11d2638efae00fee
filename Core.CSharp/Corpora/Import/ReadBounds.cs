namespace Research.Corpora.Import;

/// <summary>The memory and disk that a data set may take, in bytes. An item beyond a bound is a counted fault.</summary>
public sealed record ReadBounds
{
    const long LeastUnpacked = 256L << 20;
    const long LargestRatio = 100;

    /// <summary>The bounds with every default.</summary>
    public static ReadBounds Default { get; } = new();

    /// <summary>The bound of a table's row, a line, a JSON item, a text or object beside a picture, the captions of one picture: 16 MiB.</summary>
    public int Text { get; init; } = 16 << 20;

    /// <summary>The unpacked size of one packed file; null for a hundred times its own size, and at least 256 MiB.</summary>
    public long? Unpacked { get; init; }

    /// <summary>The captions held while COCO's annotations are joined to its images: 384 MiB.</summary>
    public long Captions { get; init; } = 384L << 20;

    /// <summary>The bound for a file of this packed size.</summary>
    public long UnpackedOf(long packed) => Unpacked ?? Math.Max(LeastUnpacked, LargestRatio * packed);

    /// <summary>Refuses invalid bounds.</summary>
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
