using Research.Imaging;

namespace Research.Corpora;

/// <summary>Pairs with their pictures read and decoded over the cores; unreadable ones are left out and recorded.</summary>
/// <param name="Pixels">N x 3 x S x S bytes: planes of red, green, blue.</param>
/// <param name="Entries">The N pairs, in their order.</param>
/// <param name="Skipped">The others.</param>
sealed record DecodedPictures(byte[] Pixels, IReadOnlyList<CorpusEntry> Entries, IReadOnlyList<SkippedImage> Skipped)
{
    /// <summary>Resizes so that the shorter side fits, and crops at the centre.</summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="entries">Some of its pairs, whose pixels one array holds.</param>
    /// <param name="side">The side S in pixels.</param>
    /// <param name="threads">Decoding threads; -1 for one per core.</param>
    /// <param name="done">Called after each picture, by any thread.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static DecodedPictures Of(
        Corpus corpus,
        IReadOnlyList<CorpusEntry> entries,
        int side,
        int threads = -1,
        Action? done = null,
        CancellationToken cancellation = default
    )
    {
        var decoding = DecodeOptions.Default with { SvgSize = side };
        var stride = 3 * side * side;
        var pixels = new byte[checked(stride * entries.Count)];
        var reasons = new string?[entries.Count];
        void One(int i)
        {
            try
            {
                var picture = Resize.ToSquare(ImageDecoder.Decode(corpus.ReadImage(entries[i]), decoding), side);
                picture.CopyToPlanes(pixels.AsSpan(i * stride, stride));
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                reasons[i] = error.Message;
            }
            done?.Invoke();
        }
        ForAll(entries.Count, One, threads, cancellation);
        return Compact(entries, stride, pixels, reasons);
    }

    /// <summary>Stops when more pictures were left out than a sound corpus could explain.</summary>
    /// <exception cref="InvalidDataException">There are more; the message names some, with the reason.</exception>
    public static void Require(Corpus corpus, LoadReport report)
    {
        if (report.Skipped.Count > ImageTable.LargestSkippedShare * report.Requested)
            throw new InvalidDataException(
                $"Corpus '{corpus.Name}' in {corpus.Folder} is damaged: {report}. More than {ImageTable.LargestSkippedShare:P0} cannot be read; prepare or import it again."
            );
    }

    // Errors that are not a picture's own (no libpng, cancelled) are passed on as they are.
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

    static DecodedPictures Compact(IReadOnlyList<CorpusEntry> entries, int stride, byte[] pixels, string?[] reasons)
    {
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
        return new(skipped.Count > 0 ? pixels[..(kept.Count * stride)] : pixels, kept, skipped);
    }
}
