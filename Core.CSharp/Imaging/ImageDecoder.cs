using System.Diagnostics;

namespace Research.Imaging;

/// <summary>What a file states about its picture, before any pixel is decoded.</summary>
/// <param name="Format">The format, from the first bytes.</param>
/// <param name="Width">Columns of the upright picture.</param>
/// <param name="Height">Rows of the upright picture.</param>
/// <param name="Orientation">EXIF's orientation, 1 to 8, as applied; 1 when it is not applied.</param>
public readonly record struct ImageInfo(ImageFormat Format, int Width, int Height, int Orientation);

/// <summary>
/// Decodes pictures of any supported format (JPEG, PNG, WebP, SVG) to upright 8-bit RGB over white. The content decides the format.
/// Bounds are checked against the header, before memory is allocated. Thread-safe.
/// </summary>
/// <remarks>
/// Every refusal is an <see cref="InvalidDataException"/>: its message is the reason, <see cref="ImageFaults.Of"/> its kind.
/// Colour profiles are ignored, as in Pillow. CMYK becomes RGB without a profile, and files of four components are inverted.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>Reads the header.</summary>
    /// <exception cref="InvalidDataException">The header is damaged, the format is not supported, or a bound is exceeded.</exception>
    /// <exception cref="DllNotFoundException">The format's library is not installed.</exception>
    public static ImageInfo ReadInfo(ReadOnlySpan<byte> file, DecodeOptions? options = null) =>
        Open(file, options ?? DecodeOptions.Default).Info;

    /// <summary>Decodes the whole picture.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, not supported, or exceeds a bound.</exception>
    /// <exception cref="DllNotFoundException">The format's library is not installed.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, DecodeOptions? options = null)
    {
        options ??= DecodeOptions.Default;
        var opened = Open(file, options);
        using var pixels = Whole(file, opened, options);
        return pixels.ToImage();
    }

    /// <summary>
    /// Decodes a region of the upright picture, and no more than needed. JPEG: only the region's lines and blocks,
    /// and when <paramref name="atLeastWidth"/> x <paramref name="atLeastHeight"/> pixels suffice, shrunk by 2, 4 or 8 in the
    /// transform, never below that size; colour stored at half resolution is then repeated instead of interpolated.
    /// </summary>
    /// <param name="file">The encoded picture.</param>
    /// <param name="region">The region, in pixels of the upright picture.</param>
    /// <param name="atLeastWidth">The fewest columns to return; the region's own width for full resolution.</param>
    /// <param name="atLeastHeight">The fewest rows to return.</param>
    /// <param name="box">Where the region lies in the buffer: all of it, or with fractional edges when it was shrunk.</param>
    /// <param name="options">Bounds; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">The region is not inside the picture.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, not supported, or exceeds a bound.</exception>
    /// <exception cref="DllNotFoundException">The format's library is not installed.</exception>
    public static PixelBuffer DecodeRegion(
        ReadOnlySpan<byte> file,
        PixelRegion region,
        int atLeastWidth,
        int atLeastHeight,
        out ResizeBox box,
        DecodeOptions? options = null
    )
    {
        options ??= DecodeOptions.Default;
        return DecodeRegion(file, Open(file, options), region, atLeastWidth, atLeastHeight, out box, options);
    }

    internal readonly record struct Opened(ImageInfo Info, JpegHeader Jpeg, WebPHeader WebP);

    internal static Opened Open(ReadOnlySpan<byte> file, DecodeOptions options)
    {
        if (file.IsEmpty)
            throw ImageFaults.Error(ImageFault.Empty, "the file is empty");
        if (file.Length > options.LargestFile)
            throw ImageFaults.Error(ImageFault.TooLarge, $"{file.Length} bytes are more than {options.LargestFile}");
        var format = ImageFormats.Sniff(file);
        var opened = format switch
        {
            ImageFormat.Jpeg => OfJpeg(JpegHeader.Read(file)),
            ImageFormat.Png => OfPng(file),
            ImageFormat.WebP => OfWebP(WebP.Read(file)),
            ImageFormat.Svg => new Opened(new ImageInfo(format, options.SvgSize, options.SvgSize, 1), default, default),
            ImageFormat.Unknown => throw ImageFaults.Error(
                ImageFault.Unsupported,
                $"no picture format begins with {Convert.ToHexString(file[..Math.Min(file.Length, 8)])}"
            ),
            _ => throw ImageFaults.Error(
                ImageFault.Unsupported,
                $"{format} is not supported; JPEG, PNG, WebP and SVG are"
            ),
        };
        var info = opened.Info;
        ImageFaults.RequirePixels(info.Width, info.Height, options.LargestPixelCount);
        return opened with { Info = Turned(info, options.ApplyOrientation ? info.Orientation : Orientation.Upright) };
    }

    static Opened OfJpeg(JpegHeader header) =>
        new(new ImageInfo(ImageFormat.Jpeg, header.Width, header.Height, header.Orientation), header, default);

    static Opened OfWebP(WebPHeader header) =>
        new(new ImageInfo(ImageFormat.WebP, header.Width, header.Height, header.Orientation), default, header);

    static Opened OfPng(ReadOnlySpan<byte> file)
    {
        var (width, height) = Png.ReadSize(file);
        return new(new ImageInfo(ImageFormat.Png, width, height, PngChunks.Orientation(file)), default, default);
    }

    static ImageInfo Turned(ImageInfo stored, int orientation) =>
        Orientation.SwapsSides(orientation)
            ? new(stored.Format, stored.Height, stored.Width, orientation)
            : stored with
            {
                Orientation = orientation,
            };

    static PixelBuffer Whole(ReadOnlySpan<byte> file, Opened opened, DecodeOptions options)
    {
        var (width, height) = (opened.Info.Width, opened.Info.Height);
        return DecodeRegion(file, opened, PixelRegion.All(width, height), width, height, out _, options);
    }

    internal static PixelBuffer DecodeRegion(
        ReadOnlySpan<byte> file,
        Opened opened,
        PixelRegion region,
        int atLeastWidth,
        int atLeastHeight,
        out ResizeBox box,
        DecodeOptions options
    )
    {
        var info = opened.Info;
        region.RequireInside(info.Width, info.Height, nameof(region));
        var swapped = Orientation.SwapsSides(info.Orientation);
        var (width, height) = swapped ? (info.Height, info.Width) : (info.Width, info.Height);
        var stored = Orientation.Stored(region, info.Orientation, width, height);
        var scale = info.Format == ImageFormat.Jpeg ? ScaleOf(stored, swapped, atLeastWidth, atLeastHeight) : 8;
        var plainChroma = PlainChroma(region, atLeastWidth, atLeastHeight);
        var (buffer, place) = DecodeStored(file, opened, stored, scale, plainChroma, options);
        if (info.Orientation == Orientation.Upright)
        {
            box = place;
            return buffer;
        }
        using (buffer)
        {
            var upright = swapped
                ? PixelBuffer.Rent(buffer.Height, buffer.Width)
                : PixelBuffer.Rent(buffer.Width, buffer.Height);
            Orientation.Apply(buffer.Pixels, buffer.Width, buffer.Height, info.Orientation, upright.Pixels);
            box = Orientation.UprightBox(place, info.Orientation, buffer.Width, buffer.Height);
            return upright;
        }
    }

    static int ScaleOf(PixelRegion stored, bool swapped, int atLeastWidth, int atLeastHeight) =>
        swapped
            ? Jpeg.ScaleFor(stored, atLeastHeight, atLeastWidth)
            : Jpeg.ScaleFor(stored, atLeastWidth, atLeastHeight);

    static (PixelBuffer Pixels, ResizeBox Place) DecodeStored(
        ReadOnlySpan<byte> file,
        Opened opened,
        PixelRegion stored,
        int scale,
        bool plainChroma,
        DecodeOptions options
    )
    {
        if (opened.Info.Format is ImageFormat.Png or ImageFormat.Svg)
            return Cut(
                opened.Info.Format == ImageFormat.Png
                    ? Png.Decode(file, options.LargestPixelCount)
                    : Svg.Rasterise(file, options.SvgSize, options),
                stored
            );
        var covered = opened.Info.Format == ImageFormat.Jpeg ? Covered(stored, opened.Jpeg, scale) : stored;
        var buffer = PixelBuffer.Rent(covered.Width, covered.Height);
        try
        {
            if (opened.Info.Format == ImageFormat.Jpeg)
                Jpeg.Decode(file, opened.Jpeg, scale, covered, options, plainChroma, buffer.Pixels);
            else
                WebP.Decode(file, opened.WebP, covered, buffer.Pixels);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        return (buffer, Place(stored, covered, scale));
    }

    static ResizeBox Place(PixelRegion stored, PixelRegion covered, int scale)
    {
        var factor = scale / 8.0;
        return new ResizeBox(
            stored.Left * factor - covered.Left,
            stored.Top * factor - covered.Top,
            Math.Min((stored.Left + stored.Width) * factor - covered.Left, covered.Width),
            Math.Min((stored.Top + stored.Height) * factor - covered.Top, covered.Height)
        );
    }

    /// <summary>
    /// Decodes a region and resizes it to a square, in one pass where the format allows it. The bits are those of
    /// <see cref="DecodeRegion(ReadOnlySpan{byte}, PixelRegion, int, int, out ResizeBox, DecodeOptions?)"/> and <see cref="Resize"/>, or of
    /// <see cref="RowResizer"/> for a JPEG that may be shrunk.
    /// </summary>
    /// <returns>The ticks spent resizing.</returns>
    internal static long DecodeSquare(
        ReadOnlySpan<byte> file,
        Opened opened,
        PixelRegion region,
        bool shrink,
        PixelBuffer square,
        bool timed,
        DecodeOptions options
    )
    {
        var size = square.Width;
        var (atLeastWidth, atLeastHeight) = shrink ? (size, size) : (region.Width, region.Height);
        if (
            opened.Info is { Format: ImageFormat.Jpeg, Orientation: Orientation.Upright }
            && opened.Jpeg.Components != 4
        )
        {
            region.RequireInside(opened.Info.Width, opened.Info.Height, nameof(region));
            var scale = ScaleOf(region, false, atLeastWidth, atLeastHeight);
            var covered = Covered(region, opened.Jpeg, scale);
            var plainChroma = PlainChroma(region, atLeastWidth, atLeastHeight);
            var crop = new JpegPart(opened.Jpeg, scale, covered, Place(region, covered, scale), plainChroma);
            return JpegCrop.Into(file, crop, exact: !shrink, options, square.Pixels, size, timed);
        }
        using var part = DecodeRegion(file, opened, region, atLeastWidth, atLeastHeight, out var box, options);
        var decoded = Stopwatch.GetTimestamp();
        Resize.Into(part.Pixels, part.Width, part.Height, box, square.Pixels, size, size);
        return Stopwatch.GetTimestamp() - decoded;
    }

    // Where the picture is later shrunk to less than two thirds, interpolated colour would be lost again.
    static bool PlainChroma(PixelRegion region, int atLeastWidth, int atLeastHeight) =>
        3L * atLeastWidth < 2L * region.Width && 3L * atLeastHeight < 2L * region.Height;

    // The pixels of the shrunk picture under a region of the full one.
    static PixelRegion Covered(PixelRegion stored, JpegHeader header, int scale)
    {
        int left = stored.Left * scale / 8,
            top = stored.Top * scale / 8,
            right = Math.Min(Jpeg.Scaled(stored.Left + stored.Width, scale), Jpeg.Scaled(header.Width, scale)),
            bottom = Math.Min(Jpeg.Scaled(stored.Top + stored.Height, scale), Jpeg.Scaled(header.Height, scale));
        return new PixelRegion(left, top, right - left, bottom - top);
    }

    static (PixelBuffer, ResizeBox) Cut(RgbImage picture, PixelRegion region)
    {
        if (region == PixelRegion.All(picture.Width, picture.Height))
            return (PixelBuffer.Of(picture), ResizeBox.All(picture.Width, picture.Height));
        var buffer = PixelBuffer.Rent(region.Width, region.Height);
        for (var row = 0; row < region.Height; row++)
            picture
                .Pixels.AsSpan(((region.Top + row) * picture.Width + region.Left) * 3, region.Width * 3)
                .CopyTo(buffer.Pixels.Slice(row * region.Width * 3, region.Width * 3));
        return (buffer, ResizeBox.All(region.Width, region.Height));
    }
}
