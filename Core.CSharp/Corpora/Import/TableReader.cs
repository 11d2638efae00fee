using System.Globalization;

namespace Research.Corpora.Import;

/// <summary>
/// A table of paths and captions: CSV (by commas, semicolons or bars) or TSV with a header, or JSON lines; also packed (.gz). Rows that follow
/// each other with the same path are one picture with several captions. Paths are relative to the table's folder, or to <c>images</c>.
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
    readonly long size;
    readonly bool json;
    long behind;

    /// <summary>A table's reader.</summary>
    /// <param name="table">The table: .csv, .tsv, .txt or .jsonl, with .gz or without.</param>
    /// <param name="images">The folder that paths are relative to; null for the one near the table that holds the first of them.</param>
    /// <param name="imageColumn">The column of the paths; null for the first of the usual names (image, path, filepath, file_name, ...).</param>
    /// <exception cref="FileNotFoundException">There is no such table.</exception>
    /// <exception cref="ArgumentException">The table has no column of paths; the message lists the columns.</exception>
    /// <exception cref="InvalidDataException">The table, or its header, is no UTF-8.</exception>
    public TableReader(string table, string? images = null, string? imageColumn = null)
    {
        this.table = Path.GetFullPath(table);
        this.imageColumn = imageColumn;
        if (!File.Exists(this.table))
            throw new FileNotFoundException($"There is no table {table}.", table);
        size = new FileInfo(this.table).Length;
        json = TextFiles.WithoutGz(this.table).EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
        Root = Path.GetFullPath(images ?? PictureFolder.Near(this.table, FirstPicture()));
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref behind) / Math.Max(1.0, size);

    /// <inheritdoc/>
    public bool PicturesMayRepeat => true;

    /// <summary>Fields put to every picture, such as the split that a folder stands for.</summary>
    internal IReadOnlyDictionary<string, object> Common { get; init; } = FoundPicture.NoFields;

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        var rule = new PathRule(Root);
        string? column = null;
        (string Name, List<Dictionary<string, object>> Rows)? open = null;
        foreach (var row in Rows(log))
        {
            column ??= Column(row.Keys);
            if (
                !row.TryGetValue(column, out var named)
                || Convert.ToString(named, CultureInfo.InvariantCulture) is not { } name
            )
            {
                log.Add(Path.GetFileName(table), PairFault.MissingPicture, $"a row has no '{column}'");
                continue;
            }
            if (open is { } before && before.Name != name)
            {
                if (Picture(before.Name, before.Rows, rule, log) is { } picture)
                    yield return picture;
                open = null;
            }
            open ??= (name, []);
            open.Value.Rows.Add(row);
        }
        if (open is { } last && Picture(last.Name, last.Rows, rule, log) is { } final)
            yield return final;
    }

    IEnumerable<Dictionary<string, object>> Rows(SkipLog log) => json ? JsonRows(log) : DelimitedRows(log);

    string? FirstPicture()
    {
        using var unheard = new SkipLog();
        var row = Rows(unheard).FirstOrDefault();
        behind = 0;
        return row?.GetValueOrDefault(Column(row.Keys)) as string;
    }

    FoundPicture? Picture(string name, List<Dictionary<string, object>> rows, PathRule rule, SkipLog log)
    {
        if (rule.Find(name, log) is not var (path, length))
            return null;
        var fields = rows[0];
        foreach (var (key, value) in Common)
            fields.TryAdd(key, value);
        // Several rows of one picture: the columns in which they differ hold lists.
        foreach (var key in rows.Count > 1 ? fields.Keys.ToArray() : [])
            if (fields[key] is string && rows.Select(r => r.GetValueOrDefault(key)).Distinct().Count() > 1)
                fields[key] = rows.Select(r => r.GetValueOrDefault(key)).OfType<string>().ToArray();
        return new FoundPicture(Path.GetRelativePath(Root, path), path, 0, length) { Fields = fields };
    }

    string Column(IEnumerable<string> columns)
    {
        var known = columns.ToArray();
        var found = imageColumn is null
            ? ImageNames.FirstOrDefault(n => known.Contains(n, StringComparer.OrdinalIgnoreCase))
            : known.FirstOrDefault(k => k.Equals(imageColumn, StringComparison.OrdinalIgnoreCase));
        return found
            ?? throw new ArgumentException(
                $"{table} has no column {(imageColumn is null ? "of pictures' paths" : $"'{imageColumn}'")}; it has {string.Join(", ", known)}. Name it by --image-column."
            );
    }

    IEnumerable<Dictionary<string, object>> JsonRows(SkipLog log)
    {
        using var stream = TextFiles.Open(table);
        var number = 0;
        foreach (var line in Guarded(TextFiles.Lines(stream), log))
        {
            number++;
            behind += (line?.Length ?? 0) + 1;
            if (line is { Length: 0 })
                continue;
            var place = $"{Path.GetFileName(table)}:{number}";
            if (line is null)
                log.Add(place, PairFault.TooLarge, $"a line of more than {TextFiles.LargestText} bytes");
            else if (JsonFieldReader.Parse(line, why => log.LoseField(place, why), out var fault) is { } fields)
                yield return fields;
            else
                log.Add(place, TextFiles.Decode(line) is null ? PairFault.InvalidText : PairFault.Damaged, fault!);
        }
    }

    IEnumerable<Dictionary<string, object>> DelimitedRows(SkipLog log)
    {
        using var stream = TextFiles.Open(table);
        char? separator = TextFiles.WithoutGz(table).EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : null;
        string[]? names = null;
        foreach (var (line, values) in Guarded(DelimitedText.Rows(stream, separator), log))
        {
            var place = $"{Path.GetFileName(table)}:{line}";
            if (values is null)
            {
                if (names is null)
                    throw new InvalidDataException($"The header of {table} is no UTF-8. Save it as UTF-8.");
                log.Add(place, PairFault.InvalidText, "the row is no UTF-8");
                continue;
            }
            behind += values.Sum(v => (long)v.Length + 1);
            if (names is null)
            {
                names = [.. values.Select(v => v.Trim())];
                continue;
            }
            if (values.Length != names.Length)
            {
                log.Add(place, PairFault.Damaged, $"{values.Length} values under {names.Length} columns");
                continue;
            }
            var row = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < names.Length; i++)
                if (values[i].Length > 0)
                    row.TryAdd(names[i], Typed(values[i]));
            yield return row;
        }
    }

    // Numbers keep their type, so that conditions compare them as such; "007" and "1e5 volts" are texts.
    static object Typed(string value)
    {
        if (value[0] is not ('-' or '.' or (>= '0' and <= '9')))
            return value;
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole.ToString(CultureInfo.InvariantCulture) == value ? whole : value;
        return
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number
            : value;
    }

    // A packed table that is cut ends early, with what came before.
    IEnumerable<T> Guarded<T>(IEnumerable<T> items, SkipLog log)
    {
        using var each = items.GetEnumerator();
        while (true)
        {
            try
            {
                if (!each.MoveNext())
                    break;
            }
            catch (Exception error) when (error is IOException or InvalidDataException)
            {
                log.Add(Path.GetFileName(table), PairFault.TruncatedArchive, error.Message);
                break;
            }
            yield return each.Current;
        }
    }
}
