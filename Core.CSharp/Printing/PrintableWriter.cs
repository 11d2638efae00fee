using System.Text;

namespace Research.Printing;

/// <summary>
/// A writer in front of a terminal or a log: passes everything through <see cref="PrintableText.Of"/>, keeping lines and tabs. Thread-safe; it
/// holds back only the first half of a surrogate pair or a CR, until the next character comes.
/// </summary>
public sealed class PrintableWriter : TextWriter
{
    readonly TextWriter target;
    readonly Lock sync = new();
    char pending;

    /// <summary>Writes to a target that the caller closes.</summary>
    public PrintableWriter(TextWriter target)
    {
        ArgumentNullException.ThrowIfNull(target);
        this.target = target;
        CoreNewLine = target.NewLine.ToCharArray();
    }

    /// <inheritdoc/>
    public override Encoding Encoding => target.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Pass([value]);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Pass(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Pass(buffer);

    /// <inheritdoc/>
    public override void Write(string? value) => Pass(value);

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Pass(value + NewLine); // at once, so that lines of several threads stay whole

    /// <inheritdoc/>
    public override void Flush() => target.Flush();

    void Pass(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;
        lock (sync)
        {
            var whole = pending == 0 ? text.ToString() : string.Concat([pending], text);
            pending = '\0';
            if (whole[^1] == '\r' || char.IsHighSurrogate(whole[^1]))
            {
                pending = whole[^1];
                whole = whole[..^1];
            }
            target.Write(PrintableText.Of(whole, lines: true));
        }
    }

    /// <summary>Writes what was held back.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            lock (sync)
            {
                if (pending != 0)
                    target.Write(PrintableText.Of(pending.ToString(), lines: true));
                pending = '\0';
                target.Flush();
            }
        base.Dispose(disposing);
    }
}
