using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Research.Imaging;

namespace Research.Corpora;

/// <summary>The result of a verification.</summary>
/// <param name="Pairs">Pairs checked.</param>
/// <param name="Bytes">Bytes of pictures read.</param>
/// <param name="Faults">What is wrong, by the pairs' keys; empty when all is well.</param>
public sealed record VerifyReport(long Pairs, long Bytes, IReadOnlyList<SkippedImage> Faults);

/// <summary>Checks a corpus's shards against its manifest: every picture's hash, and that it decodes to the stated size.</summary>
public static class CorpusVerifier
{
    const int Rows = 4096;

    /// <summary>Reads everything once, over all cores, some thousand rows at a time.</summary>
    /// <exception cref="InvalidDataException">The manifest is missing or damaged.</exception>
    public static VerifyReport Verify(
        Corpus corpus,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(corpus);
        using var query = new ManifestQuery(corpus.ManifestPath, null, null, null);
        var (count, firsts) = query.Blocks(Rows);
        var faults = new ConcurrentBag<SkippedImage>();
        var (done, bytes) = (0L, 0L);
        if (count != corpus.Info.Pairs)
            faults.Add(
                new SkippedImage("", $"corpus.json states {corpus.Info.Pairs} pairs, but the manifest has {count}")
            );
        for (var i = 0; i < firsts.Length; i++)
        {
            var entries = query.Range(firsts[i], i + 1 < firsts.Length ? firsts[i + 1] : long.MaxValue);
            var contents = Contents(corpus.ManifestPath, entries[0].Id, entries[^1].Id);
            Parallel.ForEach(
                entries,
                new ParallelOptions { CancellationToken = cancellation },
                entry =>
                {
                    Interlocked.Add(ref bytes, entry.Size);
                    if (Fault(corpus, entry, contents.GetValueOrDefault(entry.Id)) is { } fault)
                        faults.Add(new SkippedImage(entry.Key, fault));
                }
            );
            done += entries.Count;
            progress?.Report(new PrepareProgress("verifying", (int)done, (int)count));
        }
        return new(done, bytes, [.. faults.OrderBy(f => f.Key, StringComparer.Ordinal)]);
    }

    static string? Fault(Corpus corpus, CorpusEntry entry, byte[]? content)
    {
        try
        {
            var file = corpus.ReadImage(entry);
            if (content is not null)
                return SHA256.HashData(file).AsSpan(0, 16).SequenceEqual(content)
                    ? null
                    : "the picture's bytes do not match the manifest's hash";
            // Older programs' manifests have no hash of the bytes, only one of the picture.
            var picture = ImageDecoder.Decode(file);
            return PerceptualHash.Of(picture) == entry.PerceptualHash
                ? null
                : "the picture does not match the manifest's perceptual hash";
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            return error.Message;
        }
    }

    static Dictionary<long, byte[]> Contents(string path, long first, long last)
    {
        var contents = new Dictionary<long, byte[]>();
        using var connection = Manifest.Connect(path, SqliteOpenMode.ReadOnly);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM pragma_table_info('pairs') WHERE name = 'content'";
        if ((long)command.ExecuteScalar()! == 0)
            return contents;
        command.CommandText = "SELECT id, content FROM pairs WHERE id BETWEEN $first AND $last AND content IS NOT NULL";
        command.Parameters.AddWithValue("$first", first);
        command.Parameters.AddWithValue("$last", last);
        using var row = command.ExecuteReader();
        while (row.Read())
            contents.Add(row.GetInt64(0), (byte[])row.GetValue(1));
        return contents;
    }
}
