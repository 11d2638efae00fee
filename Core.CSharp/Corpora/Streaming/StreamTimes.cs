using System.Diagnostics;
using System.Globalization;
using Research.Imaging;

namespace Research.Corpora.Streaming;

/// <summary>The time of each of a stream's stages, summed over the workers, and the trainer's wait for them.</summary>
public sealed class StreamTimes
{
    readonly Stopwatch clock = Stopwatch.StartNew();
    long manifest,
        reading,
        waiting;

    /// <summary>Decoding, resizing and augmenting.</summary>
    public ImageTimes Pictures { get; } = new();

    /// <summary>Finding rows in the manifest.</summary>
    public TimeSpan Manifest => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref manifest));

    /// <summary>Reading files.</summary>
    public TimeSpan Reading => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref reading));

    /// <summary>Time that the consumer waited for batches.</summary>
    public TimeSpan Waiting => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref waiting));

    /// <summary>Time since the stream was opened.</summary>
    public TimeSpan Elapsed => clock.Elapsed;

    internal void AddManifest(long since) => Interlocked.Add(ref manifest, Stopwatch.GetTimestamp() - since);

    internal void AddReading(long since) => Interlocked.Add(ref reading, Stopwatch.GetTimestamp() - since);

    internal void AddWaiting(long since) => Interlocked.Add(ref waiting, Stopwatch.GetTimestamp() - since);

    /// <summary>The stages with their times.</summary>
    public IReadOnlyList<(string Stage, TimeSpan Time)> Stages =>
        [
            ("manifest", Manifest),
            ("reading", Reading),
            ("decoding", Pictures.Decoding),
            ("resizing", Pictures.Resizing),
            ("augmenting", Pictures.Augmenting),
        ];

    /// <summary>The stage that took longest.</summary>
    public string Slowest => Stages.MaxBy(s => s.Time).Stage;

    /// <summary>One line: the stages, the wait, and whether training had to wait for the data.</summary>
    public override string ToString()
    {
        var stages = string.Join(", ", Stages.Select(s => $"{s.Stage} {Seconds(s.Time)}"));
        var share = Waiting / Elapsed;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"data: {Pictures.Pictures} pictures; {stages} (summed over workers); training waited {Seconds(Waiting)} of {Seconds(Elapsed)}{(share > 0.1 ? $": {Slowest} is what it waits for" : "")}"
        );
    }

    static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
}
