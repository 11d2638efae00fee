using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// A part of an encoder at one depth, from the input to the output, as open_clip divides a tower to lock it and to let learning rates fall
/// with depth: the embeddings, each block (the last with the norm that follows it), and the projection into the joint space.
/// </summary>
/// <param name="Name">"embeddings", "layer.N" or "proj", as in open_clip.</param>
/// <param name="Modules">Modules with all that they hold.</param>
/// <param name="Own">Parameters of the encoder's own.</param>
sealed record TowerGroup(string Name, IReadOnlyList<nn.Module> Modules, IReadOnlyList<Parameter> Own)
{
    public TowerGroup(string name, params nn.Module?[] modules)
        : this(name, [.. modules.OfType<nn.Module>()], []) { }

    /// <summary>All parameters.</summary>
    public IEnumerable<Parameter> Parameters => Modules.SelectMany(m => m.parameters()).Concat(Own);

    /// <summary>All modules, within others too.</summary>
    public IEnumerable<nn.Module> AllModules => Modules.SelectMany(m => m.modules().Prepend(m)).Distinct();

    /// <summary>The groups of a Transformer tower.</summary>
    public static IReadOnlyList<TowerGroup> Of(
        TowerGroup embeddings,
        Transformer transformer,
        nn.Module finalNorm,
        TowerGroup projection
    )
    {
        var blocks = transformer.resblocks.ToArray();
        var last = blocks.Length - 1;
        return
        [
            embeddings,
            .. blocks.Select((b, i) => i == last ? new TowerGroup($"layer.{i}", b, finalNorm) : new($"layer.{i}", b)),
            projection,
        ];
    }
}
