using System.Buffers.Binary;

namespace Research.Imaging;

/// <summary>EXIF's orientation, the only field that changes pixels.</summary>
static class Exif
{
    const int OrientationTag = 0x0112,
        Short = 3,
        Long = 4;

    /// <summary>The orientation, 1 to 8, of a TIFF structure; 1 when there is none or it is damaged, as in viewers.</summary>
    public static int Orientation(ReadOnlySpan<byte> tiff)
    {
        if (tiff.StartsWith("Exif\0\0"u8))
            tiff = tiff[6..];
        if (tiff.Length < 8)
            return 1;
        var little = tiff.StartsWith("II"u8);
        if (!little && !tiff.StartsWith("MM"u8))
            return 1;
        var directory = Word(tiff[4..], little);
        if (directory > tiff.Length - 2)
            return 1;
        var entries = tiff[(int)directory..];
        int count = Half(entries, little);
        for (var at = 2; count > 0 && at + 12 <= entries.Length; at += 12, count--)
            if (Half(entries[at..], little) == OrientationTag)
                return Half(entries[(at + 2)..], little) switch
                {
                    Short => Known(Half(entries[(at + 8)..], little)),
                    Long => Known(Word(entries[(at + 8)..], little)), // some writers use it, and Pillow reads it
                    _ => 1,
                };
        return 1;
    }

    static int Known(uint value) => value is >= 1 and <= 8 ? (int)value : 1;

    static uint Word(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);

    static ushort Half(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
}
