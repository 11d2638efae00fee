using System.IO.Compression;

namespace Research.Corpora.Import;

/// <summary>Files of unknown origin, read in order: packed or not, by their first bytes and not their names.</summary>
static class SourceFile
{
    static readonly (byte[] Begin, string What, string Remedy)[] NotRead =
    [
        ([0x28, 0xB5, 0x2F, 0xFD], "packed by zstd", "unpack it with unzstd first"),
        ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "packed by xz", "unpack it with unxz first"),
        ([(byte)'B', (byte)'Z', (byte)'h'], "packed by bzip2", "unpack it with bunzip2 first"),
        ([(byte)'P', (byte)'K', 3, 4], "a zip archive", "unpack it with unzip first"),
        ([(byte)'P', (byte)'A', (byte)'R', (byte)'1'], "a Parquet file", "write it as .csv or .jsonl first"),
        ([0xFF, 0xFE], "UTF-16", "save it as UTF-8"),
        ([0xFE, 0xFF], "UTF-16", "save it as UTF-8"),
    ];

    /// <summary>Why a file cannot be read, with the remedy; null when its first bytes give no reason.</summary>
    public static string? Refusal(string path)
    {
        if (FileKind.Odd(path) is { } odd)
            return $"is {odd}, not a plain file: write its output to a file first";
        var begin = Begin(path);
        foreach (var (bytes, what, remedy) in NotRead)
            if (begin.AsSpan().StartsWith(bytes))
                return $"is {what}: {remedy}";
        return null;
    }

    /// <summary>Whether gzip packed a file, by its first bytes.</summary>
    public static bool IsPacked(string path) => FileKind.Odd(path) is null && Begin(path) is [0x1F, 0x8B, ..];

    /// <summary>Opens a file, unpacking gzip.</summary>
    /// <exception cref="InvalidDataException">It is not a plain file, packed by another program, or UTF-16; the message names the remedy.</exception>
    public static Stream Open(string path, ReadBounds bounds)
    {
        if (Refusal(path) is { } refusal)
            throw new InvalidDataException($"{path} {refusal}.");
        var packed = IsPacked(path);
        var file = new FileStream(
            path,
            new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 16 }
        );
        return packed ? new Unpacking(file, bounds.UnpackedOf(file.Length)) : file;
    }

    static byte[] Begin(string path)
    {
        using var file = File.OpenHandle(path);
        var begin = new byte[8];
        return begin[..RandomAccess.Read(file, begin, 0)];
    }

    /// <summary>Unpacks, up to a bound.</summary>
    sealed class Unpacking(FileStream file, long most) : Stream
    {
        readonly BufferedStream plain = new(new GZipStream(file, CompressionMode.Decompress), 1 << 16);
        long read;

        public override int Read(Span<byte> buffer)
        {
            int count;
            try
            {
                var left = (int)Math.Min(buffer.Length, most - read);
                count =
                    left > 0 ? plain.Read(buffer[..left])
                    : plain.ReadByte() < 0 ? 0
                    : throw TooLarge();
            }
            catch (InvalidDataException error)
            {
                throw new EndOfStreamException($"its gzip data are cut off or damaged: {error.Message}", error);
            }
            read += count;
            return count;
        }

        UnpackedTooLargeException TooLarge() =>
            new($"it unpacks to more than {most} bytes (--largest-unpacked raises the bound)");

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                plain.Dispose();
            base.Dispose(disposing);
        }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => read;
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>A packed file exceeds its bound.</summary>
sealed class UnpackedTooLargeException(string message) : IOException(message);
