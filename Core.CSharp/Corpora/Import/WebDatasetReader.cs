namespace Research.Corpora.Import;

/// <summary>
/// WebDataset tar shards in img2dataset's layout: consecutive members whose file names agree up to the first '.' belong
/// together: a picture, a text (txt), a JSON object (json) and a class (cls), all but the picture also packed (txt.gz, json.gz, cls.gz).
/// The caption is the text or, when that is missing or blank, the object's, or else the class.
/// </summary>
public sealed class WebDatasetReader : ICorpusReader
{
    readonly IReadOnlyList<string> shards;
    readonly ReadBounds bounds;
    readonly long[] sizes;
    long behind;

    /// <summary>Reads shards, in this order. A missing one is logged.</summary>
    /// <param name="shards">Their paths.</param>
    /// <param name="root">The folder that their names are relative to; null for the deepest that contains them all.</param>
    /// <param name="bounds">Bounds of texts.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public WebDatasetReader(IReadOnlyList<string> shards, string? root = null, ReadBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0)
            throw new ArgumentException("No shards are given.", nameof(shards));
        this.bounds = bounds ?? ReadBounds.Default;
        this.shards = [.. shards.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];
        sizes = [.. this.shards.Select(s => File.Exists(s) ? new FileInfo(s).Length : 0)];
        Root = root ?? CommonFolder(this.shards);
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref behind) / Math.Max(1.0, sizes.Sum());

    /// <summary>Faults found while the shards were unpacked.</summary>
    internal IReadOnlyList<SkippedPair> FaultsBefore { get; init; } = [];

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        foreach (var (place, fault, reason) in FaultsBefore)
            log.Add(place, fault, reason);
        var before = 0L;
        for (var i = 0; i < shards.Count; before += sizes[i], i++)
        {
            foreach (var picture in ReadShard(shards[i], log))
            {
                Volatile.Write(ref behind, before + picture.Offset);
                yield return picture;
            }
        }
    }

    IEnumerable<FoundPicture> ReadShard(string shard, SkipLog log)
    {
        var name = shard.StartsWith(Root.TrimEnd('/') + "/", StringComparison.Ordinal)
            ? Path.GetRelativePath(Root, shard)
            : Path.GetFileName(shard);
        if (Opened(shard, name, log) is not { } stream)
            yield break;
        using (stream)
        {
            var seen = new HashSet<ulong>(); // hashes of keys
            ShardGroup? group = null;
            foreach (var member in Guard.Until(Members(stream, name, log), name, log))
            {
                if (PathRule.IsHidden(member.Name))
                {
                    log.PassOver(SkipLog.Hidden, $"{name}/{member.Name}");
                    continue;
                }
                var (key, kind) = Split(member.Name);
                if (kind is null)
                {
                    log.PassOver("members without an extension", $"{name}/{member.Name}");
                    continue;
                }
                if (group is null || group.Key != key)
                {
                    if (group?.Pair(stream, log) is { } pair)
                        yield return pair;
                    var again = !seen.Add(Randomness.Seed.Derive(0, key));
                    group = new(shard, $"{WithoutExtension(name)}/{key}", key, again, bounds);
                }
                group.Add(kind, member, log);
            }
            if (group?.Pair(stream, log) is { } last)
                yield return last;
        }
    }

    static FileStream? Opened(string shard, string name, SkipLog log)
    {
        try
        {
            if (SourceFile.Refusal(shard) is not { } refusal)
                return new FileStream(
                    shard,
                    new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 14 }
                );
            log.Add(name, PairFault.Unsupported, $"it {refusal}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.Add(name, PairFault.MissingFile, error.Message);
        }
        return null;
    }

    static IEnumerable<TarMember> Members(FileStream stream, string name, SkipLog log) =>
        TarReader.Members(
            stream,
            fault =>
                log.Add(
                    name,
                    fault.Kind switch
                    {
                        TarFaultKind.Truncated => PairFault.TruncatedArchive,
                        TarFaultKind.Damaged => PairFault.Damaged,
                        _ => PairFault.UnsafePath,
                    },
                    $"at byte {fault.Offset}: {fault.Reason}"
                ),
            (member, what) => log.PassOver(what, $"{name}/{member}")
        );

    static (string Key, string? Kind) Split(string name)
    {
        var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, null) : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    static string WithoutExtension(string shard) =>
        shard.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? shard[..^4] : shard;

    internal static string CommonFolder(IReadOnlyList<string> paths)
    {
        var common = Path.GetDirectoryName(paths[0])!;
        foreach (var path in paths)
            while (!path.StartsWith(common.TrimEnd('/') + "/", StringComparison.Ordinal))
                common = Path.GetDirectoryName(common)!;
        return common;
    }
}
