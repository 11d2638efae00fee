using Research.Imaging;
using Research.Randomness;

namespace Research.Training;

/// <summary>
/// Random changes of training pictures that are in memory: a crop made full size again, then stages in order. A picture's changes are a
/// pure function of (seed, picture, epoch), whichever batch or micro-batch it comes in, so a second pass and a resumed run see the same.
/// </summary>
public sealed record Augmentation
{
    /// <summary>What is cut out and resized to the pictures' own size; null (default) leaves whole pictures.</summary>
    public RandomResizedCrop? Crop { get; init; }

    /// <summary>What is done to the picture then; nothing by default.</summary>
    public IReadOnlyList<ImageStage> Stages { get; init; } = [];

    /// <summary>Changes one picture in place.</summary>
    /// <param name="planes">3 x size x size bytes: planes of red, green, blue.</param>
    /// <param name="size">Pixels on a side.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="picture">The picture's number.</param>
    /// <param name="epoch">The epoch.</param>
    /// <exception cref="ArgumentException">The bytes are not 3 x size x size, or <see cref="Crop"/> makes another size.</exception>
    public void Apply(Span<byte> planes, int size, ulong seed, long picture, long epoch)
    {
        Require(size);
        var area = size * size;
        if (planes.Length != 3 * area)
            throw new ArgumentException($"{planes.Length} bytes are not 3 x {size} x {size}.", nameof(planes));
        var random = new SeededRandom(Seed.Derive(Seed.Derive(seed, "augmentation", picture), "epoch", epoch));
        using var square = PixelBuffer.Rent(size, size);
        var pixels = square.Pixels;
        for (var i = 0; i < area; i++)
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = (planes[i], planes[area + i], planes[2 * area + i]);
        if (Crop is not null)
        {
            var (left, top, width, height) = Crop.Draw(size, size, random);
            using var part = PixelBuffer.Rent(width, height);
            for (var y = 0; y < height; y++)
                pixels.Slice(3 * ((top + y) * size + left), 3 * width).CopyTo(part.Pixels[(3 * y * width)..]);
            Resize.Into(part.Pixels, width, height, ResizeBox.All(width, height), pixels, size, size);
        }
        foreach (var stage in Stages)
            stage.Apply(square, random);
        for (var i = 0; i < area; i++)
            (planes[i], planes[area + i], planes[2 * area + i]) = (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]);
    }

    /// <exception cref="ArgumentException"><see cref="Crop"/> makes another size.</exception>
    internal void Require(int size)
    {
        if (Crop is not null && Crop.Size != size)
            throw new ArgumentException(
                $"Augmentation.Crop makes pictures of {Crop.Size} pixels, but the table's have {size}.",
                nameof(Crop)
            );
    }
}
