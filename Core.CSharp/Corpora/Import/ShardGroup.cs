namespace Research.Corpora.Import;

/// <summary>The members of a shard that share a key: together a pair, or a fault.</summary>
/// <param name="shard">The shard's path.</param>
/// <param name="place">The pair's name: the shard's, '/', the key.</param>
/// <param name="key">The key.</param>
/// <param name="again">Whether the key occurred earlier, elsewhere in the shard.</param>
/// <param name="bounds">Bounds of texts.</param>
sealed class ShardGroup(string shard, string place, string key, bool again, ReadBounds bounds)
{
    const string Sort = "make the shard with tar --sort=name, so that members of a pair follow each other";

    readonly HashSet<string> kinds = new(StringComparer.Ordinal);
    readonly List<string> others = [];
    readonly List<(string Kind, TarMember Member)> texts = [];
    TarMember? picture;

    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>Takes a member.</summary>
    public void Add(string kind, TarMember member, SkipLog log)
    {
        if (!kinds.Add(kind))
            log.Add($"{place}.{kind}", PairFault.DuplicateKey, "the archive has this name twice");
        else if (TextFiles.WithoutGz(kind) is "txt" or "json" or "cls")
            texts.Add((kind, member));
        else if (!PictureNames.IsExtension(kind))
            others.Add(kind);
        else if (picture is null)
            picture = member;
        else
            log.Add(place, PairFault.DuplicateKey, $"a second picture, {member.Name}, is passed over");
    }

    /// <summary>The pair; null, and an entry in the log, when it is none.</summary>
    public FoundPicture? Pair(FileStream stream, SkipLog log)
    {
        if (picture is not { } found)
        {
            WithoutPicture(log);
            return null;
        }
        foreach (var kind in others)
            log.PassOver("members of kinds that are not read", $"{place}.{kind}");
        if (found.IsLink)
        {
            log.Add(
                place,
                PairFault.Unsupported,
                "its picture is a link in the archive: tar --hard-dereference -h stores the file"
            );
            return null;
        }
        var (captions, label) = (Array.Empty<string>(), (string?)null);
        IReadOnlyDictionary<string, Field> fields = FoundPicture.NoFields;
        (PairFault Fault, string Reason)? wrong = null;
        var unreadable = new List<string>();
        foreach (var (kind, member) in texts)
        {
            if (Read(stream, member, out var fault) is not { } bytes)
                wrong ??= fault;
            else if (TextFiles.WithoutGz(kind) == "json")
            {
                if (
                    JsonFieldReader.Parse(bytes, why => unreadable.Add($"{member.Name}: {why}"), out var reason) is
                    { } said
                )
                    fields = said;
                else
                    wrong ??= TextFiles.Decode(bytes) is null
                        ? (PairFault.InvalidText, $"{member.Name} is {TextFiles.NoUtf8}")
                        : (PairFault.Damaged, $"{member.Name}: {reason}");
            }
            else if (TextFiles.Decode(bytes) is not { } text)
                wrong ??= (PairFault.InvalidText, $"{member.Name} is {TextFiles.NoUtf8}");
            else if (TextFiles.WithoutGz(kind) == "cls")
                label = text.Trim();
            else
                captions = [text];
        }
        if (texts.Count == 0)
            wrong = (
                PairFault.MissingCaption,
                $"no .txt, .json or .cls follows it; if one is elsewhere in the archive, {Sort}"
            );
        return new FoundPicture(place, shard, found.Offset, found.Size)
        {
            Captions = captions,
            Fields = string.IsNullOrEmpty(label) ? fields : Labelled(fields, label),
            CaptionFault = wrong,
            Unreadable = unreadable,
            IsLabelled = !string.IsNullOrEmpty(label),
        };
    }

    static Dictionary<string, Field> Labelled(IReadOnlyDictionary<string, Field> fields, string label)
    {
        var all = new Dictionary<string, Field>(fields, StringComparer.OrdinalIgnoreCase);
        all.TryAdd("label", Field.OfCell(label));
        return all;
    }

    // A dot before the extension ends the key too early: then each picture among the members is a lost pair.
    void WithoutPicture(SkipLog log)
    {
        string[] dotted = [.. others.Where(k => PictureNames.IsExtension(k[(k.LastIndexOf('.') + 1)..]))];
        foreach (var kind in dotted)
            log.Add(
                $"{place}.{kind}",
                PairFault.MissingPicture,
                $"its name has a dot before its extension, and the key ends at the first dot ('{key}'): rename the files without dots"
            );
        if (dotted.Length > 0)
            return;
        var has = string.Join(", ", kinds.Take(5)) + (kinds.Count > 5 ? $" and {kinds.Count - 5} more" : "");
        if (again)
            log.PassOver($"members whose key occurred earlier ({Sort})", place);
        else
            log.Add(
                place,
                PairFault.MissingPicture,
                $"it has only {has}; if its picture is elsewhere in the archive, {Sort}"
            );
    }

    byte[]? Read(FileStream stream, TarMember member, out (PairFault, string) fault)
    {
        fault = default;
        if (member.IsLink)
            fault = (PairFault.Unsupported, $"{member.Name} is a link in the archive");
        else if (member.Size > bounds.Text)
            fault = (PairFault.TooLarge, bounds.TextReason($"{member.Name} is a text"));
        else
            try
            {
                var bytes = new byte[member.Size];
                stream.Position = member.Offset;
                stream.ReadExactly(bytes);
                return member.Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                    ? TextFiles.Unpack(bytes, bounds)
                    : bytes;
            }
            catch (UnpackedTooLargeException error)
            {
                fault = (PairFault.TooLarge, $"{member.Name}: {error.Message}");
            }
            catch (Exception error) when (error is IOException or InvalidDataException)
            {
                fault = (PairFault.Damaged, $"{member.Name}: {error.Message}");
            }
        return null;
    }
}
