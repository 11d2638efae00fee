using System.Buffers.Binary;

namespace Research.Imaging;

/// <summary>What a JPEG file states before its pixels.</summary>
/// <param name="Width">Columns as stored.</param>
/// <param name="Height">Rows as stored.</param>
/// <param name="Components">1 grey, 3 colour, 4 CMYK or YCCK.</param>
/// <param name="Orientation">EXIF's, 1 to 8.</param>
readonly record struct JpegHeader(int Width, int Height, int Components, int Orientation)
{
    /// <summary>Walks the markers up to the first scan.</summary>
    /// <exception cref="InvalidDataException">No frame header comes before it, or one that no decoder can follow.</exception>
    public static JpegHeader Read(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]))
            throw ImageFaults.Error(ImageFault.Unsupported, "not a JPEG file");
        var (width, height, components, orientation) = (0, 0, 0, 0);
        for (var at = 2; ; )
        {
            var (marker, body) = NextMarker(file, at);
            if (marker is 0xD8 or 0x01 or >= 0xD0 and <= 0xD7)
            {
                at = body;
                continue;
            }
            if (marker is 0xDA or 0xD9)
                break;
            if (file.Length - body < 2)
                throw ImageFaults.Error(ImageFault.Truncated, $"the JPEG header ends at byte {file.Length}");
            int length = BinaryPrimitives.ReadUInt16BigEndian(file[body..]);
            if (length < 2)
                throw ImageFaults.Error(
                    ImageFault.Corrupt,
                    $"JPEG segment {marker:X2} at byte {body} has length {length}"
                );
            if (length > file.Length - body)
                throw ImageFaults.Error(ImageFault.Truncated, $"JPEG segment {marker:X2} at byte {body} is cut off");
            var content = file.Slice(body + 2, length - 2);
            if (IsFrame(marker))
            {
                if (content.Length < 6)
                    throw ImageFaults.Error(
                        ImageFault.Corrupt,
                        $"the JPEG frame header at byte {body} has {length} bytes"
                    );
                if (content[0] != 8)
                    throw ImageFaults.Error(ImageFault.Unsupported, $"JPEG of {content[0]} bits a sample");
                height = BinaryPrimitives.ReadUInt16BigEndian(content[1..]);
                width = BinaryPrimitives.ReadUInt16BigEndian(content[3..]);
                components = content[5];
            }
            else if (marker == 0xE1 && orientation == 0 && content.StartsWith("Exif\0\0"u8))
                orientation = Exif.Orientation(content);
            at = body + length;
        }
        if (components == 0)
            throw ImageFaults.Error(ImageFault.Corrupt, "the JPEG has no frame header before its first scan");
        if (width == 0 || height == 0)
            throw ImageFaults.Error(ImageFault.Corrupt, $"the JPEG header states {width} x {height} pixels");
        if (components is not (1 or 3 or 4))
            throw ImageFaults.Error(ImageFault.Unsupported, $"JPEG of {components} components");
        return new JpegHeader(width, height, components, Math.Max(orientation, 1));
    }

    static bool IsFrame(int marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    // The code of the next marker and the position after it; stray bytes are skipped, as in libjpeg.
    static (int Marker, int After) NextMarker(ReadOnlySpan<byte> file, int at)
    {
        while (true)
        {
            var found = file[at..].IndexOf((byte)0xFF);
            if (found < 0)
                break;
            at += found;
            while (at < file.Length && file[at] == 0xFF)
                at++;
            if (at >= file.Length)
                break;
            if (file[at] != 0)
                return (file[at], at + 1);
        }
        throw ImageFaults.Error(ImageFault.Truncated, $"the JPEG header ends at byte {file.Length}");
    }
}
