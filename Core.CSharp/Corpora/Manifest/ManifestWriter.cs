using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace Research.Corpora;

/// <summary>
/// Writes a manifest row by row, in one transaction, so that memory does not grow with the corpus. An annotation becomes a column when
/// it first occurs.
/// </summary>
sealed partial class ManifestWriter : IDisposable
{
    /// <summary>The columns that every manifest has.</summary>
    public const string FixedColumns =
        "id, key, caption, tags, concept, source, grp, subgroup, split, licence, phash, shard, offset, size, width, height";

    /// <summary>The columns that are not annotations.</summary>
    public const string OwnColumns = FixedColumns + ", alternatives, content";
    const int MostAnnotations = 256;
    const int MostNamed = 20;
    const int UniqueViolation = 2067; // SQLITE_CONSTRAINT_UNIQUE

    readonly SqliteConnection connection;
    readonly SqliteTransaction transaction;
    readonly HashSet<string> reserved = new(OwnColumns.Split(", "), StringComparer.OrdinalIgnoreCase) { "rowid" };
    readonly List<string> annotations = [];
    readonly SortedSet<string> noColumns = new(StringComparer.Ordinal);
    SqliteCommand insert;

    public ManifestWriter(string path)
    {
        connection = Manifest.Connect(path, SqliteOpenMode.ReadWriteCreate);
        Manifest.Execute(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
        Manifest.Execute(
            connection,
            """
            CREATE TABLE pairs (
                id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, caption TEXT NOT NULL, tags TEXT NOT NULL,
                concept TEXT NOT NULL, source TEXT NOT NULL, grp TEXT NOT NULL, subgroup TEXT NOT NULL,
                split TEXT NOT NULL, licence TEXT NOT NULL, phash INTEGER NOT NULL,
                shard TEXT NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
                width INTEGER NOT NULL, height INTEGER NOT NULL,
                alternatives TEXT NOT NULL DEFAULT '[]', content BLOB);
            """
        );
        transaction = connection.BeginTransaction();
        insert = Insert();
    }

    /// <summary>Columns beyond the fixed ones, in order of first occurrence.</summary>
    public IReadOnlyList<string> Annotations => annotations;

    SqliteCommand Insert()
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        string[] names = [.. OwnColumns.Split(", "), .. annotations];
        command.CommandText =
            $"INSERT INTO pairs ({string.Join(", ", names.Select(n => $"\"{n}\""))}) VALUES ({string.Join(", ", names.Select((_, i) => $"$p{i}"))})";
        for (var i = 0; i < names.Length; i++)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"$p{i}", Value = DBNull.Value });
        return command;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="e">The pair.</param>
    /// <param name="content">The first 16 bytes of the SHA-256 of the encoded picture.</param>
    /// <param name="fields">Annotations: strings, 64-bit integers and doubles by name.</param>
    /// <returns>False when another row has its key: nothing was added.</returns>
    public bool Add(CorpusEntry e, byte[] content, IReadOnlyDictionary<string, object>? fields = null)
    {
        var named = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in fields ?? new Dictionary<string, object>())
            if (named.TryAdd(ColumnOf(name), value))
                Learn(ColumnOf(name));
        object[] values =
        [
            e.Id,
            e.Key,
            e.Caption,
            JsonSerializer.Serialize(e.Tags),
            e.Concept,
            e.Source,
            e.Group,
            e.Subgroup,
            Manifest.NameOf(e.Split),
            e.Licence,
            unchecked((long)e.PerceptualHash),
            e.Shard,
            e.Offset,
            e.Size,
            e.Width,
            e.Height,
            JsonSerializer.Serialize(e.Alternatives),
            content,
        ];
        for (var i = 0; i < values.Length; i++)
            insert.Parameters[i].Value = values[i];
        for (var i = 0; i < annotations.Count; i++)
            insert.Parameters[values.Length + i].Value = named.GetValueOrDefault(annotations[i]) ?? DBNull.Value;
        try
        {
            insert.ExecuteNonQuery();
            return true;
        }
        catch (SqliteException error) when (error.SqliteExtendedErrorCode == UniqueViolation)
        {
            return false;
        }
    }

    // "Aesthetic score" becomes the column Aesthetic_score, so that conditions can name it without quotes.
    static string ColumnOf(string name) => Stranger().Replace(name.Trim(), "_");

    /// <summary>Some fields that did not become columns, because their names are not words or there are too many.</summary>
    public IReadOnlyCollection<string> NoColumns => noColumns;

    void Learn(string name)
    {
        if (reserved.Contains(name))
            return;
        if (annotations.Count == MostAnnotations || !ColumnName().IsMatch(name))
        {
            if (noColumns.Count < MostNamed)
                noColumns.Add(name);
            return;
        }
        reserved.Add(name);
        annotations.Add(name);
        Manifest.Execute(connection, $"ALTER TABLE pairs ADD COLUMN \"{name}\"", transaction);
        insert.Dispose();
        insert = Insert();
    }

    /// <summary>
    /// Removes pairs whose picture is also on a side nearer to the test: the same file, or one with the same perceptual hash and shape
    /// (a hash with few bits, as of flat pictures, is ignored).
    /// </summary>
    public (int Equal, int Similar) RemoveLeaks()
    {
        Manifest.Execute(
            connection,
            "CREATE INDEX leak_content ON pairs (content); CREATE INDEX leak_phash ON pairs (phash);",
            transaction
        );
        int equal = 0,
            similar = 0;
        foreach (var (side, nearer) in new[] { ("train", "'validation', 'test'"), ("validation", "'test'") })
        {
            equal += Delete(
                $"""
                split = '{side}' AND EXISTS (SELECT 1 FROM pairs AS o WHERE o.content = pairs.content AND o.split IN ({nearer}))
                """
            );
            similar += Delete(
                $"""
                split = '{side}' AND bits(phash) BETWEEN 8 AND 56 AND EXISTS (
                    SELECT 1 FROM pairs AS o WHERE o.phash = pairs.phash AND o.split IN ({nearer})
                    AND abs(o.width * pairs.height - o.height * pairs.width) * 20 <= o.width * pairs.height)
                """
            );
        }
        Manifest.Execute(connection, "DROP INDEX leak_content; DROP INDEX leak_phash;", transaction);
        return (equal, similar);
    }

    int Delete(string condition)
    {
        connection.CreateFunction("bits", (long hash) => System.Numerics.BitOperations.PopCount((ulong)hash));
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"DELETE FROM pairs WHERE {condition}";
        return command.ExecuteNonQuery();
    }

    /// <summary>Counts rows by a column or expression.</summary>
    public SortedDictionary<string, int> Count(string by, string what = "*")
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SELECT {by}, COUNT({what}) FROM pairs GROUP BY 1";
        using var row = command.ExecuteReader();
        while (row.Read())
            counts.Add(row.GetString(0), row.GetInt32(1));
        return counts;
    }

    /// <summary>A hash over all rows: every caption, tag, class, side and picture, and every annotation.</summary>
    public string Fingerprint()
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(
            System.Security.Cryptography.HashAlgorithmName.SHA256
        );
        string[] columns =
        [
            "key",
            "caption",
            "tags",
            "alternatives",
            "concept",
            "source",
            "grp",
            "subgroup",
            "split",
            "hex(content)",
            .. annotations.Order(StringComparer.Ordinal).Select(a => $"\"{a}\""),
        ];
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SELECT {string.Join(", ", columns)} FROM pairs ORDER BY key";
        using var row = command.ExecuteReader();
        var values = new object[columns.Length];
        while (row.Read())
        {
            row.GetValues(values);
            var line = string.Join(
                '\u001F',
                values.Select(v => Convert.ToString(v, System.Globalization.CultureInfo.InvariantCulture))
            );
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(line + "\u001E"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    /// <summary>Finishes writing: the rows are in the file.</summary>
    public void Commit()
    {
        transaction.Commit();
        Manifest.Execute(connection, "CREATE INDEX pairs_split_source ON pairs (split, source); ANALYZE;");
    }

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{Nd}_]{0,63}$")]
    private static partial Regex ColumnName();

    [GeneratedRegex(@"[^\p{L}\p{Nd}_]+")]
    private static partial Regex Stranger();

    /// <summary>Closes the file; what was not committed is undefined.</summary>
    public void Dispose()
    {
        insert.Dispose();
        transaction.Dispose();
        connection.Dispose();
    }
}
