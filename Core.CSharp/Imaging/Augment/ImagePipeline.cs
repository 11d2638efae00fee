using System.Diagnostics;
using Research.Randomness;

namespace Research.Imaging;

/// <summary>The time of each stage of a pipeline, summed over all threads, in ticks of <see cref="Stopwatch"/>.</summary>
public sealed class ImageTimes
{
    long decoding,
        resizing,
        augmenting,
        pictures;

    /// <summary>Reading headers and decoding.</summary>
    public TimeSpan Decoding => Time(ref decoding);

    /// <summary>Resizing and cropping.</summary>
    public TimeSpan Resizing => Time(ref resizing);

    /// <summary>Flips, colours, and the order of the planes.</summary>
    public TimeSpan Augmenting => Time(ref augmenting);

    /// <summary>The number of pictures.</summary>
    public long Pictures => Interlocked.Read(ref pictures);

    internal void Add(long decoded, long resized, long augmented)
    {
        Interlocked.Add(ref decoding, decoded);
        Interlocked.Add(ref resizing, resized);
        Interlocked.Add(ref augmenting, augmented);
        Interlocked.Increment(ref pictures);
    }

    static TimeSpan Time(ref long ticks) => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref ticks));
}

/// <summary>
/// Turns an encoded picture into an encoder's planes: decode, crop and resize, then the stages. Every random choice is a
/// function of (<see cref="Seed"/>, sample, epoch) alone, on any thread and in any order. Thread-safe.
/// </summary>
public sealed record ImagePipeline
{
    /// <summary>How the square is cut out.</summary>
    public required ImageCrop Crop { get; init; }

    /// <summary>Applied to the square in order; none by default.</summary>
    public IReadOnlyList<ImageStage> Stages { get; init; } = [];

    /// <summary>The run's seed: 0 by default.</summary>
    public ulong Seed { get; init; }

    /// <summary>Bounds of decoding.</summary>
    public DecodeOptions Decoding { get; init; } = DecodeOptions.Default;

    /// <summary>
    /// Whether a JPEG of more than twice the needed size may be shrunk by its transform before it is resized, and resized in 16 bits: faster,
    /// with slightly different pixels from Pillow's without draft mode. By default random crops do, <see cref="CentreCrop"/> does not.
    /// </summary>
    public bool? ShrinkInTransform { get; init; }

    /// <summary>Adds up the time of each stage; null for no timing.</summary>
    public ImageTimes? Times { get; init; }

    /// <summary>The number of bytes of one picture: 3 x size x size.</summary>
    public int Length => 3 * Crop.Size * Crop.Size;

    /// <summary>Prepares a picture.</summary>
    /// <param name="file">The encoded picture.</param>
    /// <param name="sample">The picture's number in its corpus.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="planes">Receives 3 x size x size bytes: planes of red, green, blue.</param>
    /// <exception cref="ArgumentException"><paramref name="planes"/> has another length.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, not supported, or exceeds a bound.</exception>
    /// <exception cref="DllNotFoundException">The format's library is not installed.</exception>
    public void Load(ReadOnlySpan<byte> file, long sample, long epoch, Span<byte> planes)
    {
        if (planes.Length != Length)
            throw new ArgumentException(
                $"{planes.Length} bytes cannot hold 3 x {Crop.Size} x {Crop.Size}.",
                nameof(planes)
            );
        var started = Stopwatch.GetTimestamp();
        var random = Random(sample, epoch);
        var opened = ImageDecoder.Open(file, Decoding);
        using var square = PixelBuffer.Rent(Crop.Size, Crop.Size);
        var resizing = Crop is RandomResizedCrop crop
            ? ImageDecoder.DecodeSquare(
                file,
                opened,
                crop.Draw(opened.Info.Width, opened.Info.Height, random),
                ShrinkInTransform ?? true,
                square,
                Times is not null,
                Decoding
            )
            : Centre(file, opened, square);
        var resized = Stopwatch.GetTimestamp();
        foreach (var stage in Stages)
            stage.Apply(square, random);
        Planes.Split(square.Pixels, planes);
        Times?.Add(resized - started - resizing, resizing, Stopwatch.GetTimestamp() - resized);
    }

    /// <summary>The part of a picture that <see cref="Load"/> turns into its square.</summary>
    public PixelRegion Region(ImageInfo info, long sample, long epoch) =>
        Crop is RandomResizedCrop crop
            ? crop.Draw(info.Width, info.Height, Random(sample, epoch))
            : PixelRegion.All(info.Width, info.Height);

    SeededRandom Random(long sample, long epoch) =>
        new(Randomness.Seed.Derive(Randomness.Seed.Derive(Seed, "image", sample), "epoch", epoch));

    // Returns the ticks spent resizing.
    long Centre(ReadOnlySpan<byte> file, in ImageDecoder.Opened opened, PixelBuffer square)
    {
        var (width, height) = (opened.Info.Width, opened.Info.Height);
        var fitted = Resize.Fitted(width, height, Crop.Size);
        var shrink = ShrinkInTransform ?? false;
        using var whole = ImageDecoder.DecodeRegion(
            file,
            opened,
            PixelRegion.All(width, height),
            shrink ? fitted.Width : width,
            shrink ? fitted.Height : height,
            out var box,
            Decoding
        );
        var decoded = Stopwatch.GetTimestamp();
        using var resized = PixelBuffer.Rent(fitted.Width, fitted.Height);
        Resize.Into(whole.Pixels, whole.Width, whole.Height, box, resized.Pixels, fitted.Width, fitted.Height);
        var (left, top) = Resize.CentreOffset(fitted.Width, fitted.Height, Crop.Size);
        var row = Crop.Size * 3;
        for (var y = 0; y < Crop.Size; y++)
            resized.Pixels.Slice(((top + y) * fitted.Width + left) * 3, row).CopyTo(square.Pixels.Slice(y * row, row));
        return Stopwatch.GetTimestamp() - decoded;
    }
}
