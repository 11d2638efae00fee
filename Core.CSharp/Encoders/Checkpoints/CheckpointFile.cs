using Research.Encoders.Formats;
using Research.Encoders.Layouts;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// A checkpoint that is open: what it is and whether it loads, told from names and shapes alone, and its model once that is asked for.
/// </summary>
public sealed class CheckpointFile : IDisposable
{
    /// <summary>The means that CLIP's models take from red, green and blue in [0, 1].</summary>
    internal static IReadOnlyList<float> ClipMean { get; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>The deviations that CLIP's models divide by.</summary>
    internal static IReadOnlyList<float> ClipDeviation { get; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Counters that no forward pass reads; older files lack them.</summary>
    static readonly string[] optional = ["*.num_batches_tracked"];

    /// <summary>A causal mask of so many tokens squared has 256 MiB.</summary>
    const int LongestContext = 8192;

    readonly TensorFile file;
    readonly CheckpointOptions options;
    readonly WeightMap? map;
    readonly List<string> faults = [];
    readonly List<string> assumptions = [];

    internal CheckpointFile(TensorFile file, CheckpointOptions options)
    {
        (this.file, this.options) = (file, options);
        var names = KeyPrefixes.Without(file.Entries.Keys);
        Parameters = names.Values.Sum(n => file.Entries[n].Count);
        Types = file.Entries.Values.GroupBy(e => e.Type).OrderByDescending(g => g.Count()).Select(g => g.Key).ToList();
        if ((options.Layout is { } given ? Layouts.Layout.Of(given) : LayoutOf.File(file, names)) is not { } layout)
        {
            faults.Add(LayoutOf.Unknown(names.Keys));
            return;
        }
        Layout = layout.Id;
        map = new WeightMap(file, layout, names);
        faults.AddRange(map.Problems);
        try
        {
            Describe(layout);
        }
        catch (InvalidDataException e)
        {
            faults.Add(e.Message);
        }
    }

    /// <summary>The file.</summary>
    public string Path => file.Path;

    /// <summary>The format in words: "safetensors", "safetensors in 3 shards", "PyTorch archive" or "TorchScript archive".</summary>
    public string Format => file.Format;

    /// <summary>How its weights are named; null where that is no known way.</summary>
    public CheckpointLayout? Layout { get; }

    /// <summary>The configuration of its model; null where none can be told.</summary>
    public DualEncoderConfig? Config { get; private set; }

    /// <summary>Whether the file itself, or a configuration beside it, says what no shape tells, or its layout does.</summary>
    public bool SaysItsConfig { get; private set; }

    /// <summary>The dtypes of its tensors, the most frequent first. All become float32.</summary>
    public IReadOnlyList<ScalarType> Types { get; }

    /// <summary>The number of values in its tensors.</summary>
    public long Parameters { get; }

    /// <summary>The shapes of the weights under our names; empty where the layout is not known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes =>
        map?.Weights.ToDictionary(w => w.Key, w => w.Value.Shape) ?? [];

    /// <summary>The bias of a sigmoid loss, which is no part of a <see cref="DualEncoder"/>; null where there is none.</summary>
    public double? LogitBias { get; private set; }

    /// <summary>The means that its model takes from red, green and blue in [0, 1]; CLIP's where nothing says.</summary>
    public IReadOnlyList<float> ImageMean { get; private set; } = ClipMean;

    /// <summary>The deviations that its model divides by; CLIP's where nothing says.</summary>
    public IReadOnlyList<float> ImageDeviation { get; private set; } = ClipDeviation;

    /// <summary>Why it does not load, a line each; empty where it does.</summary>
    public IReadOnlyList<string> Faults => faults;

    /// <summary>What nothing told and was assumed, a line each.</summary>
    public IReadOnlyList<string> Assumptions => assumptions;

    /// <summary>Reads the weights into a new model, as float32 on the CPU; one tensor at a time is held beside it.</summary>
    /// <exception cref="ArgumentException">It does not load; the message lists <see cref="Faults"/>.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public DualEncoder Load()
    {
        if (faults.Count > 0 || Config is null || map is null)
            throw new ArgumentException($"'{Path}' does not load. {Listed(faults)}.");
        var model = new DualEncoder(Config);
        try
        {
            using var none = no_grad();
            foreach (var (name, target) in model.Weights())
            {
                if (!map.Weights.TryGetValue(name, out var weight))
                    continue;
                using var scope = NewDisposeScope();
                var value = map.Read(weight);
                target.copy_(name == Positions && options.ImageSize is not null ? Resized(value) : value);
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    void Describe(Layout layout)
    {
        LogitBias = map!.ReadLogitBias();
        var side = SideConfigOf.File(file.Path, layout.Id);
        if (side is not null)
            faults.AddRange(side.Faults);
        ImageMean = side?.ImageMean ?? ClipMean;
        ImageDeviation = side?.ImageDeviation ?? ClipDeviation;
        var own =
            layout.Id == CheckpointLayout.Research && file.Metadata.TryGetValue(OwnConfig.Key, out var text)
                ? text
                : null;
        SaysItsConfig = own is not null || side is not null || layout.Trained is not null;
        Config =
            options.Config?.Validate()
            ?? (
                own is not null
                    ? OwnConfig.Read(Path, own)
                    : ConfigFromShapes.Of(Path, map.Weights, side, options, layout.Trained, assumptions)
            );
        if (side is not null && options.Config is null)
            faults.AddRange(side.Contradictions(Config));
        if (options.ImageSize is { } size)
            Config = Sized(Config, size);
        // A configuration of others may claim more layers than there is time to list.
        var (image, captions) = (
            Config.Vision.ResNet?.Blocks.Sum(b => (long)b) ?? Config.Vision.Layers,
            Config.Text.Layers
        );
        if (Config.Text.ContextLength > LongestContext)
            faults.Add(
                $"a context of {Config.Text.ContextLength} tokens is more than the {LongestContext} that are read"
            );
        else if (image + captions > file.Entries.Count)
            faults.Add($"{file.Entries.Count} tensors cannot be {image} + {captions} layers");
        else
            Compare(layout, WeightShapes.Of(Config));
    }

    DualEncoderConfig Sized(DualEncoderConfig config, int size)
    {
        try
        {
            return (config with { Vision = config.Vision with { ImageSize = size } }).Validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"pictures of {size} px do not fit: {e.Message}", e);
        }
    }

    void Compare(Layout layout, Dictionary<string, long[]> wanted)
    {
        string Theirs(string ours) =>
            string.Join(", ", (layout.ToTheirs(ours)?.Names ?? [ours]).Select(TensorFile.Quoted));
        // By the file's names, which the faults give, or by ours.
        bool Allowed(string ours) =>
            (layout.ToTheirs(ours)?.Names ?? []).Append(ours).Any(n => KeyPattern.Any(options.AllowMissing, n));
        bool Known(string name) => map!.Weights.ContainsKey(name) || map.Problems.Count > 0;
        var missing = wanted
            .Keys.Where(n => !Known(n) && !KeyPattern.Any(optional, n) && !Allowed(n))
            .Select(Theirs)
            .ToList();
        if (missing.Count > 0)
            faults.Add($"missing: {Listed(missing)}");
        var unexpected = map!
            .Unexpected.Concat(map.Weights.Values.Where(w => !wanted.ContainsKey(w.Name)).SelectMany(w => w.Sources))
            .Where(n => !KeyPattern.Any(options.AllowUnexpected, n))
            .Select(TensorFile.Quoted)
            .ToList();
        if (unexpected.Count > 0)
            faults.Add($"unexpected: {Listed(unexpected)}");
        var mismatched = map
            .Weights.Values.Where(w =>
                wanted.TryGetValue(w.Name, out var shape)
                && !w.Shape.SequenceEqual(shape)
                && !(
                    w.Name == Positions && options.ImageSize is not null && w.Shape.Count == 2 && w.Shape[1] == shape[1]
                )
            )
            .Select(w =>
                $"{Theirs(w.Name)} is {TensorFile.Shown(w.Shape)} but the model needs {TensorFile.Shown(wanted[w.Name])}"
            )
            .ToList();
        if (mismatched.Count > 0)
            faults.Add($"wrong shape: {Listed(mismatched)}");
    }

    /// <summary>Our name of the image tower's position embeddings.</summary>
    string Positions =>
        Config!.Vision.ResNet is null ? "visual.positional_embedding" : "visual.attnpool.positional_embedding";

    // The class token comes before the grid, or the mean in a residual network.
    Tensor Resized(Tensor positions)
    {
        var vision = Config!.Vision;
        return PositionInterpolation.Grid(
            positions.to(ScalarType.Float32),
            vision.GridSize,
            vision.Tokens - vision.GridSize * vision.GridSize
        );
    }

    static string Listed(IReadOnlyList<string> items) =>
        string.Join("; ", items.Take(20)) + (items.Count > 20 ? $" and {items.Count - 20} more" : "");
}
