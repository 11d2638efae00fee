using System.Text;

namespace Research.Corpora;

/// <summary>
/// Writes a POSIX ustar archive of plain files. It contains nothing about the machine or the time, so equal files give equal archives.
/// </summary>
public sealed class TarWriter : IDisposable
{
    const int Block = 512;
    readonly Stream output;
    readonly HashSet<string> names = new(StringComparer.Ordinal);
    bool closed;

    /// <summary>Writes to a stream, which is flushed and closed at the end.</summary>
    public TarWriter(Stream output) => this.output = output;

    /// <summary>Adds a file.</summary>
    /// <param name="name">Its name: at most 100 bytes, '/' between folders.</param>
    /// <param name="content">Its bytes.</param>
    /// <returns>Where the content begins in the archive.</returns>
    /// <exception cref="ArgumentException">The name is empty, too long, leads out of the archive's folder or was added before.</exception>
    public long Add(string name, ReadOnlySpan<byte> content)
    {
        TarReader.CheckName(name);
        if (!names.Add(name))
            throw new ArgumentException($"The archive already holds '{name}'.", nameof(name));
        Span<byte> header = stackalloc byte[Block];
        header.Clear();
        if (Encoding.UTF8.GetByteCount(name) > 100)
            throw new ArgumentException($"The name '{name}' is longer than 100 bytes.", nameof(name));
        Encoding.UTF8.GetBytes(name, header);
        "0000644\0"u8.CopyTo(header[100..]);
        "0000000\0"u8.CopyTo(header[108..]);
        "0000000\0"u8.CopyTo(header[116..]);
        Octal(header[124..136], content.Length);
        Octal(header[136..148], 0);
        header.Slice(148, 8).Fill((byte)' ');
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header[257..]);
        var sum = 0;
        foreach (var b in header)
            sum += b;
        Octal(header[148..155], sum);
        output.Write(header);
        var begin = output.Position;
        output.Write(content);
        Pad(content.Length);
        return begin;
    }

    static void Octal(Span<byte> field, int value)
    {
        var digits = Convert.ToString(value, 8).PadLeft(field.Length - 1, '0');
        Encoding.ASCII.GetBytes(digits, field);
        field[^1] = 0;
    }

    void Pad(long length)
    {
        Span<byte> zeros = stackalloc byte[Block];
        zeros.Clear();
        output.Write(zeros[..(int)((Block - length % Block) % Block)]);
    }

    /// <summary>Writes the end mark, forces a file to the disk and closes the stream.</summary>
    public void Dispose()
    {
        if (closed)
            return;
        closed = true;
        Span<byte> end = stackalloc byte[2 * Block];
        end.Clear();
        output.Write(end);
        if (output is FileStream file)
            file.Flush(flushToDisk: true);
        output.Dispose();
    }
}
