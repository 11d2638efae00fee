using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Research.Corpora;

/// <summary>The rows of a manifest that pass some filters: all of them, or a range at a time. Thread-safe.</summary>
sealed class ManifestQuery : IDisposable
{
    readonly string path;
    readonly string? where;
    readonly SqliteConnection connection;
    readonly List<SqliteParameter> parameters = [];
    string condition;
    readonly string columns;
    readonly Lock sync = new();

    /// <exception cref="ArgumentException">The SQL condition is not valid.</exception>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public ManifestQuery(
        string path,
        Split? split,
        IReadOnlyCollection<string>? sources,
        string? where,
        CorpusPart? part = null,
        TimeSpan? limit = null
    )
    {
        (this.path, this.where) = (path, where);
        if (!File.Exists(path))
            throw new InvalidDataException($"The corpus's manifest {path} is missing. Prepare the corpus again.");
        var sql = new StringBuilder("1");
        if (split is { } side)
        {
            sql.Append(" AND split = $split");
            parameters.Add(new SqliteParameter("$split", Manifest.NameOf(side)));
        }
        if (sources is not null)
        {
            var first = parameters.Count;
            parameters.AddRange(sources.Select((source, i) => new SqliteParameter($"$source{i}", source)));
            sql.Append($" AND source IN ({string.Join(", ", parameters.Skip(first).Select(p => p.ParameterName))})");
        }
        if (!string.IsNullOrWhiteSpace(where))
            sql.Append($" AND (\n{where}\n)");
        condition = sql.ToString();
        SqliteConnection? opened = null;
        try
        {
            connection = opened = Manifest.Connect(path, SqliteOpenMode.ReadOnly);
            if (!string.IsNullOrWhiteSpace(where))
                Bound(limit);
            columns = ManifestWriter.FixedColumns + (HasAlternatives() ? ", alternatives" : ", '[]'");
            Check();
            if (part is { Fraction: not 1 })
                Restrict(part);
        }
        catch (SqliteException error)
        {
            opened?.Dispose();
            throw Named(error);
        }
        catch
        {
            opened?.Dispose();
            throw;
        }
    }

    // A condition may come from anyone: it must neither run for ever nor exhaust the memory.
    void Bound(TimeSpan? limit)
    {
        using (var last = connection.CreateCommand())
        {
            last.CommandText = "SELECT COALESCE(MAX(id), 0) FROM pairs";
            patience = limit ?? Patience + (long)last.ExecuteScalar()! * PatienceOfRow;
        }
        raw.sqlite3_limit(connection.Handle!, raw.SQLITE_LIMIT_LENGTH, MostOfValue);
        raw.sqlite3_progress_handler(
            connection.Handle!,
            InstructionsBetween,
            _ => clock.IsRunning && clock.Elapsed > patience ? 1 : 0,
            null
        );
    }

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan PatienceOfRow = TimeSpan.FromMicroseconds(20);
    const int InstructionsBetween = 10_000;
    const int MostOfValue = 256 << 20;
    const int DamagedFile = 11; // SQLITE_CORRUPT
    const int NoDatabase = 26; // SQLITE_NOTADB
    const int Unreadable = 10; // SQLITE_IOERR
    const int Interrupted = 9; // SQLITE_INTERRUPT

    readonly Stopwatch clock = new();
    TimeSpan patience;

    // Either the file is at fault or the condition.
    Exception Named(SqliteException error) =>
        string.IsNullOrWhiteSpace(where) || error.SqliteErrorCode is DamagedFile or NoDatabase or Unreadable
            ? new InvalidDataException($"The corpus's manifest {path} is damaged: {error.Message}", error)
        : error.SqliteErrorCode == Interrupted
            ? new ArgumentException(
                $"The corpus filter '{where}' was stopped after {patience.TotalSeconds:0.#} s: it takes too long for each row.",
                nameof(where),
                error
            )
        : new ArgumentException(
            $"The corpus filter '{where}' cannot be carried out: {error.Message} Functions that reach outside the manifest are not allowed.",
            nameof(where),
            error
        );

    // Older programs' manifests have no such column.
    bool HasAlternatives()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM pragma_table_info('pairs') WHERE name = 'alternatives'";
        return (long)command.ExecuteScalar()! > 0;
    }

    void Check()
    {
        using var select = Command(columns, "");
        try
        {
            select.Prepare();
        }
        catch (SqliteException error) when (error.SqliteErrorCode == 1 && !string.IsNullOrWhiteSpace(where))
        {
            using var names = connection.CreateCommand();
            names.CommandText = "SELECT group_concat(name, ', ') FROM pragma_table_info('pairs')";
            throw new ArgumentException(
                $"The corpus filter '{where}' is not an SQL condition over the columns {names.ExecuteScalar()}: {error.Message}",
                nameof(where),
                error
            );
        }
    }

    // A function of their keys decides for each row whether it is in the part: no list of rows is held.
    void Restrict(CorpusPart part)
    {
        var last = part.Last(Keys);
        connection.CreateFunction(
            "research_in_part",
            (long id, string key) => part.Holds(id, key, last),
            isDeterministic: true
        );
        condition += " AND research_in_part(id, key)";
    }

    IEnumerable<(long Id, string Key)> Keys()
    {
        using var command = Command("id, key", "");
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return (row.GetInt64(0), row.GetString(1));
    }

    SqliteCommand Command(string what, string more)
    {
        var command = connection.CreateCommand();
        command.CommandText = $"SELECT {what} FROM pairs WHERE {condition}{more} ORDER BY id";
        foreach (var parameter in parameters)
            command.Parameters.AddWithValue(parameter.ParameterName, parameter.Value);
        return command;
    }

    /// <summary>All rows, in the order of ids.</summary>
    public List<CorpusEntry> All() => Locked(() => Rows(Command(columns, "")));

    /// <summary>The rows with ids in [<paramref name="first"/>, <paramref name="end"/>).</summary>
    public List<CorpusEntry> Range(long first, long end) =>
        Locked(() =>
        {
            var command = Command(columns, " AND id >= $first AND id < $end");
            command.Parameters.AddWithValue("$first", first);
            command.Parameters.AddWithValue("$end", end);
            return Rows(command);
        });

    /// <summary>
    /// The number of rows, and the id of every <paramref name="block"/>-th of them from the first on: enough to find any row.
    /// </summary>
    public (long Count, long[] Firsts) Blocks(int block) =>
        Locked(() =>
        {
            var firsts = new List<long>();
            var count = 0L;
            using var command = Command("id", "");
            using var row = command.ExecuteReader();
            for (; row.Read(); count++)
                if (count % block == 0)
                    firsts.Add(row.GetInt64(0));
            return (count, firsts.ToArray());
        });

    /// <summary>The number of rows.</summary>
    public long Count() => Locked(() => Scalar("COUNT(*)", ""));

    /// <summary>Whether any row has a group or a subgroup.</summary>
    public bool HasGroups() => Locked(() => Scalar("1", " AND (grp <> '' OR subgroup <> '')") == 1);

    long Scalar(string what, string more)
    {
        using var command = Command(what, more);
        return command.ExecuteScalar() as long? ?? 0;
    }

    T Locked<T>(Func<T> read)
    {
        lock (sync)
            try
            {
                clock.Restart();
                return read();
            }
            catch (SqliteException error)
            {
                throw Named(error);
            }
            finally
            {
                clock.Stop();
            }
    }

    static List<CorpusEntry> Rows(SqliteCommand command)
    {
        using var select = command;
        var entries = new List<CorpusEntry>();
        using var row = select.ExecuteReader();
        while (row.Read())
            entries.Add(
                new CorpusEntry(
                    row.GetInt64(0),
                    row.GetString(1),
                    row.GetString(2),
                    Words(row.GetString(3)),
                    row.GetString(4),
                    row.GetString(5),
                    row.GetString(6),
                    row.GetString(7),
                    Manifest.SplitOf(row.GetString(8)),
                    row.GetString(9),
                    unchecked((ulong)row.GetInt64(10)),
                    row.GetString(11),
                    row.GetInt64(12),
                    row.GetInt32(13)
                )
                {
                    Width = row.GetInt32(14),
                    Height = row.GetInt32(15),
                    Alternatives = Words(row.GetString(16)),
                }
            );
        return entries;
    }

    static string[] Words(string json) => json == "[]" ? [] : JsonSerializer.Deserialize<string[]>(json) ?? [];

    /// <summary>Closes the file.</summary>
    public void Dispose() => connection.Dispose();
}
