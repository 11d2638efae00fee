namespace Research.Corpora.Import;

/// <summary>
/// A table of paths and captions: CSV (by commas, semicolons or bars) or TSV with a header, or JSON lines; also packed (.gz). Consecutive
/// rows with the same path are one picture with several captions. Paths are relative to the table's folder, or to <c>images</c>.
/// </summary>
public sealed class TableReader : ICorpusReader
{
    static readonly string[] ImageNames =
    [
        "image",
        "path",
        "filepath",
        "file_path",
        "image_path",
        "image_name",
        "file_name",
        "filename",
        "file",
        "img",
    ];

    readonly string table;
    readonly string? imageColumn;
    readonly ReadBounds bounds;
    readonly long size;
    readonly bool json;
    long behind;

    /// <summary>Reads a table.</summary>
    /// <param name="table">The table: .csv, .tsv, .txt, or one object per line, .jsonl, .ndjson or .json; with or without .gz.</param>
    /// <param name="images">The folder that paths are relative to; null for the nearby one that holds the first of them.</param>
    /// <param name="imageColumn">The column of the paths; null for the first of the usual names (image, path, filepath, file_name, ...).</param>
    /// <param name="bounds">Bounds of rows and of a packed table's contents.</param>
    /// <exception cref="FileNotFoundException">There is no such table.</exception>
    /// <exception cref="ArgumentException">The table has no column of paths; the message lists the columns.</exception>
    /// <exception cref="InvalidDataException">The table, or its header, is not UTF-8.</exception>
    public TableReader(string table, string? images = null, string? imageColumn = null, ReadBounds? bounds = null)
    {
        this.table = Path.GetFullPath(table);
        (this.imageColumn, this.bounds) = (imageColumn, bounds ?? ReadBounds.Default);
        if (!File.Exists(this.table))
            throw new FileNotFoundException($"There is no table {table}.", table);
        size = new FileInfo(this.table).Length;
        json =
            Path.GetExtension(TextFiles.WithoutGz(this.table)).ToLowerInvariant() is ".jsonl" or ".ndjson" or ".json";
        Root = Path.GetFullPath(images ?? PictureFolder.Near(this.table, FirstPicture()));
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref behind) / Math.Max(1.0, size);

    /// <inheritdoc/>
    public bool PicturesMayRepeat => true;

    /// <summary>Fields added to every picture, such as the split that a folder stands for.</summary>
    internal IReadOnlyDictionary<string, Field> Common { get; init; } = FoundPicture.NoFields;

    /// <summary>Receives the full path of every picture that a row names.</summary>
    internal Action<string>? Named { get; set; }

    /// <summary>The number of rows lost before their picture was known.</summary>
    internal int Nameless { get; private set; }

    void Lose(int line, PairFault fault, string reason, SkipLog log)
    {
        Nameless++;
        log.Add(Place(line), fault, reason);
    }

    readonly record struct Row(int Line, Dictionary<string, Field> Fields, IReadOnlyList<string> Unreadable);

