using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Research.Imaging;

/// <summary>JPEG through libjpeg-turbo: any region, at full size or shrunk by the transform itself.</summary>
static unsafe class Jpeg
{
    const string Library = "libresearch_jpeg.so";
    const string DebianPackages = "libjpeg62-turbo (and this library from the build: it lies beside Research.Core.dll)";
    const int MessageSize = 256;
    const int Eighths = 8;

    /// <summary>How many bytes after a row of <see cref="DecodeRows"/> may be read.</summary>
    public const int RowSlack = 64;

    /// <summary>
    /// The scale in eighths: half, quarter and eighth have vector code. Shrinks as far as the wanted sides allow.
    /// </summary>
    public static int ScaleFor(PixelRegion region, int width, int height)
    {
        foreach (var scale in (ReadOnlySpan<int>)[1, 2, 4])
            if (
                (long)region.Width * scale >= (long)width * Eighths
                && (long)region.Height * scale >= (long)height * Eighths
            )
                return scale;
        return Eighths;
    }

    /// <summary>A side after shrinking: rounded up, as libjpeg does.</summary>
    public static int Scaled(int side, int scale) => (int)(((long)side * scale + Eighths - 1) / Eighths);

    /// <summary>
    /// Decodes a region of the stored picture, scaled, into region height x width x 3 bytes. Plain chroma repeats the halved colour
    /// channels instead of interpolating.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is damaged, or outside the limits.</exception>
    public static void Decode(
        ReadOnlySpan<byte> file,
        JpegHeader header,
        int scale,
        PixelRegion region,
        DecodeOptions options,
        bool plainChroma,
        Span<byte> target
    )
    {
        var pixels = checked(region.Width * region.Height);
        if (header.Components != 4)
        {
            Call(file, Request(header, scale, region, options, plainChroma, 3), target[..(pixels * 3)]);
            return;
        }
        var cmyk = ArrayPool<byte>.Shared.Rent(checked(pixels * 4));
        try
        {
            Call(file, Request(header, scale, region, options, plainChroma, 4), cmyk.AsSpan(0, pixels * 4));
            ToRgb(cmyk.AsSpan(0, pixels * 4), target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(cmyk);
        }
    }

    /// <summary>
    /// Decodes a region of a picture that is not CMYK, and passes on its rows, a few at a time: the context, the rows of width x 3 bytes (padded:
    /// 4, the last without meaning), each followed by <see cref="RowSlack"/> readable bytes, the number of the first, and their count. No
    /// exception may leave <paramref name="take"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is damaged, or outside the limits; some rows may already have been passed on.</exception>
    public static void DecodeRows(
        ReadOnlySpan<byte> file,
        JpegHeader header,
        int scale,
        PixelRegion region,
        DecodeOptions options,
        bool plainChroma,
        bool padded,
        delegate* unmanaged[Cdecl]<nint, byte**, int, int, void> take,
        nint context
    )
    {
        var request = Request(header, scale, region, options, plainChroma, padded ? 4 : 3);
        request.Padded = padded ? 1 : 0;
        request.Take = take;
        request.Context = context;
        Call(file, request, []);
    }

    static JpegRequest Request(
        JpegHeader header,
        int scale,
        PixelRegion region,
        DecodeOptions options,
        bool plainChroma,
        int channels
    ) =>
        new()
        {
            FileWidth = header.Width,
            FileHeight = header.Height,
            Scale = scale,
            Left = region.Left,
            Top = region.Top,
            Width = region.Width,
            Height = region.Height,
            Channels = channels,
            LargestScans = options.LargestScanCount,
            Tolerant = options.TolerateDamage ? 1 : 0,
            PlainChroma = plainChroma ? 1 : 0,
            LargestPixelScans = options.LargestPixelCount * 16,
            LargestMemory = options.LargestMemory,
        };

    static void Call(ReadOnlySpan<byte> file, JpegRequest request, Span<byte> target)
    {
        var message = stackalloc byte[MessageSize];
        int outcome;
        try
        {
            fixed (byte* data = file)
            fixed (byte* to = target)
                outcome = research_jpeg_decode(data, (nuint)file.Length, &request, to, message, MessageSize);
        }
        catch (DllNotFoundException error)
        {
            throw NativeLibraries.Missing(Library, DebianPackages, error);
        }
        if (outcome != 0)
            throw ImageFaults.Error(FaultOf(outcome), $"libjpeg: {Text(message)}");
    }

    static ImageFault FaultOf(int outcome) =>
        outcome switch
        {
            1 => ImageFault.Truncated,
            3 => ImageFault.Unsupported,
            4 => ImageFault.TooLarge,
            _ => ImageFault.Corrupt,
        };

    static string Text(byte* message)
    {
        var bytes = new ReadOnlySpan<byte>(message, MessageSize);
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    // Files of four components hold inverted ink, as Adobe writes them; ink is converted without a colour profile, as in Pillow.
    static void ToRgb(ReadOnlySpan<byte> inverted, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < inverted.Length; from += 4, to += 3)
        {
            int light = inverted[from + 3];
            for (var c = 0; c < 3; c++)
            {
                var product = (255 - inverted[from + c]) * light + 128;
                rgb[to + c] = (byte)Math.Clamp(light - (((product >> 8) + product) >> 8), 0, 255);
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    struct JpegRequest
    {
        public int FileWidth,
            FileHeight,
            Scale,
            Left,
            Top,
            Width,
            Height,
            Channels,
            LargestScans,
            Tolerant,
            PlainChroma,
            Padded;
        public long LargestPixelScans,
            LargestMemory;
        public delegate* unmanaged[Cdecl]<nint, byte**, int, int, void> Take;
        public nint Context;
    }

    [DllImport(Library)]
    static extern int research_jpeg_decode(
        byte* data,
        nuint size,
        JpegRequest* request,
        byte* target,
        byte* message,
        nuint messageSize
    );
}
