using System.Text.Encodings.Web;
using System.Text.Json;
using Research.Printing;

namespace Research.Corpora.Import;

/// <summary>Something that was left out.</summary>
/// <param name="Place">The pair's key or the file's name.</param>
/// <param name="Fault">The kind of reason.</param>
/// <param name="Reason">What was wrong.</param>
public sealed record SkippedPair(string Place, PairFault Fault, string Reason);

/// <summary>
/// Counts what was left out by kind, keeps the first few of each kind, and writes all of them to a file, a line of JSON each. Thread-safe.
/// </summary>
public sealed class SkipLog : IDisposable
{
    /// <summary>How many of each kind are kept in memory.</summary>
    public const int KeptOfEach = 20;

    static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    readonly SortedDictionary<PairFault, int> counts = [];
    readonly List<SkippedPair> examples = [];
    readonly Lock sync = new();
    readonly TextWriter? file;
    string? firstLostField;

    /// <summary>An empty log.</summary>
    /// <param name="path">Where to write every item; null for nowhere.</param>
    public SkipLog(string? path = null) => file = path is null ? null : new StreamWriter(path);

    /// <summary>Takes an item in.</summary>
    public void Add(string place, PairFault fault, string reason)
    {
        lock (sync)
        {
            counts[fault] = counts.GetValueOrDefault(fault) + 1;
            Total++;
            if (counts[fault] <= KeptOfEach)
                examples.Add(new SkippedPair(place, fault, reason));
            file?.WriteLine(
                PrintableText.Of(
                    JsonSerializer.Serialize(
                        new
                        {
                            place,
                            fault = fault.ToString(),
                            reason,
                        },
                        Options
                    )
                )
            );
        }
    }

    /// <summary>Counts a file whose name begins with a dot, such as those in which macOS keeps what its archives know of a file.</summary>
    public void PassOver()
    {
        lock (sync)
            PassedOver++;
    }

    /// <summary>How many such files there were; they are no pairs, so none was lost.</summary>
    public int PassedOver { get; private set; }

    /// <summary>Notes a field that cannot be read; its pair lives unless it lacks the field, and then counts as left out by itself.</summary>
    public void LoseField(string place, string reason)
    {
        lock (sync)
        {
            LostFields++;
            firstLostField ??= $"{place}: {reason}";
        }
    }

    /// <summary>How many fields could not be read.</summary>
    public int LostFields { get; private set; }

    /// <summary>What cost no pair, a sentence each: fields that could not be read, files passed over.</summary>
    public IReadOnlyList<string> Remarks
    {
        get
        {
            lock (sync)
                return
                [
                    .. LostFields > 0 ? new[] { $"{LostFields} fields could not be read ({firstLostField})" } : [],
                    .. PassedOver > 0
                        ? new[] { $"{PassedOver} files whose names begin with a dot were passed over" }
                        : [],
                ];
        }
    }

    /// <summary>How many items.</summary>
    public int Total { get; private set; }

    /// <summary>How many of each kind.</summary>
    public IReadOnlyDictionary<PairFault, int> Counts
    {
        get
        {
            lock (sync)
                return new SortedDictionary<PairFault, int>(counts);
        }
    }

    /// <summary>The first items of each kind.</summary>
    public IReadOnlyList<SkippedPair> Examples
    {
        get
        {
            lock (sync)
                return [.. examples];
        }
    }

    /// <summary>One line: counts by kind, and an example of each.</summary>
    public override string ToString()
    {
        var remarks = string.Concat(Remarks.Select(r => "; " + r));
        if (Total == 0)
            return "nothing left out" + remarks;
        var (all, first) = (Counts, Examples.DistinctBy(e => e.Fault).ToDictionary(e => e.Fault));
        return $"{Total} left out: "
            + string.Join("; ", all.Select(c => $"{c.Value} {c.Key} ({first[c.Key].Place}: {first[c.Key].Reason})"))
            + remarks;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file?.Dispose();
}