    string Place(int line) => $"{Path.GetFileName(table)}:{line}";

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        var rule = new PathRule(Root);
        string? column = null;
        (string Name, List<Row> Rows, long Weight)? open = null;
        var columns = new List<string>();
        foreach (var row in Rows(log))
        {
            column ??= Column(row.Fields.Keys);
            if (column is null && columns.Count == 0)
                columns.AddRange(row.Fields.Keys);
            if (column is null && !json)
                throw NoColumn(columns);
            if (column is null || !row.Fields.TryGetValue(column, out var named) || named.Texts is not [var name])
            {
                log.Add(Place(row.Line), PairFault.MissingPicture, $"the row has no '{column ?? "image"}'");
                continue;
            }
            if (open is { } before && before.Name != name)
            {
                if (Picture(before.Name, before.Rows, rule, log) is { } picture)
                    yield return picture;
                open = null;
            }
            var weight = (open?.Weight ?? 0) + row.Fields.Values.Sum(f => f.Texts.Sum(t => (long)t.Length));
            if (open is { } full && weight > bounds.Text)
            {
                log.Add(Place(row.Line), PairFault.TooLarge, bounds.TextReason($"the rows of {name} are a text"));
                continue;
            }
            open = (name, open?.Rows ?? [], weight);
            open.Value.Rows.Add(row);
        }
        if (open is { } last && Picture(last.Name, last.Rows, rule, log) is { } final)
            yield return final;
        if (column is null && columns.Count > 0)
            throw NoColumn(columns);
    }

    IEnumerable<Row> Rows(SkipLog log) =>
        Guard.Until(json ? JsonRows(log) : DelimitedRows(log), Path.GetFileName(table), log);

    // Looks at the first rows: one without a path costs only itself.
    string? FirstPicture()
    {
        const int enough = 1000;
        using var unheard = new SkipLog();
        try
        {
            return (json ? JsonRows(unheard) : DelimitedRows(unheard))
                .Take(enough)
                .Select(row => Column(row.Fields.Keys) is { } column ? row.Fields[column].Texts[0] : null)
                .FirstOrDefault(name => name is not null);
        }
        catch (IOException error) when (error is UnpackedTooLargeException or EndOfStreamException)
        {
            return null; // reported when it is read
        }
        finally
        {
            (behind, Nameless) = (0, 0);
        }
    }

    FoundPicture? Picture(string name, List<Row> rows, PathRule rule, SkipLog log)
    {
        Named?.Invoke(Path.GetFullPath(Path.Combine(Root, name)));
        if (rule.Find(name, Place(rows[0].Line), log) is not var (path, length))
            return null;
        var fields = rows[0].Fields;
        foreach (var (key, value) in Common)
            fields.TryAdd(key, value);
        // Several rows of one picture: columns that differ become lists, except numbers, which keep the first.
        foreach (var key in rows.Count > 1 ? rows.SelectMany(r => r.Fields.Keys).Distinct().ToArray() : [])
        {
            string[] texts = [.. rows.SelectMany(r => r.Fields.GetValueOrDefault(key)?.Texts ?? [])];
            if (texts.Distinct().Count() > 1)
                fields[key] = new(
                    texts,
                    fields.GetValueOrDefault(key)?.Column is { } own and not string ? own : null,
                    true
                );
            else if (!fields.ContainsKey(key))
                fields[key] = Field.OfCell(texts[0]);
        }
        return new FoundPicture(Path.GetRelativePath(Root, path), path, 0, length)
        {
            Fields = fields,
            Unreadable = [.. rows.SelectMany(r => r.Unreadable)],
        };
    }

    string? Column(IEnumerable<string> columns)
    {
        var known = columns.ToArray();
        return imageColumn is null
            ? ImageNames.FirstOrDefault(n => known.Contains(n, StringComparer.OrdinalIgnoreCase))
            : known.FirstOrDefault(k => k.Equals(imageColumn, StringComparison.OrdinalIgnoreCase));
    }

    ArgumentException NoColumn(IEnumerable<string> known) =>
        new(
            $"{table} has no column {(imageColumn is null ? "of pictures' paths" : $"'{imageColumn}'")}; it has {string.Join(", ", known)}. Name it by --image-column."
        );

    IEnumerable<Row> JsonRows(SkipLog log)
    {
        using var stream = SourceFile.Open(table, bounds);
        var (number, lost) = (0, new List<string>());
        foreach (var line in TextFiles.Lines(stream, bounds.Text))
        {
            number++;
            behind += (line?.Length ?? 0) + 1;
            if (line is not null && line.AsSpan().Trim(" \t"u8).IsEmpty)
                continue;
            if (line is null)
                Lose(number, PairFault.TooLarge, bounds.TextReason("it is a line"), log);
            else if (
                JsonFieldReader.Parse(line, why => lost.Add($"{Place(number)}: {why}"), out var fault) is { } fields
            )
            {
                yield return new(number, fields, lost.Count == 0 ? [] : [.. lost]);
                lost.Clear();
            }
            else if (TextFiles.Decode(line) is null)
                Lose(number, PairFault.InvalidText, $"the line is {TextFiles.NoUtf8}", log);
            else
                Lose(number, PairFault.Damaged, fault!, log);
        }
    }

    IEnumerable<Row> DelimitedRows(SkipLog log)
    {
        using var stream = SourceFile.Open(table, bounds);
        char? separator = TextFiles.WithoutGz(table).EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : null;
        string[]? names = null;
        foreach (var (line, values, tooLong) in DelimitedText.Rows(stream, separator, bounds.Text))
        {
            if (values is null)
            {
                if (names is null && !tooLong)
                    throw new InvalidDataException($"The header of {table} is {TextFiles.NoUtf8}.");
                names ??= [];
                if (tooLong)
                    Lose(line, PairFault.TooLarge, bounds.TextReason("it is a row"), log);
                else
                    Lose(line, PairFault.InvalidText, $"the row is {TextFiles.NoUtf8}", log);
                continue;
            }
            behind += values.Sum(v => (long)v.Length + 1);
            if (names is null)
            {
                names = [.. values.Select(v => v.Trim())];
                foreach (var twice in names.CountBy(n => n, StringComparer.OrdinalIgnoreCase).Where(n => n.Value > 1))
                    log.Note(
                        $"the column '{twice.Key}' occurs {twice.Value} times: the first that is not empty is read"
                    );
                if (names.Any(n => n.Contains('\r')))
                    throw new InvalidDataException(
                        $"The lines of {table} end in CR alone, which makes it one row; convert it: tr '\\r' '\\n' < old > new."
                    );
                continue;
            }
            if (values.Length != names.Length)
            {
                Lose(line, PairFault.Damaged, $"{values.Length} values under {names.Length} columns", log);
                continue;
            }
            var row = new Dictionary<string, Field>(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < names.Length; i++)
                if (values[i].Length > 0)
                    row.TryAdd(names[i], Field.OfCell(values[i]));
            yield return new(line, row, []);
        }
    }
}
