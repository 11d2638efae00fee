using Research.Encoders.Formats;
using Research.Encoders.Layouts;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>One of our weights and where a file holds it.</summary>
/// <param name="Name">Our name.</param>
/// <param name="Form">How the file's tensors become ours.</param>
/// <param name="Sources">The file's names; several where stacked.</param>
/// <param name="Shape">Our shape.</param>
sealed record MappedWeight(string Name, KeyForm Form, IReadOnlyList<string> Sources, IReadOnlyList<long> Shape);

/// <summary>The weights of a file under our names, by one layout.</summary>
sealed class WeightMap
{
    const string LogitBias = "logit_bias";

    readonly TensorFile file;
    readonly string? bias;

    /// <summary>Our names and where they lie.</summary>
    public Dictionary<string, MappedWeight> Weights { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that the layout has no place for, without prefix.</summary>
    public List<string> Unexpected { get; } = [];

    /// <summary>Tensors that do not fit together, in a line each.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Maps a file's names.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="names">The file's names by names without prefix.</param>
    public WeightMap(TensorFile file, Layout layout, IReadOnlyDictionary<string, string> names)
    {
        this.file = file;
        var parts = new Dictionary<string, (KeyForm Form, SortedDictionary<int, string> Sources)>(
            StringComparer.Ordinal
        );
        foreach (var (name, source) in names)
            if (name == LogitBias)
                bias = source;
            else if (layout.ToOurs(name) is var (ours, form, part))
            {
                if (!parts.TryGetValue(ours, out var known))
                    parts.Add(ours, known = (form, []));
                if (!known.Sources.TryAdd(part, source))
                    Problems.Add($"{Quoted(source)} and {Quoted(known.Sources[part])} are the same weight");
            }
            else if (!KeyPattern.Any(layout.Ignored, name))
                Unexpected.Add(name);
        foreach (var (ours, (form, sources)) in parts)
            if (ShapeOf(layout, ours, form, sources) is { } shape)
                Weights.Add(ours, new MappedWeight(ours, form, [.. sources.Values], shape));
    }

    /// <summary>The bias of a sigmoid loss, where the file has one.</summary>
    /// <exception cref="InvalidDataException">It is no single value.</exception>
    public double? ReadLogitBias()
    {
        if (bias is null)
            return null;
        if (file.Entries[bias].Count != 1)
            throw new InvalidDataException(
                $"'{file.Path}': '{LogitBias}' is {TensorFile.Shown(file.Entries[bias].Shape)}, not a single value."
            );
        using var scope = NewDisposeScope();
        return file.Read(bias).to(ScalarType.Float64).reshape(1).item<double>();
    }

    /// <summary>Reads a weight in our shape and the file's dtype; it belongs to the current dispose scope.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public Tensor Read(MappedWeight weight)
    {
        using var scope = NewDisposeScope();
        var tensors = weight.Sources.Select(file.Read).ToArray();
        var read = weight.Form switch
        {
            KeyForm.Transposed => tensors[0].t().contiguous(),
            KeyForm.Stacked => cat(tensors, 0),
            _ => tensors[0].reshape([.. weight.Shape]),
        };
        return read.MoveToOuterDisposeScope();
    }

    // Null where the parts do not fit together, which is then told.
    IReadOnlyList<long>? ShapeOf(Layout layout, string ours, KeyForm form, SortedDictionary<int, string> sources)
    {
        var entries = sources.Values.Select(s => file.Entries[s]).ToList();
        var shape = entries[0].Shape;
        switch (form)
        {
            case KeyForm.Transposed when shape.Count != 2:
                Problems.Add($"{Quoted(sources[0])} is {TensorFile.Shown(shape)}, not a matrix");
                return null;
            case KeyForm.Transposed:
                return [shape[1], shape[0]];
            case KeyForm.Stacked:
                var wanted = layout.ToTheirs(ours)!.Value.Names;
                if (sources.Count < wanted.Count)
                    Problems.Add(
                        $"missing: {string.Join(", ", wanted.Where((_, i) => !sources.ContainsKey(i)).Select(Quoted))}"
                    );
                else if (
                    entries.Any(e => e.Shape.Count == 0 || !e.Shape.SequenceEqual(shape) || e.Type != entries[0].Type)
                )
                    Problems.Add($"{string.Join(", ", sources.Values.Select(Quoted))} differ in shape or type");
                else
                    return [shape[0] * wanted.Count, .. shape.Skip(1)];
                return null;
            default:
                return ours == "logit_scale" && shape is [1] ? [] : shape;
        }
    }

    static string Quoted(string name) => TensorFile.Quoted(name);
}
