using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Research.Imaging.Drawing;

/// <summary>How a drawing process met a drawing.</summary>
enum DrawingEnd
{
    /// <summary>The pixels came.</summary>
    Drawn,

    /// <summary>It refused the drawing, and lives.</summary>
    Refused,

    /// <summary>It could not get the memory.</summary>
    OutOfMemory,

    /// <summary>It was killed because the time was over.</summary>
    TimedOut,

    /// <summary>It ended.</summary>
    Died,
}

/// <summary>What came of a drawing: pixels, or why there are none.</summary>
/// <param name="End">How.</param>
/// <param name="Pixels">Size x size x 3 bytes where it was drawn.</param>
/// <param name="Fault">The fault where it was refused.</param>
/// <param name="Reason">The refusal's words, or the dead process's last.</param>
readonly record struct DrawingResult(DrawingEnd End, byte[] Pixels, ImageFault Fault, string Reason);

/// <summary>One drawing process, as the program that draws sees it. Used by one thread at a time.</summary>
sealed class DrawingChild : IDisposable
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    readonly Process process;
    readonly Stream requests,
        answers;
    readonly LastWords errors;

    DrawingChild(Process process)
    {
        this.process = process;
        (requests, answers) = (process.StandardInput.BaseStream, process.StandardOutput.BaseStream);
        errors = new LastWords(process.StandardError.BaseStream);
    }

    /// <summary>The drawings it was given.</summary>
    public int Drawings { get; private set; }

    /// <summary>Whether another drawing may be given to it.</summary>
    public bool Usable { get; private set; } = true;

    /// <summary>The process's number.</summary>
    public int Id => process.Id;

    /// <summary>When it was last used, in the ticks of <see cref="Stopwatch"/>.</summary>
    public long LastUse { get; private set; }

    /// <summary>Starts a process and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started; the message says why and the remedy.</exception>
    /// <exception cref="DllNotFoundException">It has no librsvg.</exception>
    public static DrawingChild Start(ProcessStartInfo start)
    {
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            throw DrawingHost.Failure($"'{start.FileName}' does not start ({error.Message.TrimEnd('.')})", error);
        }
        var child = new DrawingChild(process);
        try
        {
            child.Greet();
            return child;
        }
        catch
        {
            child.Dispose();
            throw;
        }
    }

    void Greet()
    {
        var deadline = DrawingDeadlines.Start(StartLimit, Kill);
        try
        {
            var (kind, content) = DrawingProtocol.ReadAnswer(answers, 0);
            if (kind == AnswerKind.MissingLibrary)
                throw new DllNotFoundException(Encoding.UTF8.GetString(content));
            if (kind != AnswerKind.Ready || BitConverter.ToInt32(content) != DrawingProtocol.Version)
                throw DrawingHost.Failure("it is of another build than the program");
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            throw DrawingHost.Failure(
                deadline.Missed
                    ? $"it was not ready within {StartLimit.TotalSeconds:0} s"
                    : $"it ended at once ({Death(started: false)})",
                error
            );
        }
        finally
        {
            deadline.Meet();
        }
    }

    /// <summary>Has a drawing made.</summary>
    public DrawingResult Draw(ReadOnlySpan<byte> markup, int size, TimeSpan limit, long memory)
    {
        Drawings++;
        var deadline = DrawingDeadlines.Start(limit, Kill);
        try
        {
            DrawingProtocol.WriteRequest(requests, markup, size, memory);
            var (kind, content) = DrawingProtocol.ReadAnswer(answers, 3 * size * size);
            Usable = deadline.Meet() && kind is AnswerKind.Pixels or AnswerKind.Refused;
            if (deadline.Missed)
                return new(DrawingEnd.TimedOut, [], default, "");
            LastUse = Stopwatch.GetTimestamp();
            return kind switch
            {
                AnswerKind.Pixels => new(DrawingEnd.Drawn, content, default, ""),
                AnswerKind.Refused => new(
                    DrawingEnd.Refused,
                    [],
                    (ImageFault)content[0],
                    Encoding.UTF8.GetString(content.AsSpan(1))
                ),
                // cairo says the same of a surface that no memory would hold.
                AnswerKind.OutOfMemory => new(
                    DrawingEnd.OutOfMemory,
                    [],
                    default,
                    "the drawing asks for too large a surface, or more memory than"
                ),
                _ => new(DrawingEnd.Died, [], default, $"an answer of kind {kind}"),
            };
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            Usable = false;
            if (!deadline.Meet())
                return new(DrawingEnd.TimedOut, [], default, "");
            if (error is FormatException)
                return new(DrawingEnd.Died, [], default, error.Message);
            var death = Death(started: true);
            return errors.TellOfMemory
                ? new(DrawingEnd.OutOfMemory, [], default, "the drawing took more memory than")
                : new(DrawingEnd.Died, [], default, death);
        }
        finally
        {
            deadline.Meet();
        }
    }

    // "signal 6: thread '<unnamed>' panicked at ..."; codes above 128 are also what dotnet ends with when it cannot start.
    string Death(bool started)
    {
        if (!process.WaitForExit(EndLimit))
            return "it closed its output and went on";
        errors.Wait(EndLimit);
        var code = process.ExitCode;
        var how = started && code > 128 ? $"signal {code - 128}" : $"exit code {code}";
        return errors.Reason is { Length: > 0 } reason ? $"{how}: {reason}" : how;
    }

    void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            // it has just ended
        }
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        Usable = false;
        Kill();
        process.WaitForExit(EndLimit);
        foreach (var stream in new[] { requests, answers })
            try
            {
                stream.Dispose();
            }
            catch (IOException)
            {
                // what was not written has no reader
            }
        process.Dispose();
    }

    /// <summary>
    /// The end of what a process writes to standard error. It is read while it comes, or a process that complains much would wait for ever.
    /// </summary>
    sealed class LastWords
    {
        const int Kept = 4096,
            LongestReason = 200;
        readonly byte[] kept = new byte[2 * Kept];
        readonly Thread reader;
        int length;

        public LastWords(Stream from)
        {
            reader = new Thread(() => Read(from), 256 << 10) { IsBackground = true, Name = "drawing errors" };
            reader.Start();
        }

        void Read(Stream from)
        {
            using var stream = from;
            try
            {
                for (int read; (read = from.Read(kept, length, kept.Length - length)) > 0; )
                    lock (kept)
                    {
                        length += read;
                        if (length == kept.Length)
                        {
                            kept.AsSpan(Kept).CopyTo(kept);
                            length = Kept;
                        }
                    }
            }
            catch (IOException)
            {
                // as good as the end
            }
        }

        public void Wait(TimeSpan limit) => reader.Join(limit);

        string[] Lines
        {
            get
            {
                lock (kept)
                    return Encoding
                        .UTF8.GetString(kept, 0, length)
                        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            }
        }

        /// <summary>Rust, GLib, the runtime and C++ say so in words of their own.</summary>
        public bool TellOfMemory =>
            Lines.Any(l =>
                l.Contains("memory allocation of", StringComparison.Ordinal)
                || l.Contains("failed to allocate", StringComparison.Ordinal)
                || l.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
                || l.Contains("OutOfMemory", StringComparison.Ordinal)
                || l.Contains("bad_alloc", StringComparison.Ordinal)
            );

        /// <summary>The line that says why, or the last one, without control characters.</summary>
        public string Reason
        {
            get
            {
                var lines = Lines;
                var line =
                    Array.Find(lines, l => l.Contains("panicked", StringComparison.Ordinal))
                    ?? lines.LastOrDefault()
                    ?? "";
                var clean = string.Concat(
                    line.Where(c =>
                        char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format)
                    )
                );
                return clean.Length <= LongestReason ? clean : clean[..LongestReason] + "...";
            }
        }
    }
}
