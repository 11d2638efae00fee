namespace Research.Corpora.Import;

/// <summary>
/// WebDataset tar shards in img2dataset's layout: members of one name up to the first '.' of their file name belong together: a picture
/// (jpg, jpeg, png, webp, svg), a text (txt) and a JSON object (json), the last two also packed (txt.gz, json.gz).
/// </summary>
public sealed class WebDatasetReader : ICorpusReader
{
    static readonly string[] Pictures = ["jpg", "jpeg", "png", "webp", "svg", "svgz", "svg.gz"];
    readonly IReadOnlyList<string> shards;
    readonly long[] sizes;
    long behind;

    /// <summary>The shards to read, in this order. One that is missing is told to the log.</summary>
    /// <param name="shards">Their paths.</param>
    /// <param name="root">The folder that their names are relative to; null for the deepest that holds them all.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public WebDatasetReader(IReadOnlyList<string> shards, string? root = null)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0)
            throw new ArgumentException("No shards are given.", nameof(shards));
        this.shards = [.. shards.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];
        sizes = [.. this.shards.Select(s => File.Exists(s) ? new FileInfo(s).Length : 0)];
        Root = root ?? CommonFolder(this.shards);
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref behind) / Math.Max(1.0, sizes.Sum());

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
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
        FileStream stream;
        try
        {
            stream = new FileStream(
                shard,
                new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 14 }
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.Add(name, PairFault.MissingFile, error.Message);
            yield break;
        }
        using (stream)
        {
            var members = TarReader
                .Members(
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
                        )
                )
                .GetEnumerator();
            using (members)
            {
                List<(string Kind, TarMember Member)> group = [];
                var key = "";
                while (Next(members, name, log) is { } member)
                {
                    if (PathRule.IsHidden(member.Name))
                    {
                        log.PassOver();
                        continue;
                    }
                    var (own, kind) = Split(member.Name);
                    if (kind is null)
                        continue; // a file without an extension belongs to no pair
                    if (own != key && group.Count > 0)
                    {
                        if (Pair(stream, shard, name, key, group, log) is { } pair)
                            yield return pair;
                        group.Clear();
                    }
                    key = own;
                    if (group.Any(g => g.Kind == kind))
                        log.Add($"{name}/{member.Name}", PairFault.DuplicateKey, "the archive holds this name twice");
                    else
                        group.Add((kind, member));
                }
                if (group.Count > 0 && Pair(stream, shard, name, key, group, log) is { } last)
                    yield return last;
            }
        }
    }

    // A shard that shrinks or whose disk fails under the reading ends here.
    static TarMember? Next(IEnumerator<TarMember> members, string name, SkipLog log)
    {
        try
        {
            return members.MoveNext() ? members.Current : null;
        }
        catch (IOException error)
        {
            log.Add(name, PairFault.TruncatedArchive, error.Message);
            return null;
        }
    }

    static (string Key, string? Kind) Split(string name)
    {
        var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, null) : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    static FoundPicture? Pair(
        FileStream stream,
        string shard,
        string shardName,
        string key,
        List<(string Kind, TarMember Member)> group,
        SkipLog log
    )
    {
        var place = $"{WithoutExtension(shardName)}/{key}";
        var pictures = group.Where(g => Pictures.Contains(g.Kind)).ToArray();
        if (pictures.Length == 0)
        {
            log.Add(place, PairFault.MissingPicture, $"it has only {string.Join(", ", group.Select(g => g.Kind))}");
            return null;
        }
        if (pictures.Length > 1)
            log.Add(place, PairFault.DuplicateKey, $"a second picture, {pictures[1].Member.Name}, is passed over");
        var fields = FoundPicture.NoFields;
        string[] captions = [];
        foreach (var (kind, member) in group)
        {
            var plain = TextFiles.WithoutGz(kind);
            if (plain is not "txt" and not "json")
                continue;
            if (ReadText(stream, member, kind, place, log) is not { } bytes)
                return null;
            if (plain == "txt")
            {
                if (TextFiles.Decode(bytes) is not { } text)
                {
                    log.Add(place, PairFault.InvalidText, $"{member.Name} is no UTF-8");
                    return null;
                }
                captions = [text];
            }
            else if (
                JsonFieldReader.Parse(bytes, why => log.LoseField(place, $"{member.Name}: {why}"), out var fault) is
                { } found
            )
                fields = found;
            else
            {
                var invalid = TextFiles.Decode(bytes) is null ? PairFault.InvalidText : PairFault.Damaged;
                log.Add(place, invalid, $"{member.Name}: {fault}");
                if (!group.Any(g => TextFiles.WithoutGz(g.Kind) == "txt"))
                    return null; // with a text beside it, the pair lives
            }
        }
        var picture = pictures[0].Member;
        return new FoundPicture(place, shard, picture.Offset, picture.Size) { Captions = captions, Fields = fields };
    }

    static byte[]? ReadText(FileStream stream, TarMember member, string kind, string place, SkipLog log)
    {
        if (member.Size > TextFiles.LargestText)
        {
            log.Add(place, PairFault.TooLarge, $"{member.Name} has {member.Size} bytes of text");
            return null;
        }
        try
        {
            var bytes = new byte[member.Size];
            stream.Position = member.Offset;
            stream.ReadExactly(bytes);
            return kind.EndsWith(".gz", StringComparison.Ordinal) ? TextFiles.Unpack(bytes) : bytes;
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            log.Add(place, PairFault.Damaged, $"{member.Name}: {error.Message}");
            return null;
        }
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
