using System.Security.Cryptography;
using Research.Imaging;

namespace Research.Corpora.Import;

/// <summary>What one decoding of a picture finds.</summary>
/// <param name="Width">Columns, upright.</param>
/// <param name="Height">Rows, upright.</param>
/// <param name="PerceptualHash">The difference hash.</param>
/// <param name="Content">The first 16 bytes of the file's SHA-256.</param>
sealed record PictureCheck(int Width, int Height, ulong PerceptualHash, byte[] Content)
{
    const int Enough = 64; // pixels per side; the hash needs 9

    /// <summary>
    /// Decodes the whole file, so that any damage shows; a JPEG at an eighth of its size where that is enough.
    /// </summary>
    /// <exception cref="InvalidDataException">The picture cannot be used.</exception>
    public static PictureCheck Of(byte[] file, DecodeOptions options)
    {
        var info = ImageDecoder.ReadInfo(file, options);
        using var pixels = ImageDecoder.DecodeRegion(
            file,
            PixelRegion.All(info.Width, info.Height),
            Math.Min(info.Width, Enough),
            Math.Min(info.Height, Enough),
            out _,
            options
        );
        return new(info.Width, info.Height, Imaging.PerceptualHash.Of(pixels.ToImage()), SHA256.HashData(file)[..16]);
    }
}
