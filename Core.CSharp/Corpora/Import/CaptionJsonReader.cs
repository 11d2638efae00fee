namespace Research.Corpora.Import;

/// <summary>
/// Captions in one JSON file, several per picture: COCO's (<c>images</c> with ids and <c>annotations</c> with captions), Karpathy's for
/// Flickr30k, Flickr8k and COCO (<c>images</c> with <c>sentences</c> and <c>split</c>), or a plain list of objects with a path and one
/// caption or a list of them. Only COCO's captions are held in memory, until their images come. Also packed (.gz).
/// </summary>
public sealed class CaptionJsonReader : ICorpusReader
{
    const string Images = "images";
    const string Annotations = "annotations";
    static readonly string[] PathNames = ["image", "file_name", "filename", "path", "image_path", "file_path"];
    readonly string file;
    readonly ReadBounds bounds;
    readonly long size;
    double progress;

    /// <summary>Reads a file.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="images">The folder of the pictures; null for the one near the file that holds the first of them.</param>
    /// <param name="bounds">Bounds of items and of the captions that are held.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    public CaptionJsonReader(string file, string? images = null, ReadBounds? bounds = null)
    {
        (this.file, this.bounds) = (Path.GetFullPath(file), bounds ?? ReadBounds.Default);
        if (!File.Exists(this.file))
            throw new FileNotFoundException($"There is no file {file}.", file);
        size = new FileInfo(this.file).Length;
        Root = Path.GetFullPath(images ?? PictureFolder.Near(this.file, FirstPicture()));
    }

