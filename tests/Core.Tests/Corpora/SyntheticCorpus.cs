using System.Text;
using Research.Corpora;
using Research.Corpora.Build;

namespace Research.Tests.Corpora;

/// <summary>A small corpus of drawings made up here, built in a folder of its own that goes with it.</summary>
sealed class SyntheticCorpus : IDisposable
{
    public const int Concepts = 80;
    public static readonly string[] Sources = ["pen", "brush", "ink"];
    readonly DirectoryInfo parent = Directory.CreateTempSubdirectory();

    public SyntheticCorpus() => Folder = Path.Combine(parent.FullName, "shapes-16");

    public string Folder { get; }

    public string Parent => parent.FullName;

    /// <summary>A drawing that no other concept and source has: cells of a 4 x 4 grid filled by the bits of a number.</summary>
    public static byte[] Drawing(int concept, int source)
    {
        var svg = new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\">");
        var bits = new Research.Randomness.SeededRandom((ulong)concept).NextUInt64();
        for (var cell = 0; cell < 16; cell++)
            if ((bits >> cell & 1) == 1)
                svg.Append(
                    $"<path fill=\"hsl({(bits >> 16) % 360},90%,{30 + 15 * source}%)\" d=\"M{cell % 4} {cell / 4}h1v1h-1z\"/>"
                );
        return Encoding.UTF8.GetBytes(svg.Append("</svg>").ToString());
    }

    public static List<DrawnPair> Pairs() =>
        [
            .. from concept in Enumerable.Range(0, Concepts)
            from source in Enumerable.Range(0, Sources.Length)
            select new DrawnPair(
                $"{Sources[source]}/c{concept:D3}",
                $"shape {concept}",
                concept % 3 == 0 ? [] : ["grid", $"tag{concept % 7}", "shape"],
                $"c{concept:D3}",
                Sources[source],
                $"group{concept % 2}",
                $"sub{concept % 5}",
                "CC0-1.0",
                Drawing(concept, source)
            ),
        ];

    public static CorpusBuilder Builder() =>
        new()
        {
            Name = "shapes",
            ImageSize = 16,
            Splits = new SplitRule("shapes", 0.2, 0.15),
            Inputs = new Dictionary<string, string> { ["shapes"] = "1" },
        };

    public CorpusInfo Build(IEnumerable<DrawnPair>? pairs = null)
    {
        var builder = Builder();
        builder.Add(pairs ?? Pairs());
        return builder.Write(Folder);
    }

    /// <summary>Damages a pair's picture where it stands.</summary>
    public void Overwrite(CorpusEntry entry, int at, byte[] bytes)
    {
        using var shard = new FileStream(
            Path.Combine(Folder, entry.Shard),
            FileMode.Open,
            FileAccess.Write,
            FileShare.ReadWrite
        );
        shard.Position = entry.Offset + at;
        shard.Write(bytes);
    }

    public void Dispose() => parent.Delete(recursive: true);
}
