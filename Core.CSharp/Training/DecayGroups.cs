using Research.Engine;
using Research.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// Splits a model's parameters by whether weight decay pulls on them. Biases, normalisation weights, the logit scale (all of fewer than
/// two dimensions) and class and position embeddings set levels, not directions: shrinking them only shifts what they set. open_clip
/// decays position embeddings, which are matrices; <see cref="TrainerOptions.DecayPositions"/> does as it does.
/// </summary>
public static class DecayGroups
{
    static readonly string[] Exempt = ["class_embedding", "cls_token", "logit_scale"];
    static readonly string[] Positions = ["position", "pos_embed"];

    /// <summary>Whether weight decay applies to a parameter.</summary>
    /// <param name="name">Its full name in the model.</param>
    /// <param name="dimensions">Its number of dimensions.</param>
    /// <param name="positions">Whether it applies to position embeddings.</param>
    public static bool Decays(string name, long dimensions, bool positions = false)
    {
        bool Has(string part) => name.Contains(part, StringComparison.Ordinal);
        return dimensions >= 2 && !Exempt.Any(Has) && (positions || !Positions.Any(Has));
    }

    /// <summary>
    /// The trainable parameters as optimizer groups, each with the factor that its learning rate has over the model's: the model's with
    /// decay, those without, then the objective's own, under names that begin with "objective.". A group without members is left out.
    /// </summary>
    internal static List<(ParameterGroup Group, double LearningRateFactor)> Of(
        nn.Module model,
        TrainerOptions options,
        IReadOnlyList<ObjectiveParameter>? own = null
    )
    {
        var (learningRate, weightDecay) = (options.LearningRate, options.WeightDecay);
        var trainable = model
            .named_parameters()
            .Where(p => p.parameter.requires_grad)
            .ToLookup(p => Decays(p.name, p.parameter.dim(), options.DecayPositions));
        var groups = new List<(ParameterGroup, double)>();
        foreach (var decays in new[] { true, false })
            if (trainable[decays].Any())
                groups.Add((new(trainable[decays], learningRate, decays ? weightDecay : 0), 1));
        foreach (
            var alike in (own ?? []).GroupBy(p =>
                (p.LearningRateFactor, Decay: Decays(p.Name, p.Parameter.dim()) ? weightDecay * p.WeightDecayFactor : 0)
            )
        )
        {
            var (factor, decay) = alike.Key;
            var members = alike.Select(p => ("objective." + p.Name, p.Parameter));
            groups.Add((new(members, learningRate * factor, decay), factor));
        }
        return groups;
    }
}
