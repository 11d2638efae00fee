using Research.Imaging;

namespace Research.Corpora;

/// <summary>What a load left out.</summary>
/// <param name="Requested">Pictures asked for.</param>
/// <param name="Loaded">Pictures in the table.</param>
/// <param name="Skipped">The others, with the reason each.</param>
public sealed record LoadReport(int Requested, int Loaded, IReadOnlyList<SkippedImage> Skipped)
{
    /// <summary>How many pictures each reason took.</summary>
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
    /// Reads and decodes pictures over all cores. Pictures of another size are resized (bicubic, antialiased) so that the shorter
    /// side fits, and cut at the centre. A picture that cannot be read is left out and reported.
    /// </summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="entries">Some of its pairs; the rows keep their order.</param>
    /// <param name="size">The side S in pixels; by default the corpus's own.</param>
    /// <param name="progress">Told the number of pictures done, now and then.</param>
    /// <param name="threads">Threads to decode with; by default one a core.</param>
    /// <param name="cancellation">Stops the load.</param>
    /// <exception cref="ArgumentException">No pairs are given, or their pixels exceed what one array holds.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The size is not in [1, 4096] (a corpus of pictures of many sizes has none of its own: name one), or there is not one thread.
    /// </exception>
    /// <exception cref="InvalidDataException">More than 1 % of the pictures could not be read; the message names some and why.</exception>
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
        var decoding = DecodeOptions.Default with { SvgSize = side };
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
                $"{entries.Count} pictures of {side} x {side} are {stride * entries.Count >> 20} MiB, more than one table holds (2047 MiB).",
                nameof(entries)
            );
        var pixels = new byte[stride * entries.Count];
        var reasons = new string?[entries.Count];
        var done = 0;
        void LoadOne(int i)
        {
            try
            {
                var picture = Resize.ToSquare(ImageDecoder.Decode(corpus.ReadImage(entries[i]), decoding), side);
                picture.CopyToPlanes(pixels.AsSpan((int)(i * stride), (int)stride));
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                reasons[i] = error.Message;
            }
            var now = Interlocked.Increment(ref done);
            if (now % 256 == 0 || now == entries.Count)
                progress?.Report(now);
        }
        ForAll(entries.Count, LoadOne, threads ?? -1, cancellation);
        return Compact(corpus, entries, side, pixels, reasons);
    }

    // Errors that are not a picture's own (no libpng, cancelled) come out as they are.
    static void ForAll(int count, Action<int> body, int threads, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(
                0,
                count,
                new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = threads },
                body
            );
        }
        catch (AggregateException errors)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.Flatten().InnerExceptions[0]);
        }
    }

    static ImageTable Compact(
        Corpus corpus,
        IReadOnlyList<CorpusEntry> entries,
        int side,
        byte[] pixels,
        string?[] reasons
    )
    {
        var stride = 3 * side * side;
        var kept = new List<CorpusEntry>(entries.Count);
        var skipped = new List<SkippedImage>();
        for (var i = 0; i < entries.Count; i++)
            if (reasons[i] is { } reason)
                skipped.Add(new SkippedImage(entries[i].Key, reason));
            else
            {
                if (kept.Count != i)
                    Buffer.BlockCopy(pixels, i * stride, pixels, kept.Count * stride, stride);
                kept.Add(entries[i]);
            }
        var report = new LoadReport(entries.Count, kept.Count, skipped);
        if (skipped.Count > LargestSkippedShare * entries.Count)
            throw new InvalidDataException(
                $"Corpus '{corpus.Name}' in {corpus.Folder} is damaged: {report}. More than {LargestSkippedShare:P0} cannot be read; prepare it again."
            );
        if (skipped.Count > 0)
            pixels = pixels[..(kept.Count * stride)];
        return new ImageTable(side, pixels, kept, report);
    }
}
