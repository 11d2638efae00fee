using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Research.Corpora;

/// <summary>The SQLite file of a corpus: table <c>pairs</c>, one row a pair.</summary>
static class Manifest
{
    public const string FileName = "manifest.sqlite";
    const string Columns =
        "id, key, caption, tags, concept, source, grp, subgroup, split, licence, phash, shard, offset, size, width, height";

    /// <summary>Creates the file and inserts the rows, in one transaction.</summary>
    public static void Write(string path, int imageSize, IEnumerable<CorpusEntry> entries)
    {
        using var connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        Execute(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
        Execute(
            connection,
            """
            CREATE TABLE pairs (
                id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, caption TEXT NOT NULL, tags TEXT NOT NULL,
                concept TEXT NOT NULL, source TEXT NOT NULL, grp TEXT NOT NULL, subgroup TEXT NOT NULL,
                split TEXT NOT NULL, licence TEXT NOT NULL, phash INTEGER NOT NULL,
                shard TEXT NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
                width INTEGER NOT NULL, height INTEGER NOT NULL);
            """
        );
        using (var transaction = connection.BeginTransaction())
        {
            using var insert = connection.CreateCommand();
            insert.Transaction = transaction;
            var names = Columns.Split(", ");
            insert.CommandText =
                $"INSERT INTO pairs ({Columns}) VALUES ({string.Join(", ", names.Select(n => "$" + n))})";
            foreach (var name in names)
                insert.Parameters.Add(new SqliteParameter { ParameterName = "$" + name });
            foreach (var e in entries)
            {
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
                    NameOf(e.Split),
                    e.Licence,
                    unchecked((long)e.PerceptualHash),
                    e.Shard,
                    e.Offset,
                    e.Size,
                    imageSize,
                    imageSize,
                ];
                for (var i = 0; i < values.Length; i++)
                    insert.Parameters[i].Value = values[i];
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
        }
        Execute(connection, "CREATE INDEX pairs_split_source ON pairs (split, source); ANALYZE;");
    }

    /// <summary>The rows that pass all given filters, in the order of ids.</summary>
    /// <exception cref="ArgumentException">The SQL condition is not valid.</exception>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public static List<CorpusEntry> Read(string path, Split? split, IReadOnlyCollection<string>? sources, string? where)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"The corpus's manifest {path} is missing. Prepare the corpus again.");
        try
        {
            using var connection = Connect(path, SqliteOpenMode.ReadOnly);
            using var select = connection.CreateCommand();
            var sql = new StringBuilder($"SELECT {Columns} FROM pairs WHERE 1");
            if (split is { } side)
            {
                sql.Append(" AND split = $split");
                select.Parameters.AddWithValue("$split", NameOf(side));
            }
            if (sources is not null)
            {
                var places = sources.Select(
                    (source, i) => select.Parameters.AddWithValue($"$source{i}", source).ParameterName
                );
                sql.Append($" AND source IN ({string.Join(", ", places)})");
            }
            if (!string.IsNullOrWhiteSpace(where))
                sql.Append($" AND (\n{where}\n)");
            select.CommandText = sql.Append(" ORDER BY id").ToString();
            return Rows(select, where);
        }
        catch (SqliteException error)
        {
            throw new InvalidDataException($"The corpus's manifest {path} is damaged: {error.Message}", error);
        }
    }

    static List<CorpusEntry> Rows(SqliteCommand select, string? where)
    {
        try
        {
            select.Prepare();
        }
        catch (SqliteException error) when (error.SqliteErrorCode == 1 && !string.IsNullOrWhiteSpace(where))
        {
            throw new ArgumentException(
                $"The corpus filter '{where}' is no SQL condition over the columns {Columns}: {error.Message}",
                nameof(where),
                error
            );
        }
        var entries = new List<CorpusEntry>();
        using var row = select.ExecuteReader();
        while (row.Read())
            entries.Add(
                new CorpusEntry(
                    row.GetInt64(0),
                    row.GetString(1),
                    row.GetString(2),
                    JsonSerializer.Deserialize<string[]>(row.GetString(3)) ?? [],
                    row.GetString(4),
                    row.GetString(5),
                    row.GetString(6),
                    row.GetString(7),
                    SplitOf(row.GetString(8)),
                    row.GetString(9),
                    unchecked((ulong)row.GetInt64(10)),
                    row.GetString(11),
                    row.GetInt64(12),
                    row.GetInt32(13)
                )
            );
        return entries;
    }

    /// <summary>A split's name in files: train, validation, test.</summary>
    public static string NameOf(Split split) => split.ToString().ToLowerInvariant();

    static Split SplitOf(string name) =>
        Enum.TryParse<Split>(name, ignoreCase: true, out var split)
            ? split
            : throw new InvalidDataException($"The manifest names the split '{name}'; known: train, validation, test.");

    static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
        };
        var connection = new SqliteConnection(text.ConnectionString);
        connection.Open();
        return connection;
    }

    static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
