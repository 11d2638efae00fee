using System.Diagnostics;
using System.Globalization;

namespace Research.Corpora.Import;

/// <summary>
/// Makes a corpus from a data set of any known layout: its pictures stay where they are, and the manifest points to them. Everything is
/// decoded once, over all cores; unusable items are counted and listed in <c>skipped.jsonl</c>. Memory does not grow with the data set.
/// </summary>
public static class CorpusImporter
{
    /// <summary>The report's name in the corpus's folder: one line of JSON for each item left out.</summary>
    public const string ReportName = "skipped.jsonl";

    const int MostCaptions = 1000; // per picture whose rows are apart
    const int WaitingOfThread = 64;
    const long MostWaiting = 128L << 20;

    static readonly string[] Consumed = ["tags", "keywords", "group", "key", "caption", "captions", "text", "license"];

    sealed record Checked(FoundPicture Picture, PictureCheck? Check, PairFault Fault, string Reason);

    /// <summary>Reads a data set into a corpus's folder, which appears whole or not at all and replaces an existing one.</summary>
    /// <param name="options">What to import, and how.</param>
    /// <param name="folder">The corpus's folder.</param>
    /// <param name="progress">Receives the number of pictures, and the total estimated from what was read so far.</param>
    /// <param name="cancellation">Stops and leaves nothing.</param>
    /// <exception cref="ArgumentException">An option is invalid, or a named column does not exist.</exception>
    /// <exception cref="FileNotFoundException">The source does not exist.</exception>
    /// <exception cref="InvalidDataException">More was left out than the options allow, or nothing is left.</exception>
    public static CorpusInfo Import(
        ImportOptions options,
        string folder,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        Require(options);
        var clock = Stopwatch.StartNew();
        using var target = new AtomicFolder(folder);
        var reader = CorpusReaders.Open(options, target.Work);
        using var log = new SkipLog(Path.Combine(target.Work, ReportName));
        using var writer = new ManifestWriter(Path.Combine(target.Work, Manifest.FileName));
        var rows = new PairRows(options, reader, target.Work);
        var (pictures, pairs) = (0, 0L);
        var classes = new SortedDictionary<string, bool>(StringComparer.Ordinal); // whether the class has a pair
        using var files = new ShardFiles(target.Work, reader.Root);
        foreach (var found in InOrder(reader.Read(log), p => Check(p, rows, files, options), options, cancellation))
        {
            if (reader.CaptionsAreShared)
                classes.TryAdd(found.Picture.Text("subgroup") ?? "", false);
            if (found.Check is null)
                log.Add(found.Picture.Key, found.Fault, found.Reason);
            else
                foreach (var row in rows.Of(found.Picture, found.Check, log))
                    if (Add(row with { Id = pairs }, found.Check.Content, Annotations(found.Picture)))
                    {
                        pairs++;
                        if (reader.CaptionsAreShared)
                            classes[row.Subgroup] = true;
                    }
                    else
                        log.Add(
                            row.Key,
                            PairFault.DuplicateKey,
                            reader.PicturesMayRepeat
                                ? "another pair has this key: put the rows of a picture together, or use --captions all to make each row a pair"
                                : "another pair has this key"
                        );
            if (++pictures % 256 == 0)
                progress?.Report(new PrepareProgress("reading", pictures, Expected(pictures, reader.Progress)));
        }
        foreach (var (name, _) in classes.Where(c => !c.Value && c.Key.Length > 0))
            log.PassOver("classes without a pair", name);
        if (writer.NoColumns.Count > 0)
            log.Note($"fields that did not become columns: {string.Join(", ", writer.NoColumns)}");
        if (pairs == 0 || log.Total > options.LargestSkippedShare * (log.Total + pairs))
        {
            log.Dispose();
            File.Move(Path.Combine(target.Work, ReportName), RefusedReport(folder), overwrite: true);
            var share = log.Total / Math.Max(1.0, log.Total + pairs);
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{options.Source} gives {pairs} pairs, {log}. That is {100 * share:0.#} %; more than {100 * options.LargestSkippedShare:0.#} % is refused (--largest-skipped). Each is named in {RefusedReport(folder)}"
                )
            );
        }
        var (equal, similar) = options.KeepDuplicates ? (0, 0) : writer.RemoveLeaks();
        var splits = writer.Count("split");
        var info = new CorpusInfo
        {
            Name = options.Name,
            ImageSize = 0,
            Root = reader.Root,
            Fingerprint = writer.Fingerprint(),
            Inputs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["source"] = options.Source },
            Pairs = splits.Values.Sum(c => (long)c),
            Sources = writer.Count("source"),
            Splits = splits,
            Items = writer.Count("split", "DISTINCT concept"),
            DroppedEqual = equal,
            DroppedSimilar = similar,
            Skipped = [.. log.Examples.Select(e => new SkippedImage(e.Place, $"{e.Fault}: {e.Reason}"))],
            SkippedByReason = log.Counts.ToDictionary(c => c.Key.ToString(), c => c.Value),
            Remarks = log.Remarks,
            Annotations = writer.Annotations,
            BuildSeconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        writer.Commit();
        info.Write(target.Work);
        target.Commit();
        File.Delete(RefusedReport(folder));
        return info;

