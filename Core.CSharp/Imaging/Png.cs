using System.Runtime.InteropServices;
using System.Text;

namespace Research.Imaging;

/// <summary>PNG files through libpng: every colour type, bit depth and interlacing; transparency is laid over white.</summary>
public static unsafe class Png
{
    /// <summary>Pictures of more pixels are refused before anything is allocated: 64 million.</summary>
    public const long LargestPixelCount = 64_000_000;

    const string Library = "libpng16.so.16";
    const string DebianPackage = "libpng16-16";
    const uint Version = 1,
        FormatRgb = 2,
        FormatRgba = 3,
        AlphaFlag = 1,
        Format16 = 7; // red, green, blue, alpha of 16 bits, colours multiplied by alpha
    const int HeaderLength = 33; // signature, then the whole IHDR chunk
    static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The width and height in a file's header; nothing is decoded.</summary>
    /// <exception cref="InvalidDataException">Not a PNG file, or its header is cut or states an impossible size.</exception>
    public static (int Width, int Height) ReadSize(ReadOnlySpan<byte> file)
    {
        if (file.Length < Signature.Length || !file[..Signature.Length].SequenceEqual(Signature))
            throw file.IsEmpty
                ? ImageFaults.Error(ImageFault.Empty, "the file is empty")
                : ImageFaults.Error(ImageFault.Unsupported, "not a PNG file");
        if (file.Length < HeaderLength || !file.Slice(12, 4).SequenceEqual("IHDR"u8))
            throw ImageFaults.Error(ImageFault.Truncated, "the PNG header is cut off");
        var width = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(file[16..]);
        var height = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(file[20..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
            throw ImageFaults.Error(ImageFault.Corrupt, $"the PNG header states {width} x {height} pixels");
        return ((int)width, (int)height);
    }

    /// <summary>Decodes a file.</summary>
    /// <exception cref="InvalidDataException">The file is not PNG, cut off, corrupt, or larger than <see cref="LargestPixelCount"/>;
    /// the message is the reason alone, to which the caller adds a name.</exception>
    /// <exception cref="DllNotFoundException">libpng is not installed.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file) => Decode(file, LargestPixelCount);

    internal static RgbImage Decode(ReadOnlySpan<byte> file, long largestPixelCount)
    {
        var (width, height) = ReadSize(file);
        ImageFaults.RequirePixels(width, height, largestPixelCount);
        var plain = PngChunks.WithoutColourSpace(file);
        var deep = file[24] == 16;
        var alpha = PngDeep.Is(file);
        fixed (byte* data = plain)
        {
            var (address, length) = ((nint)data, (nuint)plain.Length);
            return NativeLibraries.Call(
                Library,
                DebianPackage,
                () =>
                {
                    var pixels = Read((byte*)address, length, width, height, deep, out var opaque);
                    var rgb =
                        alpha
                            ? OverWhite(
                                PngDeep.Rgba(new ReadOnlySpan<byte>((byte*)address, (int)length), width, height)
                            )
                        : deep ? OverWhite16(pixels)
                        : opaque ? pixels
                        : OverWhite(pixels);
                    return new RgbImage(width, height, rgb);
                }
            );
        }
    }

    // libpng scales interlaced 16-bit files to 8 bits wrongly, so 16-bit files are read at 16 bits: a file that states
    // no colour space then counts as linear, which leaves its values unchanged.
    static byte[] Read(byte* data, nuint length, int width, int height, bool deep, out bool opaque)
    {
        var image = new PngImage { Version = Version };
        try
        {
            if (png_image_begin_read_from_memory(ref image, data, length) == 0)
                throw Failure(image.Text);
            if (image.Width != width || image.Height != height)
                throw ImageFaults.Error(ImageFault.Corrupt, "the PNG has two headers");
            opaque = !deep && (image.Format & AlphaFlag) == 0;
            image.Format =
                deep ? Format16
                : opaque ? FormatRgb
                : FormatRgba;
            var channels = opaque ? 3 : 4;
            var pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * channels * (deep ? 2 : 1)));
            fixed (byte* target = pixels)
                if (png_image_finish_read(ref image, null, target, 0, null) == 0)
                    throw Failure(image.Text);
            return pixels;
        }
        finally
        {
            png_image_free(ref image);
        }
    }

