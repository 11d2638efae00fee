namespace Research.Corpora.Import;

/// <summary>
/// Flickr30k's and Flickr8k's token files: lines of <c>picture.jpg#0</c>, a tab, and a caption; a picture's lines are consecutive.
/// </summary>
public sealed class TokenFileReader : ICorpusReader
{
    readonly string file;
    readonly ReadBounds bounds;
    readonly long size;
    long behind;

    /// <summary>Reads a file.</summary>
    /// <param name="file">The token file.</param>
    /// <param name="images">The folder of the pictures; null for the nearby one that holds the first of them.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <param name="bounds">Bounds of lines.</param>
    public TokenFileReader(string file, string? images = null, ReadBounds? bounds = null)
    {
        this.file = Path.GetFullPath(file);
        this.bounds = bounds ?? ReadBounds.Default;
        if (!File.Exists(this.file))
            throw new FileNotFoundException($"There is no file {file}.", file);
        size = new FileInfo(this.file).Length;
        Root = Path.GetFullPath(images ?? PictureFolder.Near(this.file, FirstPicture()));
    }

    string? FirstPicture()
    {
        try
        {
            using var stream = SourceFile.Open(file, bounds);
            var first = TextFiles.Lines(stream, bounds.Text).FirstOrDefault();
            var line = first is null ? null : TextFiles.Decode(first);
            return line?.IndexOf('#') is > 0 and var mark ? line[..mark] : null;
        }
        catch (IOException error) when (error is UnpackedTooLargeException or EndOfStreamException)
        {
            return null; // reported when it is read
        }
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref behind) / Math.Max(1.0, size);

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        var rule = new PathRule(Root);
        var (name, first, weight) = ("", "", 0L);
        var captions = new List<string>();
        foreach (var (place, picture, caption) in Guard.Until(Lines(log), Path.GetFileName(file), log))
        {
            if (picture != name)
            {
                if (captions.Count > 0 && rule.Find(name, first, log) is var (path, length))
                    yield return new FoundPicture(name, path, 0, length) { Captions = [.. captions] };
                (name, first, captions, weight) = (picture, place, [], 0);
            }
            weight += caption.Length;
            if (captions.Count > 0 && weight > bounds.Text)
                log.Add(place, PairFault.TooLarge, bounds.TextReason($"the captions of {name} are a text"));
            else
                captions.Add(caption);
        }
        if (captions.Count > 0 && rule.Find(name, first, log) is var (last, lastLength))
            yield return new FoundPicture(name, last, 0, lastLength) { Captions = captions };
    }

    IEnumerable<(string Place, string Picture, string Caption)> Lines(SkipLog log)
    {
        var number = 0;
        using var stream = SourceFile.Open(file, bounds);
        foreach (var line in TextFiles.Lines(stream, bounds.Text))
        {
            var place = $"{Path.GetFileName(file)}:{++number}";
            behind += (line?.Length ?? 0) + 1;
            if (line is { Length: 0 })
                continue;
            var text = line is null ? null : TextFiles.Decode(line);
            var tab = text?.IndexOf('\t') ?? -1;
            var mark = tab < 0 ? -1 : text!.LastIndexOf('#', tab);
            if (mark > 0)
                yield return (place, text![..mark], text[(tab + 1)..]);
            else if (line is null)
                log.Add(place, PairFault.TooLarge, bounds.TextReason("it is a line"));
            else if (text is null)
                log.Add(place, PairFault.InvalidText, $"the line is {TextFiles.NoUtf8}");
            else
                log.Add(place, PairFault.Damaged, "the line does not have the form picture#number, tab, caption");
        }
    }
}
