using Microsoft.Win32.SafeHandles;

namespace Research.Encoders.Formats;

/// <summary>A stretch of a file as a stream that is read once, from its beginning.</summary>
sealed class FilePart(SafeFileHandle file, long offset, long length) : Stream
{
    long done;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, length - done)], offset + done);
        done += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int at, int count) => Read(buffer.AsSpan(at, count));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => done;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long to, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int at, int count) => throw new NotSupportedException();
}
