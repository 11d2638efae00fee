namespace Research.Imaging;

/// <summary>
/// The bounds of decoding, each checked before memory is allocated, and how far a file's own statements are followed.
/// </summary>
public sealed record DecodeOptions
{
    /// <summary>The options with every default.</summary>
    public static DecodeOptions Default { get; } = new();

    /// <summary>Pictures whose header states more pixels are refused: 64 million.</summary>
    public long LargestPixelCount { get; init; } = 64_000_000;

    /// <summary>Larger files are refused: 256 MiB.</summary>
    public long LargestFile { get; init; } = 256L << 20;

    /// <summary>What libjpeg itself may allocate: 1 GiB. A progressive file needs up to 6 bytes per pixel.</summary>
    public long LargestMemory { get; init; } = 1L << 30;

    /// <summary>
    /// The largest number of scans in a JPEG file: 128. Beyond 16 scans, scans times pixels are limited too, to 16 times
    /// <see cref="LargestPixelCount"/>.
    /// </summary>
    public int LargestScanCount { get; init; } = 128;

    /// <summary>The side of the square that a drawing (SVG) is rasterised to: 224.</summary>
    public int SvgSize { get; init; } = 224;

    /// <summary>The time limit for rasterising one drawing: 10 seconds.</summary>
    public TimeSpan SvgTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The memory limit for rasterising one drawing: 512 MiB.</summary>
    public long SvgMemory { get; init; } = 512L << 20;

    /// <summary>Turns pictures upright by their EXIF orientation (default).</summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// Accepts JPEG files with damaged or truncated data, with grey for missing pixels. By default they are refused, so that
    /// a corpus's report counts them.
    /// </summary>
    public bool TolerateDamage { get; init; }
}
