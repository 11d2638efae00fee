using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Research.Imaging;

/// <summary>What a WebP file states before its pixels.</summary>
/// <param name="Width">Columns of the canvas.</param>
/// <param name="Height">Rows of the canvas.</param>
/// <param name="Orientation">EXIF's, 1 to 8.</param>
/// <param name="Alpha">Pixels may be transparent.</param>
/// <param name="Frame">The bytes to decode: the file, or an animation's first frame.</param>
/// <param name="Placed">Where they belong on the canvas.</param>
readonly record struct WebPHeader(int Width, int Height, int Orientation, bool Alpha, Range Frame, PixelRegion Placed);

/// <summary>WebP through libwebp: lossy, lossless, alpha, the first frame of an animation.</summary>
static unsafe class WebP
{
    const string Library = "libwebp.so.7";
    const string DebianPackage = "libwebp7";
    const int DecoderVersion = 0x0200; // libwebp checks only the high byte
    const int ChunkHeader = 8,
        RiffHeader = 12,
        FrameHeader = 16;

    /// <summary>Reads the headers of a file.</summary>
    /// <exception cref="InvalidDataException">They are cut off or damaged.</exception>
    public static WebPHeader Read(ReadOnlySpan<byte> file)
    {
        var features = FeaturesOf(file);
        var orientation = Chunk(file, RiffHeader, "EXIF"u8) is { } exif ? Exif.Orientation(file[exif]) : 1;
        if (features.HasAnimation == 0)
            return new(
                features.Width,
                features.Height,
                orientation,
                features.HasAlpha != 0,
                ..file.Length,
                PixelRegion.All(features.Width, features.Height)
            );
        var frame =
            Chunk(file, RiffHeader, "ANMF"u8)
            ?? throw ImageFaults.Error(ImageFault.Truncated, "the WebP animation has no frame");
        var body = file[frame];
        if (body.Length <= FrameHeader)
            throw ImageFaults.Error(ImageFault.Corrupt, $"the first WebP frame has {body.Length} bytes");
        var data = new Range(frame.Start.Value + FrameHeader, frame.End);
        var first = FeaturesOf(file[data]);
        var placed = new PixelRegion(Word24(body) * 2, Word24(body[3..]) * 2, first.Width, first.Height);
        if ((long)placed.Left + placed.Width > features.Width || (long)placed.Top + placed.Height > features.Height)
            throw ImageFaults.Error(ImageFault.Corrupt, "the first WebP frame lies outside its canvas");
        return new(features.Width, features.Height, orientation, first.HasAlpha != 0, data, placed);
    }

