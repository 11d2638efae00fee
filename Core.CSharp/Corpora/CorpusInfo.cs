using System.Text.Json;
using System.Text.Json.Serialization;

namespace Research.Corpora;

/// <summary>A corpus folder's <c>corpus.json</c>.</summary>
public sealed record CorpusInfo
{
    /// <summary>The layout that this program reads and writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The file's name in the corpus's folder.</summary>
    public const string FileName = "corpus.json";

    static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    /// <summary>The layout's number.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The corpus's name, e.g. "emoji".</summary>
    public required string Name { get; init; }

    /// <summary>The side of its square pictures in pixels; 0 when they have many sizes.</summary>
    public required int ImageSize { get; init; }

    /// <summary>
    /// For a corpus whose pictures stayed where they were, the folder that shard names are relative to; null when the shards are in the
    /// corpus's folder.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>A hash of every caption, tag, class, side and picture; part of an experiment's identity.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>What it was built from: package to version, and the builder's version.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>The number of pairs.</summary>
    public required long Pairs { get; init; }

    /// <summary>Pairs by source.</summary>
    public required IReadOnlyDictionary<string, int> Sources { get; init; }

    /// <summary>Pairs by side.</summary>
    public required IReadOnlyDictionary<string, int> Splits { get; init; }

    /// <summary>Distinct items (things, whoever drew them) by side.</summary>
    public required IReadOnlyDictionary<string, int> Items { get; init; }

    /// <summary>Pairs left out because the same drawing is on a side nearer to the test.</summary>
    public int DroppedEqual { get; init; }

    /// <summary>Pairs left out because a drawing that looks the same is on a side nearer to the test.</summary>
    public int DroppedSimilar { get; init; }

    /// <summary>Drawings left out because they are blank at the corpus's size: every pixel is white.</summary>
    public int DroppedBlank { get; init; }

    /// <summary>Pictures left out, with the reason; for an import the first few of each reason, the rest being in its report.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; init; } = [];

    /// <summary>How many pairs an import left out, by reason.</summary>
    public IReadOnlyDictionary<string, int> SkippedByReason { get; init; } = new Dictionary<string, int>();

    /// <summary>What an import noticed that cost no pair, one sentence each: unreadable fields, files that are not pairs.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The manifest's columns beyond the fixed ones, which conditions may name.</summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];

    /// <summary>Seconds of building.</summary>
    public double BuildSeconds { get; init; }

    /// <summary>Reads a folder's file.</summary>
    /// <param name="folder">The corpus's folder.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not hold a corpus.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or in another format.</exception>
    public static CorpusInfo Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new DirectoryNotFoundException($"No corpus in {folder}: it has no {FileName}.");
        CorpusInfo? info;
        try
        {
            info = JsonSerializer.Deserialize<CorpusInfo>(File.ReadAllBytes(path), Options);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is damaged: {error.Message}", error);
        }
        if (info is null)
            throw new InvalidDataException($"{path} is damaged: it holds null.");
        if (info.Format != CurrentFormat)
            throw new InvalidDataException(
                $"{path}: format {info.Format}, but this program reads {CurrentFormat}. Run ./research data prepare {info.Name}."
            );
        return info;
    }

    /// <summary>Writes the file and forces it to the disk.</summary>
    public void Write(string folder)
    {
        using var file = File.Create(Path.Combine(folder, FileName));
        JsonSerializer.Serialize(file, this, Options);
        file.Flush(flushToDisk: true);
    }
}

/// <summary>A picture that was left out, and why.</summary>
/// <param name="Key">The pair's key.</param>
/// <param name="Reason">What was wrong with it.</param>
public sealed record SkippedImage(string Key, string Reason);
