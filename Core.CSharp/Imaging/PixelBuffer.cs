using System.Buffers;

namespace Research.Imaging;

/// <summary>
/// An 8-bit RGB picture in pooled memory, for pipelines that would otherwise allocate megabytes per picture. Not thread-safe;
/// dispose it to return the memory.
/// </summary>
public sealed class PixelBuffer : IDisposable
{
    const int Slack = 64; // vector code may read and write past the last pixel
    byte[]? memory;
    readonly bool pooled;

    PixelBuffer(int width, int height, byte[] memory, bool pooled)
    {
        (Width, Height) = (width, height);
        this.memory = memory;
        this.pooled = pooled;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Height x Width x 3 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public Span<byte> Pixels
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory is null, this);
            return memory.AsSpan(0, Width * Height * 3);
        }
    }

    /// <summary>A buffer of undefined pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static PixelBuffer Rent(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return new(width, height, ArrayPool<byte>.Shared.Rent(checked(width * height * 3 + Slack)), pooled: true);
    }

    /// <summary>A view of a picture: both share their pixels.</summary>
    public static PixelBuffer Of(RgbImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return new(picture.Width, picture.Height, picture.Pixels, pooled: false);
    }

    /// <summary>A copy as an independent picture.</summary>
    public RgbImage ToImage() => new(Width, Height, Pixels.ToArray());

    /// <inheritdoc/>
    public void Dispose()
    {
        if (memory is not null && pooled)
            ArrayPool<byte>.Shared.Return(memory);
        memory = null;
    }
}
