using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Research.Corpora;
using Research.Corpora.Import;
using Research.Imaging;
using Research.Randomness;

namespace Research.Tests.Corpora.Import;

/// <summary>A folder with somebody's data set in it, and a place for the corpus that is made of it.</summary>
sealed class DataFolder : IDisposable
{
    readonly DirectoryInfo parent = Directory.CreateTempSubdirectory();

    public DataFolder() => Source = Directory.CreateDirectory(Path.Combine(parent.FullName, "data")).FullName;

    public string Source { get; }

    public string Target => Path.Combine(parent.FullName, "corpus");

    public string Parent => parent.FullName;

    /// <summary>A PNG of random blocks; equal numbers give equal bytes.</summary>
    public static byte[] Picture(int number, int width = 40, int height = 30)
    {
        var random = new SeededRandom((ulong)number);
        var colours = Enumerable.Range(0, 64 * 3).Select(_ => (byte)random.NextInt(256)).ToArray();
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        for (var x = 0; x < width; x++)
        for (var c = 0; c < 3; c++)
            pixels[(y * width + x) * 3 + c] = colours[(y * 8 / height * 8 + x * 8 / width) * 3 + c];
        return Png.Encode(new RgbImage(width, height, pixels));
    }

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Source, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    /// <summary>A shard as other programs write it, members in the given order.</summary>
    public string Shard(string name, params (string Name, byte[] Content)[] members)
    {
        var path = Path.Combine(Source, name);
        File.WriteAllBytes(path, Archive(members));
        return path;
    }

    public static byte[] Archive(params (string Name, byte[] Content)[] members)
    {
        using var stream = new MemoryStream();
        using (var tar = new System.Formats.Tar.TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
            foreach (var (member, content) in members)
                tar.WriteEntry(
                    new UstarTarEntry(TarEntryType.RegularFile, member) { DataStream = new MemoryStream(content) }
                );
        return stream.ToArray();
    }

    /// <summary>The three members of a pair in img2dataset's layout.</summary>
    public static (string, byte[])[] Pair(string key, int picture, string caption, string more = "") =>
        [
            (key + ".png", Picture(picture)),
            (key + ".txt", Text(caption)),
            (key + ".json", Text($"{{\"key\":\"{key}\",\"caption\":\"{caption}\",\"status\":\"success\"{more}}}")),
        ];

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Pack(byte[] content)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return to.ToArray();
    }

    public ImportOptions Options(string? source = null) =>
        new()
        {
            Source = source is null ? Source : Path.Combine(Source, source),
            Name = "mine",
            LargestSkippedShare = 0,
            Threads = 2,
        };

    /// <summary>Imports and opens.</summary>
    public Corpus Import(ImportOptions options)
    {
        CorpusImporter.Import(options, Target);
        return Corpus.Open(Target);
    }

    public void Dispose() => parent.Delete(recursive: true);
}
