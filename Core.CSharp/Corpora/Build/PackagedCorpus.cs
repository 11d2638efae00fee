namespace Research.Corpora.Build;

/// <summary>
/// A corpus made from packages. A new one is a folder beside this file that holds a class of this kind and the list of its packages
/// (<see cref="CorpusPackage"/>), and a line in <see cref="PackagedCorpora"/>.
/// </summary>
public abstract class PackagedCorpus
{
    /// <summary>The corpus's name: the name of its folder in lower case.</summary>
    public abstract string Name { get; }

    /// <summary>One line on what it holds.</summary>
    public abstract string Description { get; }

    /// <summary>The packages that it is made from.</summary>
    public IReadOnlyList<CorpusPackage> Packages => CorpusPackage.Of(GetType().Namespace!.Split('.')[^1]);

    /// <summary>Increased when the same packages would give a different corpus.</summary>
    protected abstract string BuilderVersion { get; }

    /// <summary>Assigns concepts to sides.</summary>
    protected internal abstract SplitRule Splits { get; }

    /// <summary>The share of drawings that may be left out before the build is refused: 0.01.</summary>
    protected virtual double LargestSkippedShare => ImageTable.LargestSkippedShare;

    /// <summary>Reads the drawings one part at a time; each part is released before the next is read.</summary>
    /// <exception cref="FileNotFoundException">A package is missing.</exception>
    protected abstract IEnumerable<Drawings> Read();

    /// <summary>A build's inputs: package to installed version. Equal inputs give an equal corpus.</summary>
    /// <exception cref="FileNotFoundException">A package is missing; the message names the command that installs it.</exception>
    public IReadOnlyDictionary<string, string> Inputs()
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["builder"] = BuilderVersion };
        foreach (var package in Packages)
            try
            {
                inputs[package.Name] = package.InstalledVersion();
            }
            catch (FileNotFoundException error) when (package.OnDemand)
            {
                throw new FileNotFoundException(
                    $"Package '{package.Name}' is not installed (looked for {error.FileName}). ./research data prepare {Name} installs it.",
                    error.FileName,
                    error
                );
            }
        return inputs;
    }

    /// <summary>Builds the corpus into a folder.</summary>
    /// <param name="folder">The corpus's folder; its contents are replaced once the new corpus is complete.</param>
    /// <param name="imageSize">The side of the pictures in pixels.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancellation">Stops the build and leaves nothing.</param>
    /// <exception cref="FileNotFoundException">A package is missing; the message names the command that installs it.</exception>
    public CorpusInfo Build(
        string folder,
        int imageSize,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var builder = new CorpusBuilder
        {
            Name = Name,
            ImageSize = imageSize,
            Splits = Splits,
            Inputs = Inputs(),
            LargestSkippedShare = LargestSkippedShare,
        };
        var done = 0;
        foreach (var part in Read())
        {
            var (stage, every) = ($"drawing {part.Name}".TrimEnd(), part.Expected < 50_000 ? 64 : 256);
            builder.Add(
                part.Pairs,
                () =>
                {
                    var now = Interlocked.Increment(ref done);
                    if (now % every == 0)
                        progress?.Report(new PrepareProgress(stage, now, Math.Max(now, part.Expected)));
                },
                cancellation
            );
        }
        return builder.Write(folder, progress, cancellation);
    }
}
