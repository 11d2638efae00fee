using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Research.Imaging.Drawing;

/// <summary>How a drawing process dealt with a drawing.</summary>
enum DrawingEnd
{
    /// <summary>It returned the pixels.</summary>
    Drawn,

    /// <summary>It refused the drawing and is still running.</summary>
    Refused,

    /// <summary>It could not allocate the memory.</summary>
    OutOfMemory,

    /// <summary>It was killed at the time limit.</summary>
    TimedOut,

    /// <summary>It ended.</summary>
    Died,
}

/// <summary>The result of a drawing: pixels, or why there are none.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Pixels">Size x size x 3 bytes if it was drawn.</param>
/// <param name="Fault">The fault if it was refused.</param>
/// <param name="Reason">The reason for the refusal, or the last words of a dead process.</param>
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

    /// <summary>How many drawings it was given.</summary>
    public int Drawings { get; private set; }

    /// <summary>Whether it can take another drawing.</summary>
    public bool Usable { get; private set; } = true;

    /// <summary>The process id.</summary>
    public int Id => process.Id;

    /// <summary>When it was last used, in the ticks of <see cref="Stopwatch"/>.</summary>
    public long LastUse { get; private set; }

    /// <summary>Starts a process and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started; the message gives the reason and the remedy.</exception>
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
                throw DrawingHost.Failure("it comes from a different build than the program");
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

    /// <summary>Sends one drawing and waits for the result.</summary>
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
                // cairo reports the same for a surface too large for any memory.
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

    // "signal 6: thread '<unnamed>' panicked at ..."; dotnet also ends with codes above 128 when it cannot start.
    string Death(bool started)
    {
        if (!process.WaitForExit(EndLimit))
            return "it closed its output but kept running";
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
                // nobody would read the rest
            }
        process.Dispose();
    }

    /// <summary>
    /// The end of a process's standard error. It is read as it comes; otherwise a process that writes much would block.
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

        /// <summary>Rust, GLib, the runtime and C++ each word it differently.</summary>
        public bool TellOfMemory =>
            Lines.Any(l =>
                l.Contains("memory allocation of", StringComparison.Ordinal)
                || l.Contains("failed to allocate", StringComparison.Ordinal)
                || l.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
                || l.Contains("OutOfMemory", StringComparison.Ordinal)
                || l.Contains("bad_alloc", StringComparison.Ordinal)
            );

        /// <summary>The line that gives the reason, or the last one, without control characters.</summary>
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
