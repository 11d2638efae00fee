using System.Buffers.Binary;
using System.IO.Compression;

namespace Research.Imaging;

/// <summary>
/// The high bytes of PNG files with alpha and 16 bits per value, as Pillow takes them. libpng's plain interface multiplies such colours by
/// their alpha and rounds, which loses them; here libpng has already read the file and found it whole.
/// </summary>
static class PngDeep
{
    const int SignatureLength = 8,
        Frame = 12; // length, type, checksum

    static readonly (int Left, int Top, int Right, int Down)[] Passes =
    [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];

    /// <summary>Whether the header states 16 bits and alpha: grey (type 4) or colour (type 6).</summary>
    public static bool Is(ReadOnlySpan<byte> file) => file[24] == 16 && file[25] is 4 or 6;

    /// <summary>Red, green, blue and alpha of every pixel, one byte each.</summary>
    /// <exception cref="InvalidDataException">The data end early or name an unknown filter.</exception>
    public static byte[] Rgba(ReadOnlySpan<byte> file, int width, int height)
    {
        var (channels, interlaced) = (file[25] == 4 ? 2 : 4, file[28] == 1);
        var rgba = GC.AllocateUninitializedArray<byte>(checked(4 * width * height));
        using var data = new ZLibStream(new MemoryStream(Data(file)), CompressionMode.Decompress);
        foreach (var (left, top, right, down) in interlaced ? Passes : [(0, 0, 1, 1)])
        {
            var (columns, rows) = ((width - left + right - 1) / right, (height - top + down - 1) / down);
            if (columns == 0 || rows == 0)
                continue;
            var (above, row) = (new byte[columns * channels * 2], new byte[columns * channels * 2]);
            for (var y = 0; y < rows; y++)
            {
                Read(data, row, above, channels * 2);
                for (var x = 0; x < columns; x++)
                {
                    var from = row.AsSpan(x * channels * 2, channels * 2);
                    var to = rgba.AsSpan(4 * ((top + y * down) * width + left + x * right), 4);
                    for (var c = 0; c < 4; c++)
                        to[c] = channels == 4 ? from[2 * c] : from[c == 3 ? 2 : 0];
                }
                (above, row) = (row, above);
            }
        }
        return rgba;
    }

    static byte[] Data(ReadOnlySpan<byte> file)
    {
        using var data = new MemoryStream(file.Length);
        for (var at = SignatureLength; file.Length - at >= Frame; )
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - Frame)
                break;
            if (file.Slice(at + 4, 4).SequenceEqual("IDAT"u8))
                data.Write(file.Slice(at + 8, (int)length));
            at += (int)length + Frame;
        }
        return data.ToArray();
    }

    // The next row without its filter; step is the number of bytes per pixel.
    static void Read(Stream data, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        var filter = data.ReadByte();
        if (filter < 0 || data.ReadAtLeast(row, row.Length, throwOnEndOfStream: false) < row.Length)
            throw ImageFaults.Error(ImageFault.Truncated, "the PNG data end before the last row");
        for (var i = 0; i < row.Length; i++)
        {
            int a = i >= step ? row[i - step] : 0,
                b = above[i],
                c = i >= step ? above[i - step] : 0;
            row[i] += (byte)(
                filter switch
                {
                    0 => 0,
                    1 => a,
                    2 => b,
                    3 => (a + b) / 2,
                    4 => Paeth(a, b, c),
                    _ => throw ImageFaults.Error(ImageFault.Corrupt, $"the PNG data name the filter {filter}"),
                }
            );
        }
    }

    static int Paeth(int a, int b, int c)
    {
        int towardsA = Math.Abs(b - c),
            towardsB = Math.Abs(a - c),
            towardsC = Math.Abs(a + b - 2 * c);
        return towardsA <= towardsB && towardsA <= towardsC ? a
            : towardsB <= towardsC ? b
            : c;
    }
}
