using Research.Imaging;

namespace Research.Corpora.Import;

/// <summary>Why an item of a data set was left out.</summary>
public enum PairFault
{
    /// <summary>An archive or compressed file ends too early; complete items before the cut are kept.</summary>
    TruncatedArchive,

    /// <summary>An archive's header, or the markup of a table's row, is damaged.</summary>
    Damaged,

    /// <summary>A file cannot be read, or no longer exists.</summary>
    MissingFile,

    /// <summary>A path is absolute where it must not be, or leads out of its folder.</summary>
    UnsafePath,

    /// <summary>A second pair with the same key, or a second file with the same name.</summary>
    DuplicateKey,

    /// <summary>Words without a picture.</summary>
    MissingPicture,

    /// <summary>A picture without words, or with blank ones.</summary>
    MissingCaption,

    /// <summary>Text that is not UTF-8.</summary>
    InvalidText,

    /// <summary>A picture file without bytes.</summary>
    EmptyPicture,

    /// <summary>A picture file that ends before its picture does.</summary>
    TruncatedPicture,

    /// <summary>A picture file that contradicts its format.</summary>
    CorruptPicture,

    /// <summary>A picture that exceeds a bound: pixels, bytes, scans or memory.</summary>
    TooLarge,

    /// <summary>A picture in a format that is not decoded.</summary>
    Unsupported,

    /// <summary>A drawing that took too long.</summary>
    TimedOut,
}

static class PairFaults
{
    /// <summary>The fault behind an exception from a decoder or a shard's reader.</summary>
    public static PairFault Of(Exception error) =>
        ImageFaults.Of(error) switch
        {
            ImageFault.Empty => PairFault.EmptyPicture,
            ImageFault.Truncated => PairFault.TruncatedPicture,
            ImageFault.Corrupt => PairFault.CorruptPicture,
            ImageFault.TooLarge => PairFault.TooLarge,
            ImageFault.Unsupported => PairFault.Unsupported,
            ImageFault.TimedOut => PairFault.TimedOut,
            _ when error.InnerException is EndOfStreamException => PairFault.TruncatedArchive,
            _ => PairFault.MissingFile,
        };
}
