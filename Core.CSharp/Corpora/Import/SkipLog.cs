using System.Text.Encodings.Web;
using System.Text.Json;
using Research.Printing;

namespace Research.Corpora.Import;

/// <summary>An item that was left out.</summary>
/// <param name="Place">The pair's key or the file's name.</param>
/// <param name="Fault">The kind of reason.</param>
/// <param name="Reason">What was wrong.</param>
public sealed record SkippedPair(string Place, PairFault Fault, string Reason);

/// <summary>
/// Counts the items left out by kind, keeps the first few of each kind, and writes all of them to a file, one line of JSON each. Thread-safe.
/// </summary>
public sealed class SkipLog : IDisposable
{
    /// <summary>How many of each kind are kept in memory.</summary>
    public const int KeptOfEach = 20;

    const int MostNotes = 20;

    static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    readonly SortedDictionary<PairFault, int> counts = [];
    readonly List<SkippedPair> examples = [];
    readonly SortedDictionary<string, (int Count, string First)> passedOver = new(StringComparer.Ordinal);
    readonly List<string> notes = [];
    readonly Lock sync = new();
    readonly TextWriter? file;
    string? firstLostField;

    /// <summary>An empty log.</summary>
    /// <param name="path">Where to write every item; null for nowhere.</param>
    public SkipLog(string? path = null) => file = path is null ? null : new StreamWriter(path);

    /// <summary>Adds an item.</summary>
    public void Add(string place, PairFault fault, string reason)
    {
        lock (sync)
        {
            counts[fault] = counts.GetValueOrDefault(fault) + 1;
            Total++;
            if (counts[fault] <= KeptOfEach)
                examples.Add(new SkippedPair(place, fault, reason));
            Write(place, fault.ToString(), reason);
        }
    }

    void Write(string place, string fault, string reason) =>
        file?.WriteLine(
            PrintableText.Of(
                JsonSerializer.Serialize(
                    new
                    {
                        place,
                        fault,
                        reason,
                    },
                    Options
                )
            )
        );

    /// <summary>Files whose names begin with a dot, such as those in which macOS keeps an archive's file attributes.</summary>
    internal const string Hidden = "files whose names begin with a dot";

    /// <summary>Counts something that is not a pair, and so not a loss.</summary>
    /// <param name="what">The kind of thing, in the plural.</param>
    /// <param name="place">Its name.</param>
    public void PassOver(string what, string place)
    {
        lock (sync)
        {
            var (count, first) = passedOver.GetValueOrDefault(what, (0, place));
            passedOver[what] = (count + 1, first);
            Write(place, "PassedOver", what);
        }
    }

    /// <summary>The number of such things.</summary>
    public int PassedOver
    {
        get
        {
            lock (sync)
                return passedOver.Values.Sum(p => p.Count);
        }
    }

    /// <summary>Notes an unreadable field; its pair stays unless it needs the field, in which case it is counted separately.</summary>
    public void LoseField(string place, string reason)
    {
        lock (sync)
        {
            LostFields++;
            firstLostField ??= $"{place}: {reason}";
            Write(place, "LostField", reason);
        }
    }

    /// <summary>The number of unreadable fields.</summary>
    public int LostFields { get; private set; }

    /// <summary>Adds a remark, once.</summary>
    public void Note(string sentence)
    {
        lock (sync)
            if (notes.Count < MostNotes && !notes.Contains(sentence))
                notes.Add(sentence);
    }

    /// <summary>What cost no pair, one sentence each: how the data were read, unreadable fields, things passed over.</summary>
    public IReadOnlyList<string> Remarks
    {
        get
        {
            lock (sync)
                return
                [
                    .. notes,
                    .. LostFields > 0 ? new[] { $"{LostFields} fields could not be read ({firstLostField})" } : [],
                    .. passedOver.Select(p => $"{p.Value.Count} {p.Key} were passed over ({p.Value.First})"),
                ];
        }
    }

    /// <summary>The number of items.</summary>
    public int Total { get; private set; }

    /// <summary>The number of each kind.</summary>
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