    /// <summary>Fields added to every picture, such as the split that the file stands for.</summary>
    internal IReadOnlyDictionary<string, Field> Common { get; init; } = FoundPicture.NoFields;

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref progress);

    string Name => Path.GetFileName(file);

    IEnumerable<JsonItems.Item> Items(params string[] lists)
    {
        using var stream = SourceFile.Open(file, bounds);
        foreach (var item in JsonItems.Read(stream, lists, bounds.Text))
            yield return item;
    }

    string? FirstPicture()
    {
        using var unheard = new SkipLog();
        try
        {
            return Items(Images)
                .Select(item => Fields(item, "", unheard, []) is { } fields ? PathOf(fields) : null)
                .FirstOrDefault(path => path is not null);
        }
        catch (IOException error) when (error is UnpackedTooLargeException or EndOfStreamException)
        {
            return null; // reported when it is read
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }
    }

    InvalidDataException Layout() =>
        new(
            $"{file} has none of the known layouts: an object with 'images' and 'annotations' (COCO), an object with 'images' that have 'sentences' (Karpathy), or a list of objects with a path and a caption."
        );

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file has no known layout, or holds more captions than may be held.</exception>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        var unreadable = new Dictionary<string, string>(StringComparer.Ordinal);
        var captions = HeldCaptions(unreadable, log);
        var rule = new PathRule(Root);
        var seen = captions is null ? null : new HashSet<string>(StringComparer.Ordinal);
        var (read, damaged) = (0, 0);
        foreach (var item in Guard.Until(Items(Images), Name, log))
        {
            Volatile.Write(ref progress, Math.Min(1, item.Behind / Math.Max(1.0, size)));
            var place = $"{Name}, {(item.List is null ? "item" : "image")} {item.Number}";
            var lost = new List<string>();
            if (Fields(item, place, log, lost) is not { } fields)
                damaged++;
            else if (Picture(fields, place, captions, seen, rule, log) is { } picture)
            {
                if (
                    unreadable.Count > 0
                    && fields.GetValueOrDefault("id") is { Texts: [var id] }
                    && unreadable.Remove(id, out var why)
                )
                    lost.Add(why);
                yield return picture with
                {
                    Unreadable = lost,
                };
            }
            read++;
        }
        if (read == damaged && log.Counts.GetValueOrDefault(PairFault.TruncatedArchive) == 0)
            throw Layout();
        foreach (var id in captions?.Keys ?? Enumerable.Empty<string>())
            log.Add(
                $"{Name}, image_id {id}",
                PairFault.MissingPicture,
                "'annotations' has captions for it, but 'images' has no such id"
            );
    }

    FoundPicture? Picture(
        Dictionary<string, Field> fields,
        string place,
        Dictionary<string, List<string>>? captions,
        HashSet<string>? seen,
        PathRule rule,
        SkipLog log
    )
    {
        List<string>? own = [];
        if (captions is not null && fields.GetValueOrDefault("id") is { Texts: [var id] })
        {
            captions.Remove(id, out own);
            if (!seen!.Add(id))
            {
                log.Add(place, PairFault.DuplicateKey, $"an earlier image also has the id {id}");
                return null;
            }
        }
        if (PathOf(fields) is not { } path)
        {
            log.Add(place, PairFault.MissingPicture, "it names no file");
            return null;
        }
        if (rule.Find(path, place, log) is not var (full, length))
            return null;
        foreach (var (name, value) in Common)
            fields.TryAdd(name, value);
        return new FoundPicture(path, full, 0, length) { Fields = fields, Captions = own ?? [] };
    }

    // Null, and logged, when the item is invalid.
    Dictionary<string, Field>? Fields(JsonItems.Item item, string place, SkipLog log, List<string> unreadable)
    {
        if (item.Json is null)
            log.Add(place, PairFault.TooLarge, bounds.TextReason("it is an item"));
        else if (
            JsonFieldReader.Parse(item.Json, why => unreadable.Add($"{place}: {why}"), out var fault) is { } fields
        )
            return fields;
        else
            log.Add(place, PairFault.Damaged, fault!);
        return null;
    }

    // Karpathy's COCO file gives the folder separately.
    static string? PathOf(Dictionary<string, Field> fields)
    {
        string? Text(string name) => fields.GetValueOrDefault(name) is { Texts: [{ Length: > 0 } text] } ? text : null;
        return PathNames.Select(Text).FirstOrDefault(p => p is not null) is not { } path ? null
            : Text("filepath") is { } folder ? folder + "/" + path
            : path;
    }

    // COCO's captions by image id; null where the file has no annotations. An invalid caption costs only itself.
    Dictionary<string, List<string>>? HeldCaptions(Dictionary<string, string> unreadable, SkipLog log)
    {
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var (found, held) = (false, 0L);
        using var unheard = new SkipLog(); // a truncated file is reported when its images are read
        foreach (var item in Guard.Until(Items(Annotations).Where(i => i.List is not null), Name, unheard))
        {
            found = true;
            var place = $"{Name}, annotation {item.Number}";
            string? fault = null,
                lost = null;
            var fields = item.Json is null ? null : JsonFieldReader.Parse(item.Json, why => lost ??= why, out fault);
            if (fields is null)
                log.LoseField(place, fault ?? bounds.TextReason("it is an item"));
            else if (
                lost is not null
                && !fields.ContainsKey("caption")
                && fields.GetValueOrDefault("image_id") is { Texts: [var of] }
            )
                unreadable.TryAdd(of, $"{place}: {lost}");
            else if (
                fields.GetValueOrDefault("caption") is not { Texts: [var caption] }
                || fields.GetValueOrDefault("image_id") is not { Texts: [var id] }
            )
                log.LoseField(place, "it has no caption or no image_id");
            else
            {
                if (!captions.TryGetValue(id, out var own))
                    captions.Add(id, own = []);
                own.Add(caption);
                held += 2 * caption.Length + 128;
                if (held > bounds.Captions)
                    throw new InvalidDataException(
                        $"{file} has captions of more than {bounds.Captions} bytes, which are held to be joined to the images (--largest-captions raises the bound; as .jsonl, with one line per picture, they need not be held)."
                    );
            }
        }
        return found ? captions : null;
    }
}
