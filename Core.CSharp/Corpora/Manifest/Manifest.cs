using Microsoft.Data.Sqlite;

namespace Research.Corpora;

/// <summary>The SQLite file of a corpus: table <c>pairs</c>, one row per pair.</summary>
static class Manifest
{
    public const string FileName = "manifest.sqlite";

    /// <summary>Creates the file and inserts the rows, in one transaction.</summary>
    public static void Write(string path, IEnumerable<(CorpusEntry Entry, byte[] Content)> entries)
    {
        using var writer = new ManifestWriter(path);
        foreach (var (entry, content) in entries)
            writer.Add(entry, content);
        writer.Commit();
    }

    /// <summary>The rows that pass all given filters, in the order of ids.</summary>
    /// <exception cref="ArgumentException">The SQL condition is not valid.</exception>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public static List<CorpusEntry> Read(string path, Split? split, IReadOnlyCollection<string>? sources, string? where)
    {
        using var query = new ManifestQuery(path, split, sources, where);
        return query.All();
    }

    /// <summary>A split's name in files: train, validation, test.</summary>
    public static string NameOf(Split split) => split.ToString().ToLowerInvariant();

    public static Split SplitOf(string name) =>
        Enum.TryParse<Split>(name, ignoreCase: true, out var split)
            ? split
            : throw new InvalidDataException(
                $"The manifest names the split '{name}'; known are train, validation, test."
            );

    public static SqliteConnection Connect(string path, SqliteOpenMode mode)
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

    public static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
