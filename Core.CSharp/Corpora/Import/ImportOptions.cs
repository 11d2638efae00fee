namespace Research.Corpora.Import;

/// <summary>The readable layouts of data sets.</summary>
public enum CorpusFormat
{
    /// <summary>Recognized by file names.</summary>
    Auto,

    /// <summary><see cref="WebDatasetReader"/>.</summary>
    WebDataset,

    /// <summary><see cref="TableReader"/>: CSV, TSV or JSON lines.</summary>
    Table,

    /// <summary><see cref="CaptionJsonReader"/>: COCO's, Karpathy's, or a plain list; for a folder <see cref="CocoFolderReader"/>.</summary>
    CaptionJson,

    /// <summary><see cref="TokenFileReader"/>: Flickr30k's.</summary>
    TokenFile,

    /// <summary><see cref="ImageFolderReader"/>.</summary>
    ImageFolder,

    /// <summary><see cref="MetadataFolderReader"/>: Hugging Face's.</summary>
    MetadataFolder,
}

/// <summary>Whether folders named train, val or test are sides.</summary>
public enum SideFolders
{
    /// <summary>They are sides if every first-level folder with pictures has such a name, and classes otherwise.</summary>
    Auto,

    /// <summary>Always.</summary>
    Sides,

    /// <summary>Never: they are classes.</summary>
    Classes,
}

/// <summary>What to import, and how.</summary>
public sealed record ImportOptions
{
    /// <summary>A folder, a file, or a pattern of shards (<see cref="ShardPattern"/>).</summary>
    public required string Source { get; init; }

    /// <summary>The corpus's name: lower-case letters, digits, '-', '_' and '.'.</summary>
    public required string Name { get; init; }

    /// <summary>The layout; by default recognized by file names.</summary>
    public CorpusFormat Format { get; init; }

    /// <summary>The folder that paths in a table or caption file are relative to; null for the nearby one that holds the first picture.</summary>
    public string? Images { get; init; }

    /// <summary>The column of a table that holds the paths; null for the first usual name.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>Where captions come from.</summary>
    public CaptionRule Captions { get; init; } = new();

    /// <summary>The field that states the side (train, val, test); <c>split</c> by default. Pairs without it get a side by their concept.</summary>
    public string SplitColumn { get; init; } = "split";

    /// <summary>The field that states the concept; by default <c>concept</c>, else the caption, else (several captions, class names, or all captions of a table) the picture.</summary>
    public string ConceptColumn { get; init; } = "concept";

    /// <summary>The field that states the source; <c>source</c> by default, else the corpus's name.</summary>
    public string SourceColumn { get; init; } = "source";

    /// <summary>The share of concepts put into the test where the data set states no sides: 0.05.</summary>
    public double TestShare { get; init; } = 0.05;

    /// <summary>The share of concepts put into the validation where the data set states no sides: 0.05.</summary>
    public double ValidationShare { get; init; } = 0.05;

    /// <summary>Whether pictures on two sides stay on both. By default they stay only on the side nearer to the test.</summary>
    public bool KeepDuplicates { get; init; }

    /// <summary>The share of what is found, in [0, 1], that may be left out before the import is refused: 0.01.</summary>
    public double LargestSkippedShare { get; init; } = 0.01;

    /// <summary>Whether folders named train, val or test are sides.</summary>
    public SideFolders SideFolders { get; init; }

    /// <summary>Bounds of texts and packed files.</summary>
    public ReadBounds Bounds { get; init; } = ReadBounds.Default;

    /// <summary>Decoding threads; null for one per core.</summary>
    public int? Threads { get; init; }

    /// <summary>Bounds of decoding.</summary>
    public Imaging.DecodeOptions Decoding { get; init; } = Imaging.DecodeOptions.Default;
}
