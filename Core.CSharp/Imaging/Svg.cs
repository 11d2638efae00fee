using Research.Imaging.Drawing;

namespace Research.Imaging;

/// <summary>
/// SVG drawings through librsvg and cairo. The drawing is fitted into a square, its aspect ratio kept, over white. librsvg can end the
/// process that calls it, take its memory or never return; it therefore works in separate processes, one per core, each of which takes
/// drawing after drawing and is replaced when it ends (<see cref="DrawingPool"/>). A drawing that ends, fills or outlasts its process
/// is refused; the others are unaffected. No file or network reference is ever followed.
/// </summary>
public static class Svg
{
    /// <summary>The largest drawing: 32 MiB of text.</summary>
    public const int LargestFile = 32 << 20;

    /// <summary>The largest side in pixels.</summary>
    public const int LargestSize = 4096;

    /// <summary>Rasterises a drawing to <paramref name="size"/> x <paramref name="size"/> pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, <see cref="LargestSize"/>].</exception>
    /// <exception cref="InvalidDataException">Not SVG, malformed, too large, too slow or refused by librsvg; the message is the reason
    /// alone.</exception>
    /// <exception cref="InvalidOperationException">No drawing process can be started; the message gives the reason and the remedy.</exception>
    /// <exception cref="DllNotFoundException">librsvg or cairo is not installed.</exception>
    public static RgbImage Rasterise(ReadOnlySpan<byte> svg, int size) => Rasterise(svg, size, DecodeOptions.Default);

    /// <summary>Like <see cref="Rasterise(ReadOnlySpan{byte}, int)"/>, with its own time limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, <see cref="LargestSize"/>], or the limit not positive.</exception>
    /// <exception cref="InvalidDataException">Not SVG, malformed, too large, too slow or refused by librsvg.</exception>
    /// <exception cref="InvalidOperationException">No drawing process can be started.</exception>
    /// <exception cref="DllNotFoundException">librsvg or cairo is not installed.</exception>
    public static RgbImage Rasterise(ReadOnlySpan<byte> svg, int size, TimeSpan limit) =>
        Rasterise(svg, size, DecodeOptions.Default with { SvgTime = limit });

    /// <summary>Like <see cref="Rasterise(ReadOnlySpan{byte}, int)"/>, with the options' limits of time and memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, <see cref="LargestSize"/>], or a limit not positive.</exception>
    /// <exception cref="InvalidDataException">Not SVG, malformed, too large, too slow or refused by librsvg.</exception>
    /// <exception cref="InvalidOperationException">No drawing process can be started.</exception>
    /// <exception cref="DllNotFoundException">librsvg or cairo is not installed.</exception>
    internal static RgbImage Rasterise(ReadOnlySpan<byte> svg, int size, DecodeOptions options)
    {
        if (size is < 1 or > LargestSize)
            throw new ArgumentOutOfRangeException(
                nameof(size),
                size,
                $"A raster of {size} pixels: use 1 to {LargestSize}."
            );
        if (options.SvgTime <= TimeSpan.Zero || options.SvgTime.TotalMilliseconds > int.MaxValue)
            throw new ArgumentOutOfRangeException(
                nameof(options),
                options.SvgTime,
                "A drawing's time limit must be positive and at most 24 days."
            );
        if (options.SvgMemory < 1 << 20)
            throw new ArgumentOutOfRangeException(
                nameof(options),
                options.SvgMemory,
                "A drawing's memory limit must be at least 1 MiB."
            );
        if (svg.IsEmpty)
            throw ImageFaults.Error(ImageFault.Empty, "the file is empty");
        if (svg.Length > LargestFile)
            throw ImageFaults.Error(
                ImageFault.TooLarge,
                $"{svg.Length} bytes of SVG are more than the limit of {LargestFile}"
            );
        return DrawingPool.Draw(svg, size, options.SvgTime, options.SvgMemory);
    }
}
