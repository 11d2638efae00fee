using System.Buffers.Binary;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Imaging;

public class ExifTests
{
    // A TIFF structure whose one field is the orientation, of a type and a value.
    static byte[] Tiff(bool little, ushort type, uint value)
    {
        var bytes = new byte[26];
        void Half(int at, ushort n)
        {
            if (little)
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), n);
            else
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), n);
        }
        void Word(int at, uint n)
        {
            if (little)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), n);
            else
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), n);
        }
        (little ? "II"u8 : "MM"u8).CopyTo(bytes);
        Half(2, 42);
        Word(4, 8);
        Half(8, 1);
        Half(10, 0x0112);
        Half(12, type);
        Word(14, 1);
        if (type == 3)
            Half(18, (ushort)value);
        else
            Word(18, value);
        return bytes;
    }

    [Theory]
    [InlineData(true, 3, 6, 6)]
    [InlineData(false, 3, 6, 6)]
    [InlineData(true, 4, 8, 8)]
    [InlineData(false, 4, 8, 8)]
    [InlineData(false, 4, 0x60000, 1)]
    [InlineData(true, 3, 9, 1)]
    [InlineData(true, 2, 6, 1)]
    public void The_orientation_is_read_as_a_short_or_a_long(bool little, int type, int value, int expected) =>
        Assert.Equal(expected, Exif.Orientation(Tiff(little, (ushort)type, (uint)value)));
}
