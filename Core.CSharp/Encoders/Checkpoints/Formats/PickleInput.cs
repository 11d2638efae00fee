using System.Text;

namespace Research.Encoders.Formats;

/// <summary>The bytes of a pickle, read from the beginning and never beyond the end.</summary>
ref struct PickleInput(string path, ReadOnlySpan<byte> input)
{
    const int LongestName = 512;
    const int LargestLong = 8; // bytes

    readonly string path = path;
    readonly ReadOnlySpan<byte> input = input;

    /// <summary>The place of the next byte.</summary>
    public int At { get; private set; }

    /// <summary>The number of all bytes.</summary>
    public readonly int Size => input.Length;

    /// <summary>The number of bytes that are left.</summary>
    public readonly int Left => input.Length - At;

    /// <summary>The next byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>The next bytes.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > input.Length - At)
            throw Bad($"its pickle ends at byte {input.Length}, {count} more were announced at byte {At}");
        var taken = input.Slice(At, count);
        At += count;
        return taken;
    }

    /// <summary>A length that the pickle announces, which must be there.</summary>
    public readonly int Length(ulong announced) =>
        announced <= (ulong)(input.Length - At)
            ? (int)announced
            : throw Bad($"its pickle announces {announced} bytes at byte {At}, and has {input.Length - At} left");

    /// <summary>A whole number of so many bytes, little-endian.</summary>
    public long Long(int bytes)
    {
        if (bytes > LargestLong)
            throw Bad($"its pickle has a whole number of {bytes} bytes, more than the {LargestLong} allowed");
        var digits = Take(bytes);
        var value = bytes > 0 && (digits[^1] & 0x80) != 0 ? -1L : 0;
        for (var i = bytes - 1; i >= 0; i--)
            value = (value << 8) | digits[i];
        return value;
    }

    /// <summary>A text of so many bytes.</summary>
    public string Text(int length) => Encoding.UTF8.GetString(Take(length));

    /// <summary>A name, ended by a line feed.</summary>
    public string Line()
    {
        var rest = input[At..Math.Min(input.Length, At + LongestName)];
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
            throw Bad($"a name in its pickle, at byte {At}, has no end");
        At += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }

    readonly InvalidDataException Bad(string problem) => new($"'{path}': {problem}.");
}
