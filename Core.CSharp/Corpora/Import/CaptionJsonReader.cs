using System.Globalization;
using System.Text.Json;

namespace Research.Corpora.Import;

/// <summary>
/// Captions in one JSON file, several a picture: COCO's (<c>images</c> with ids and <c>annotations</c> with captions), Karpathy's of
/// Flickr30k, Flickr8k and COCO (<c>images</c> with <c>sentences</c> and <c>split</c>), or a plain list of objects with a path and one
/// caption or a list of them. The file is held in memory while it is read.
/// </summary>
public sealed class CaptionJsonReader : ICorpusReader
{
    static readonly string[] PathNames = ["image", "file_name", "filename", "path", "image_path", "file_path"];
    static readonly string[] CaptionNames = ["caption", "captions", "text", "sentences"];
    readonly string file;
    double progress;

    /// <summary>A file's reader.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="images">The folder of the pictures; null for the one near the file that holds the first of them.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no JSON.</exception>
    public CaptionJsonReader(string file, string? images = null)
    {
        this.file = Path.GetFullPath(file);
        if (!File.Exists(this.file))
            throw new FileNotFoundException($"There is no file {file}.", file);
        Root = Path.GetFullPath(images ?? PictureFolder.Near(this.file, FirstPicture()));
    }

    /// <summary>Fields put to every picture, such as the split that the file stands for.</summary>
    internal IReadOnlyDictionary<string, object> Common { get; init; } = FoundPicture.NoFields;

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref progress);

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file is no JSON, or of no known layout.</exception>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        using var document = Parse();
        var root = document.RootElement;
        var rule = new PathRule(Root);
        if (root.ValueKind == JsonValueKind.Array)
            return ReadList(root, rule, log).ToArray();
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("images", out var images)
            || images.ValueKind != JsonValueKind.Array
        )
            throw Layout();
        var captions = root.TryGetProperty("annotations", out var annotations) ? OfImages(annotations, log) : null;
        return ReadImages(images, captions, rule, log).ToArray();
    }

    JsonDocument Parse()
    {
        try
        {
            using var stream = TextFiles.Open(file);
            using var whole = new MemoryStream();
            stream.CopyTo(whole);
            return JsonText.Parse(whole.ToArray());
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file} is no JSON: {error.Message}", error);
        }
    }

    string? FirstPicture()
    {
        using var document = Parse();
        var root = document.RootElement;
        var list =
            root.ValueKind == JsonValueKind.Object && root.TryGetProperty("images", out var images) ? images : root;
        return
            list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
            ? PathOf(JsonFieldReader.Of(first, _ => { }))
            : null;
    }

    InvalidDataException Layout() =>
        new(
            $"{file} has none of the known layouts: an object with 'images' and 'annotations' (COCO), an object with 'images' that have 'sentences' (Karpathy), or a list of objects with a path and a caption."
        );

    IEnumerable<FoundPicture> ReadList(JsonElement list, PathRule rule, SkipLog log)
    {
        var (done, total) = (0, list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            Volatile.Write(ref progress, ++done / (double)total);
            if (item.ValueKind != JsonValueKind.Object)
                throw Layout();
            var place = $"{Path.GetFileName(file)}, item {done}";
            var fields = JsonFieldReader.Of(item, why => log.LoseField(place, why));
            if (PathOf(fields) is not { } path)
                log.Add(place, PairFault.MissingPicture, "it names no file");
            else if (Picture(path, fields, Captions(item), rule, log) is { } picture)
                yield return picture;
        }
    }

    IEnumerable<FoundPicture> ReadImages(
        JsonElement images,
        Dictionary<string, List<string>>? captions,
        PathRule rule,
        SkipLog log
    )
    {
        var (done, total) = (0, images.GetArrayLength());
        foreach (var image in images.EnumerateArray())
        {
            Volatile.Write(ref progress, ++done / (double)total);
            if (image.ValueKind != JsonValueKind.Object)
                throw Layout();
            var place = $"{Path.GetFileName(file)}, image {done}";
            var fields = JsonFieldReader.Of(image, why => log.LoseField(place, why));
            if (PathOf(fields) is not { } path)
            {
                log.Add(place, PairFault.MissingPicture, "it names no file");
                continue;
            }
            var own = captions is null
                ? Captions(image)
                : captions.GetValueOrDefault(Text(fields.GetValueOrDefault("id"))) ?? [];
            if (Picture(path, fields, own, rule, log) is { } picture)
                yield return picture;
        }
    }

    FoundPicture? Picture(
        string path,
        Dictionary<string, object> fields,
        IReadOnlyList<string> captions,
        PathRule rule,
        SkipLog log
    )
    {
        if (rule.Find(path, log) is not var (full, size))
            return null;
        foreach (var (name, value) in Common)
            fields.TryAdd(name, value);
        return new FoundPicture(path, full, 0, size) { Fields = fields, Captions = captions };
    }

    // Karpathy's file of COCO names the folder apart.
    static string? PathOf(Dictionary<string, object> fields) =>
        PathNames.Select(n => fields.GetValueOrDefault(n) as string).FirstOrDefault(p => !string.IsNullOrEmpty(p))
            is not { } path
            ? null
        : fields.GetValueOrDefault("filepath") is string { Length: > 0 } folder ? folder + "/" + path
        : path;

    // "caption": "...", "captions": ["...", ...], or "sentences": [{ "raw": "..." }, ...].
    static List<string> Captions(JsonElement item)
    {
        foreach (var name in CaptionNames)
            if (item.TryGetProperty(name, out var value))
                return value.ValueKind == JsonValueKind.Array
                        ? [.. value.EnumerateArray().Select(Sentence).OfType<string>()]
                    : Sentence(value) is { } one ? [one]
                    : [];
        return [];
    }

    static string? Sentence(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => JsonText.Text(value),
            JsonValueKind.Object => value.TryGetProperty("raw", out var raw) && raw.ValueKind == JsonValueKind.String
                ? JsonText.Text(raw)
                : null,
            _ => null,
        };

    Dictionary<string, List<string>> OfImages(JsonElement annotations, SkipLog log)
    {
        if (annotations.ValueKind != JsonValueKind.Array)
            throw Layout();
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var done = 0;
        foreach (var annotation in annotations.EnumerateArray())
        {
            if (annotation.ValueKind != JsonValueKind.Object)
                throw Layout();
            var (place, damaged) = ($"{Path.GetFileName(file)}, annotation {++done}", false);
            var fields = JsonFieldReader.Of(
                annotation,
                why =>
                {
                    damaged = true;
                    log.LoseField(place, why);
                }
            );
            if (damaged && !fields.ContainsKey("caption"))
                continue;
            if (
                fields.GetValueOrDefault("caption") is not string caption
                || !fields.TryGetValue("image_id", out var image)
            )
            {
                log.Add(
                    $"{Path.GetFileName(file)}, annotation {Text(fields.GetValueOrDefault("id"))}",
                    PairFault.MissingCaption,
                    "it has no caption or no image_id"
                );
                continue;
            }
            var id = Text(image);
            if (!captions.TryGetValue(id, out var own))
                captions.Add(id, own = []);
            own.Add(caption);
        }
        return captions;
    }

    static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