    /// <summary>Decodes a region of the canvas over white, into region height x width x 3 bytes.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static void Decode(ReadOnlySpan<byte> file, WebPHeader header, PixelRegion region, Span<byte> target)
    {
        // Only the frame's own area is decoded; the rest of the canvas is white.
        int left = Math.Max(region.Left, header.Placed.Left),
            top = Math.Max(region.Top, header.Placed.Top),
            right = Math.Min(region.Left + region.Width, header.Placed.Left + header.Placed.Width),
            bottom = Math.Min(region.Top + region.Height, header.Placed.Top + header.Placed.Height);
        if (
            left > region.Left
            || top > region.Top
            || right < region.Left + region.Width
            || bottom < region.Top + region.Height
        )
            target[..(region.Width * region.Height * 3)].Fill(255);
        if (right <= left || bottom <= top)
            return;
        // libwebp starts at even pixels, and smooth chroma upsampling looks at neighbours.
        var wanted = new PixelRegion(left - header.Placed.Left, top - header.Placed.Top, right - left, bottom - top);
        int x = Math.Max(wanted.Left - 2, 0) & ~1,
            y = Math.Max(wanted.Top - 2, 0) & ~1;
        var decoded = new PixelRegion(
            x,
            y,
            Math.Min(wanted.Left + wanted.Width + 2, header.Placed.Width) - x,
            Math.Min(wanted.Top + wanted.Height + 2, header.Placed.Height) - y
        );
        var channels = header.Alpha ? 4 : 3;
        var size = checked(decoded.Width * decoded.Height * channels);
        var pixels = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Call(file[header.Frame], decoded, channels, pixels.AsSpan(0, size));
            for (var row = 0; row < wanted.Height; row++)
            {
                var from = pixels.AsSpan(
                    ((wanted.Top - y + row) * decoded.Width + wanted.Left - x) * channels,
                    wanted.Width * channels
                );
                var to = target.Slice(
                    ((top - region.Top + row) * region.Width + left - region.Left) * 3,
                    wanted.Width * 3
                );
                if (channels == 3)
                    from.CopyTo(to);
                else
                    AlphaOverWhite.Lay(from, to);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    static void Call(ReadOnlySpan<byte> frame, PixelRegion region, int channels, Span<byte> pixels)
    {
        var config = new Config();
        int status;
        try
        {
            if (WebPInitDecoderConfigInternal(&config, DecoderVersion) == 0)
                throw new DllNotFoundException($"{Library} does not have interface version {DecoderVersion:X}.");
            fixed (byte* data = frame)
            fixed (byte* to = pixels)
            {
                config.ColourSpace = channels == 4 ? 1 : 0;
                config.IsExternalMemory = 1;
                config.Pixels = to;
                config.Stride = region.Width * channels;
                config.Size = (nuint)pixels.Length;
                config.UseCropping = 1;
                config.CropLeft = region.Left;
                config.CropTop = region.Top;
                config.CropWidth = region.Width;
                config.CropHeight = region.Height;
                status = WebPDecode(data, (nuint)frame.Length, &config);
            }
        }
        catch (DllNotFoundException error)
        {
            throw NativeLibraries.Missing(Library, DebianPackage, error);
        }
        Check(status);
    }

    static Features FeaturesOf(ReadOnlySpan<byte> file)
    {
        var features = new Features();
        int status;
        try
        {
            fixed (byte* data = file)
                status = WebPGetFeaturesInternal(data, (nuint)file.Length, &features, DecoderVersion);
        }
        catch (DllNotFoundException error)
        {
            throw NativeLibraries.Missing(Library, DebianPackage, error);
        }
        Check(status);
        return features;
    }

    static void Check(int status)
    {
        if (status == 0)
            return;
        var (fault, reason) = status switch
        {
            1 => (ImageFault.TooLarge, "out of memory"),
            4 => (ImageFault.Unsupported, "an unsupported feature"),
            5 or 7 => (ImageFault.Truncated, "the data end too early"),
            _ => (ImageFault.Corrupt, "the bit stream is damaged"),
        };
        throw ImageFaults.Error(fault, $"libwebp: {reason}");
    }

    // The content of the first chunk of a kind at one level of the file.
    static Range? Chunk(ReadOnlySpan<byte> file, int at, ReadOnlySpan<byte> kind)
    {
        while (file.Length - at >= ChunkHeader)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            var start = at + ChunkHeader;
            if (file.Slice(at, 4).SequenceEqual(kind))
                return start..(int)Math.Min(file.Length, start + (long)length);
            var next = start + (long)length + (length & 1);
            if (next > file.Length)
                return null;
            at = (int)next;
        }
        return null;
    }

    static int Word24(ReadOnlySpan<byte> at) => at[0] | at[1] << 8 | at[2] << 16;

    [StructLayout(LayoutKind.Sequential)]
    struct Features
    {
        public int Width,
            Height,
            HasAlpha,
            HasAnimation,
            Format;
        fixed int padding[5];
    }

    // WebPDecoderConfig: features, then the output buffer at 40, then the options at 160.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Config
    {
        [FieldOffset(40)]
        public int ColourSpace;

        [FieldOffset(52)]
        public int IsExternalMemory;

        [FieldOffset(56)]
        public byte* Pixels;

        [FieldOffset(64)]
        public int Stride;

        [FieldOffset(72)]
        public nuint Size;

        [FieldOffset(168)]
        public int UseCropping;

        [FieldOffset(172)]
        public int CropLeft;

        [FieldOffset(176)]
        public int CropTop;

        [FieldOffset(180)]
        public int CropWidth;

        [FieldOffset(184)]
        public int CropHeight;
    }

    [DllImport(Library)]
    static extern int WebPGetFeaturesInternal(byte* data, nuint size, Features* features, int version);

    [DllImport(Library)]
    static extern int WebPInitDecoderConfigInternal(Config* config, int version);

    [DllImport(Library)]
    static extern int WebPDecode(byte* data, nuint size, Config* config);
}