        // Numbers the captions of one picture consecutively, even when its rows are apart.
        bool Add(CorpusEntry row, byte[] content, Dictionary<string, object> annotations)
        {
            var added = writer.Add(row, content, annotations);
            for (var i = 1; !added && rows.Scattered && i < MostCaptions; i++)
                added = writer.Add(row with { Key = $"{row.Key}#{i}" }, content, annotations);
            return added;
        }
    }

    /// <summary>The path of a refused import's report: beside the corpus's folder.</summary>
    public static string RefusedReport(string folder) => Path.GetFullPath(folder).TrimEnd('/') + ".refused.jsonl";

    static void Require(ImportOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Source);
        CorpusCatalog.RequireImportName(options.Name);
        options.Bounds.Require();
        foreach (
            var (name, share) in new[]
            {
                ("test share", options.TestShare),
                ("validation share", options.ValidationShare),
            }
        )
            if (!(share >= 0 && share < 1))
                throw new ArgumentOutOfRangeException(nameof(options), $"A {name} of {share} is outside [0, 1).");
        if (options.TestShare + options.ValidationShare >= 1)
            throw new ArgumentException(
                $"A test share of {options.TestShare} and a validation share of {options.ValidationShare} leave nothing to train on.",
                nameof(options)
            );
        if (!(options.LargestSkippedShare >= 0 && options.LargestSkippedShare <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(options),
                $"A largest skipped share of {options.LargestSkippedShare} is outside [0, 1]."
            );
        if (options.Threads < 1)
            throw new ArgumentOutOfRangeException(nameof(options), "At least one thread must decode.");
    }

    static int Expected(int done, double progress) =>
        progress > 0.001 ? (int)Math.Min(int.MaxValue, done / Math.Min(1, progress)) : done;

    static Checked Check(FoundPicture picture, PairRows rows, ShardFiles files, ImportOptions options)
    {
        try
        {
            if (picture.Size > options.Decoding.LargestFile)
                return new(
                    picture,
                    null,
                    PairFault.TooLarge,
                    $"{picture.Size} bytes are more than {options.Decoding.LargestFile} (--largest-file raises the bound)"
                );
            if (picture.Size == 0)
                return new(picture, null, PairFault.EmptyPicture, "the file is empty");
            var file = files.Read(rows.ShardOf(picture), picture.Offset, picture.Size);
            return new(picture, PictureCheck.Of(file, options.Decoding), default, "");
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            var fault = PairFaults.Of(error);
            return new(picture, null, fault, error.Message + Remedy(fault));
        }
    }

    static string Remedy(PairFault fault) =>
        fault switch
        {
            PairFault.TooLarge => " (--largest-picture raises the bound of pixels, --largest-file that of bytes)",
            PairFault.Unsupported => " (JPEG, PNG, WebP and SVG are read: convert it)",
            _ => "",
        };

    // In the reader's order, whichever thread finishes first: a data set always gives the same manifest. The queue is bounded in number
    // and bytes.
    static IEnumerable<T> InOrder<T>(
        IEnumerable<FoundPicture> pictures,
        Func<FoundPicture, T> check,
        ImportOptions options,
        CancellationToken cancellation
    )
    {
        var threads = Math.Min(512, options.Threads ?? Environment.ProcessorCount);
        var pool = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
        var waiting = new Queue<(Task<T> Task, long Weight)>();
        var weight = 0L;
        using var found = pictures.GetEnumerator();
        var more = true;
        try
        {
            while (true)
            {
                while (
                    more && waiting.Count < WaitingOfThread * threads && (waiting.Count == 0 || weight < MostWaiting)
                )
                {
                    cancellation.ThrowIfCancellationRequested();
                    more = found.MoveNext();
                    if (!more)
                        break;
                    var picture = found.Current;
                    waiting.Enqueue((Start(() => check(picture)), picture.Weight));
                    weight += picture.Weight;
                }
                if (!waiting.TryDequeue(out var first))
                    yield break;
                weight -= first.Weight;
                yield return first.Task.GetAwaiter().GetResult();
            }
        }
        finally
        {
            foreach (var (task, _) in waiting) // no task keeps reading when this ends early
                ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }

        Task<T> Start(Func<T> work) =>
            Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, pool);
    }

    static Dictionary<string, object> Annotations(FoundPicture picture) =>
        picture
            .Fields.Where(f =>
                f.Value.Column is not null && !Consumed.Contains(f.Key, StringComparer.OrdinalIgnoreCase)
            )
            .ToDictionary(f => f.Key, f => f.Value.Column!);
}
