using Research.Corpora.Build.Clipart;
using Research.Corpora.Build.Emoji;
using Research.Corpora.Build.Pictograms;

namespace Research.Corpora.Build;

/// <summary>The corpora that this program builds from packages.</summary>
public static class PackagedCorpora
{
    /// <summary>All of them by name: a new corpus is a line here.</summary>
    public static IReadOnlyDictionary<string, PackagedCorpus> All { get; } =
        new SortedDictionary<string, PackagedCorpus>(
            new PackagedCorpus[] { new ClipartCorpus(), new EmojiCorpus(), new PictogramCorpus() }.ToDictionary(
                corpus => corpus.Name
            ),
            StringComparer.Ordinal
        );
}