    static byte[] OverWhite16(byte[] pixels)
    {
        var values = MemoryMarshal.Cast<byte, ushort>(pixels);
        var rgb = new byte[values.Length / 4 * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        for (var c = 0; c < 3; c++)
            rgb[to + c] = (byte)(Math.Min(values[from + c] + (65535 - values[from + 3]), 65535) >> 8);
        return rgb;
    }

    static byte[] OverWhite(byte[] rgba)
    {
        var rgb = GC.AllocateUninitializedArray<byte>(rgba.Length / 4 * 3);
        AlphaOverWhite.Lay(rgba, rgb);
        return rgb;
    }

    static InvalidDataException Failure(string reason) =>
        ImageFaults.Error(
            reason.Contains("read beyond end", StringComparison.Ordinal)
            || reason.Contains("Not enough", StringComparison.OrdinalIgnoreCase)
                ? ImageFault.Truncated
                : ImageFault.Corrupt,
            reason
        );

    /// <summary>Encodes a picture as 8-bit RGB.</summary>
    /// <exception cref="ArgumentException">The pixel array does not match the size.</exception>
    /// <exception cref="DllNotFoundException">libpng is not installed.</exception>
    public static byte[] Encode(RgbImage picture)
    {
        if (
            picture.Width <= 0
            || picture.Height <= 0
            || picture.Pixels.LongLength != 3L * picture.Width * picture.Height
        )
            throw new ArgumentException(
                $"{picture.Pixels.Length} bytes are not {picture.Height} x {picture.Width} x 3.",
                nameof(picture)
            );
        return NativeLibraries.Call(Library, DebianPackage, () => EncodeChecked(picture));
    }

    static byte[] EncodeChecked(RgbImage picture)
    {
        var image = new PngImage
        {
            Version = Version,
            Width = (uint)picture.Width,
            Height = (uint)picture.Height,
            Format = FormatRgb,
        };
        // libpng's own upper bound: stored deflate blocks, rows with a filter byte, chunk headers.
        var bound = checked(
            picture.Pixels.Length + picture.Height + (picture.Pixels.Length + picture.Height) / 1000 + 1024
        );
        var file = new byte[bound];
        nuint length = (nuint)file.Length;
        try
        {
            fixed (byte* target = file)
            fixed (byte* pixels = picture.Pixels)
                if (png_image_write_to_memory(ref image, target, ref length, 0, pixels, 0, null) == 0)
                    throw new InvalidOperationException(
                        $"libpng could not encode {picture.Width} x {picture.Height}: {image.Text}"
                    );
        }
        finally
        {
            png_image_free(ref image);
        }
        return file[..(int)length];
    }

    [StructLayout(LayoutKind.Sequential)]
    struct PngImage
    {
        public nint Opaque;
        public uint Version;
        public uint Width;
        public uint Height;
        public uint Format;
        public uint Flags;
        public uint ColormapEntries;
        public uint WarningOrError;
        public fixed byte Message[64];

        public string Text
        {
            get
            {
                fixed (byte* message = Message)
                {
                    var bytes = new ReadOnlySpan<byte>(message, 64);
                    var end = bytes.IndexOf((byte)0);
                    return "libpng: " + Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
                }
            }
        }
    }

    [DllImport(Library)]
    static extern int png_image_begin_read_from_memory(ref PngImage image, byte* memory, nuint size);

    [DllImport(Library)]
    static extern int png_image_finish_read(
        ref PngImage image,
        void* background,
        void* buffer,
        int rowStride,
        void* colormap
    );

    [DllImport(Library)]
    static extern int png_image_write_to_memory(
        ref PngImage image,
        void* memory,
        ref nuint size,
        int convertTo8Bit,
        void* buffer,
        int rowStride,
        void* colormap
    );

    [DllImport(Library)]
    static extern void png_image_free(ref PngImage image);
}
