using System.Buffers.Binary;

namespace Research.Imaging;

/// <summary>
/// PNG files without their statements about colour space. Pillow ignores these, and the published models were trained on Pillow's
/// pixels; libpng would convert the pixels.
/// </summary>
static class PngChunks
{
    const int SignatureLength = 8;
    const int Frame = 12; // length, type, checksum

    static bool IsColourSpace(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("gAMA"u8)
        || type.SequenceEqual("sRGB"u8)
        || type.SequenceEqual("cHRM"u8)
        || type.SequenceEqual("iCCP"u8);

    /// <summary>EXIF's orientation, 1 to 8; 1 when the file states none.</summary>
    public static int Orientation(ReadOnlySpan<byte> file)
    {
        for (var at = SignatureLength; file.Length - at >= Frame; )
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - Frame)
                break;
            if (file.Slice(at + 4, 4).SequenceEqual("eXIf"u8))
                return Exif.Orientation(file.Slice(at + 8, (int)length));
            at += (int)length + Frame;
        }
        return Imaging.Orientation.Upright;
    }

    /// <summary>The file without those chunks; the same memory when it has none. Damaged data
    /// are passed on for libpng to refuse.</summary>
    public static ReadOnlySpan<byte> WithoutColourSpace(ReadOnlySpan<byte> file)
    {
        byte[]? copy = null;
        var (kept, at) = (SignatureLength, SignatureLength);
        while (file.Length - at >= Frame)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            var type = file.Slice(at + 4, 4);
            if (length > file.Length - at - Frame || type.SequenceEqual("IDAT"u8))
                break;
            var whole = (int)length + Frame;
            if (IsColourSpace(type))
            {
                if (copy is null)
                {
                    copy = new byte[file.Length];
                    file[..at].CopyTo(copy);
                }
            }
            else
            {
                if (copy is not null)
                    file.Slice(at, whole).CopyTo(copy.AsSpan(kept));
                kept += whole;
            }
            at += whole;
        }
        if (copy is null)
            return file;
        file[at..].CopyTo(copy.AsSpan(kept));
        return copy.AsSpan(0, kept + file.Length - at);
    }
}
