using Research.Imaging;

namespace Research.Corpora;

/// <summary>What a load left out.</summary>
/// <param name="Requested">Pictures requested.</param>
/// <param name="Loaded">Pictures in the table.</param>
/// <param name="Skipped">The others, each with its reason.</param>
public sealed record LoadReport(int Requested, int Loaded, IReadOnlyList<SkippedImage> Skipped)
{
    /// <summary>The number of pictures lost to each reason.</summary>
    public IReadOnlyDictionary<string, int> Reasons => Skipped.CountBy(s => s.Reason).ToDictionary();

    /// <summary>One line: counts, reasons, and the first names.</summary>
    public override string ToString()
    {
        if (Skipped.Count == 0)
            return $"{Loaded} pictures loaded";
        const int named = 5;
        var names = string.Join("; ", Skipped.Take(named).Select(s => $"{s.Key} ({s.Reason})"));
        var more = Skipped.Count > named ? $"; and {Skipped.Count - named} more" : "";
        return $"{Loaded} of {Requested} pictures loaded, {Skipped.Count} skipped: {names}{more}";
    }
}

/// <summary>
/// Pictures decoded once and held in memory: N x 3 x S x S bytes (planes of red, green, blue), 0 black to 255 white.
/// </summary>
public sealed class ImageTable
{
    /// <summary>The share of unreadable pictures above which a load stops: 1 %.</summary>
    public const double LargestSkippedShare = 0.01;

    ImageTable(int size, byte[] pixels, IReadOnlyList<CorpusEntry> entries, LoadReport report) =>
        (Size, Pixels, Entries, Report) = (size, pixels, entries, report);

    /// <summary>The side S of the square pictures.</summary>
    public int Size { get; }

    /// <summary>N x 3 x S x S bytes.</summary>
    public byte[] Pixels { get; }

    /// <summary>The pair of each row.</summary>
    public IReadOnlyList<CorpusEntry> Entries { get; }

    /// <summary>What was left out.</summary>
    public LoadReport Report { get; }

    /// <summary>The number N of pictures.</summary>
    public int Count => Entries.Count;

    /// <summary>The bytes of one picture: 3 x S x S.</summary>
    public int Stride => 3 * Size * Size;

    /// <summary>One picture's bytes, 3 x S x S.</summary>
    public ReadOnlySpan<byte> Row(int index) => Pixels.AsSpan(checked(index * Stride), Stride);

    /// <summary>
    /// Reads and decodes pictures over all cores. Pictures of other sizes are resized (bicubic, antialiased) so that the shorter
    /// side fits, and cropped at the centre. Unreadable pictures are left out and reported.
    /// </summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="entries">Some of its pairs; the rows keep their order.</param>
    /// <param name="size">The side S in pixels; by default the corpus's own.</param>
    /// <param name="progress">Receives the number of pictures done, from time to time.</param>
    /// <param name="threads">Decoding threads; by default one per core.</param>
    /// <param name="cancellation">Stops the load.</param>
    /// <exception cref="ArgumentException">No pairs are given, or their pixels exceed what one array holds.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The size is not in [1, 4096] (a corpus with many picture sizes has no default: name one), or there are no threads.
    /// </exception>
    /// <exception cref="InvalidDataException">More than 1 % of the pictures could not be read; the message names some, with the reason.</exception>
    public static ImageTable Load(
        Corpus corpus,
        IReadOnlyList<CorpusEntry> entries,
        int? size = null,
        IProgress<int>? progress = null,
        int? threads = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(entries);
        var side = size ?? corpus.ImageSize;
        if (side is < 1 or > Svg.LargestSize)
            throw new ArgumentOutOfRangeException(
                nameof(size),
                side,
                $"Pictures of {side} pixels: use 1 to {Svg.LargestSize}."
            );
        if (threads < 1)
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "At least one thread must decode.");
        if (entries.Count == 0)
            throw new ArgumentException(
                $"No pairs of corpus '{corpus.Name}' to load: the filter leaves none.",
                nameof(entries)
            );
        var stride = 3L * side * side;
        if (stride * entries.Count > Array.MaxLength)
            throw new ArgumentException(
                $"{entries.Count} pictures of {side} x {side} are {stride * entries.Count >> 20} MiB, more than one table holds (2047 MiB): stream them (in scripts `streamed`), or load fewer or smaller ones.",
                nameof(entries)
            );
        var done = 0;
        void Count()
        {
            var now = Interlocked.Increment(ref done);
            if (now % 256 == 0 || now == entries.Count)
                progress?.Report(now);
        }
        var loaded = DecodedPictures.Of(corpus, entries, side, threads ?? -1, Count, cancellation);
        var report = new LoadReport(entries.Count, loaded.Entries.Count, loaded.Skipped);
        DecodedPictures.Require(corpus, report);
        return new ImageTable(side, loaded.Pixels, loaded.Entries, report);
    }
}
