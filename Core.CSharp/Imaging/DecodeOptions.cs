namespace Research.Imaging;

/// <summary>
/// The bounds of decoding, all checked before what they bound is allocated, and what is done with a picture's own statements.
/// </summary>
public sealed record DecodeOptions
{
    /// <summary>The defaults of every property.</summary>
    public static DecodeOptions Default { get; } = new();

    /// <summary>Pictures of more pixels are refused by their header: 64 million.</summary>
    public long LargestPixelCount { get; init; } = 64_000_000;

    /// <summary>Larger files are refused: 256 MiB.</summary>
    public long LargestFile { get; init; } = 256L << 20;

    /// <summary>What libjpeg may allocate for itself: 1 GiB. A progressive file needs up to 6 bytes a pixel.</summary>
    public long LargestMemory { get; init; } = 1L << 30;

    /// <summary>
    /// The scans that a JPEG file may have: 128. Beyond 16 scans their number times the pixels is limited too, to 16 times
    /// <see cref="LargestPixelCount"/>.
    /// </summary>
    public int LargestScanCount { get; init; } = 128;

    /// <summary>The side of the square that a drawing (SVG) is rasterised to: 224.</summary>
    public int SvgSize { get; init; } = 224;

    /// <summary>How long the rasterising of one drawing may take: 10 seconds.</summary>
    public TimeSpan SvgTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The memory that one drawing may take while it is rasterised: 512 MiB.</summary>
    public long SvgMemory { get; init; } = 512L << 20;

    /// <summary>Turns pictures upright by their EXIF orientation (default).</summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// Accepts JPEG files whose data are damaged or cut, with grey where pixels are missing. By default they are refused, so that
    /// a corpus's report counts them.
    /// </summary>
    public bool TolerateDamage { get; init; }
}
