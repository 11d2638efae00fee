using Microsoft.Data.Sqlite;

namespace Research.Corpora;

/// <summary>A manifest's annotations: what it says about its pairs beyond the fixed columns.</summary>
sealed class ManifestAnnotations : IDisposable
{
    readonly SqliteConnection connection;
    readonly SqliteCommand? command;
    readonly List<string> names = [];

    /// <param name="path">The manifest.</param>
    public ManifestAnnotations(string path)
    {
        connection = Manifest.Connect(path, SqliteOpenMode.ReadOnly);
        var own = ManifestWriter.OwnColumns.Split(", ").ToHashSet(StringComparer.OrdinalIgnoreCase);
        using (var columns = connection.CreateCommand())
        {
            columns.CommandText = "SELECT name FROM pragma_table_info('pairs')";
            using var row = columns.ExecuteReader();
            while (row.Read())
                if (!own.Contains(row.GetString(0)))
                    names.Add(row.GetString(0));
        }
        if (names.Count == 0)
            return;
        command = connection.CreateCommand();
        command.CommandText =
            $"SELECT {string.Join(", ", names.Select(n => $"\"{n.Replace("\"", "\"\"")}\""))} FROM pairs WHERE id = $id";
        command.Parameters.Add(new SqliteParameter("$id", 0L));
    }

    /// <summary>A row's annotations by column: strings, 64-bit integers and doubles; missing ones are absent.</summary>
    public Dictionary<string, object> Of(long id)
    {
        var found = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        if (command is null)
            return found;
        command.Parameters[0].Value = id;
        using var row = command.ExecuteReader();
        if (row.Read())
            for (var i = 0; i < names.Count; i++)
                if (!row.IsDBNull(i))
                    found.Add(names[i], row.GetValue(i));
        return found;
    }

    /// <summary>Closes the manifest.</summary>
    public void Dispose()
    {
        command?.Dispose();
        connection.Dispose();
    }
}
