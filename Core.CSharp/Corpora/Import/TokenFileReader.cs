namespace Research.Corpora.Import;

/// <summary>
/// Flickr30k's and Flickr8k's token files: lines of <c>picture.jpg#0</c>, a tab, and a caption; the lines of a picture follow each other.
/// </summary>
public sealed class TokenFileReader : ICorpusReader
{
    readonly string file;
    readonly long size;
    long behind;

    /// <summary>A file's reader.</summary>
    /// <param name="file">The token file.</param>
    /// <param name="images">The folder of the pictures; null for the one near the file that holds the first of them.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public TokenFileReader(string file, string? images = null)
    {
        this.file = Path.GetFullPath(file);
        if (!File.Exists(this.file))
            throw new FileNotFoundException($"There is no file {file}.", file);
        size = new FileInfo(this.file).Length;
        Root = Path.GetFullPath(images ?? PictureFolder.Near(this.file, FirstPicture()));
    }

    string? FirstPicture()
    {
        using var stream = TextFiles.Open(file);
        var line = TextFiles.Lines(stream).FirstOrDefault() is { } bytes ? TextFiles.Decode(bytes) : null;
        return line?.IndexOf('#') is > 0 and var mark ? line[..mark] : null;
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref behind) / Math.Max(1.0, size);

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        var rule = new PathRule(Root);
        var (name, captions, number) = ("", new List<string>(), 0);
        using var stream = TextFiles.Open(file);
        foreach (var line in TextFiles.Lines(stream))
        {
            number++;
            behind += (line?.Length ?? 0) + 1;
            if (line is { Length: 0 })
                continue;
            var text = line is null ? null : TextFiles.Decode(line);
            var tab = text?.IndexOf('\t') ?? -1;
            var mark = tab < 0 ? -1 : text!.LastIndexOf('#', tab);
            if (mark <= 0)
            {
                log.Add(
                    $"{Path.GetFileName(file)}:{number}",
                    text is null ? PairFault.InvalidText : PairFault.Damaged,
                    "the line is not of the form picture#number, tab, caption"
                );
                continue;
            }
            if (text![..mark] != name)
            {
                if (captions.Count > 0 && rule.Find(name, log) is var (path, length))
                    yield return new FoundPicture(name, path, 0, length) { Captions = [.. captions] };
                (name, captions) = (text[..mark], []);
            }
            captions.Add(text[(tab + 1)..]);
        }
        if (captions.Count > 0 && rule.Find(name, log) is var (last, lastLength))
            yield return new FoundPicture(name, last, 0, lastLength) { Captions = captions };
    }
}
