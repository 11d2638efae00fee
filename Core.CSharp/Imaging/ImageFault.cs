namespace Research.Imaging;

/// <summary>Why a picture could not be decoded.</summary>
public enum ImageFault
{
    /// <summary>The file holds no bytes.</summary>
    Empty,

    /// <summary>The file ends before its picture does.</summary>
    Truncated,

    /// <summary>The file contradicts its format.</summary>
    Corrupt,

    /// <summary>More pixels, bytes, scans or memory than the limits allow.</summary>
    TooLarge,

    /// <summary>A format, or a variant of one, that this code does not decode.</summary>
    Unsupported,

    /// <summary>The drawing took longer than the limit.</summary>
    TimedOut,
}

/// <summary>
/// The faults of the decoders' exceptions. Every refusal is an <see cref="InvalidDataException"/> that carries its
/// <see cref="ImageFault"/>; its message is the reason alone, to which the caller adds a name.
/// </summary>
public static class ImageFaults
{
    const string Key = "Research.Imaging.ImageFault";

    /// <summary>The fault that a decoder's exception carries; null for other exceptions.</summary>
    public static ImageFault? Of(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.Data[Key] is ImageFault fault ? fault : null;
    }

    internal static InvalidDataException Error(ImageFault fault, string reason)
    {
        var error = new InvalidDataException(reason);
        error.Data[Key] = fault;
        return error;
    }

    /// <summary>Refuses a picture with more pixels than its reader accepts.</summary>
    /// <exception cref="InvalidDataException">It has more; the message gives its size, the limit and the option that raises it.</exception>
    internal static void RequirePixels(long width, long height, long largest)
    {
        if (width * height > largest)
            throw Error(
                ImageFault.TooLarge,
                $"{width} x {height} pixels are more than {largest}; {nameof(DecodeOptions)}.{nameof(DecodeOptions.LargestPixelCount)} raises the limit"
            );
    }
}
