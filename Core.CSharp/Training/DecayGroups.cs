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
    /// The trainable parameters as optimizer groups, each with the factor that its learning rate has over the options': the model's with
    /// decay, those without, both by their factors, then the objective's own, under names that begin with "objective.".
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Rates and decay.</param>
    /// <param name="own">The objective's parameters.</param>
    /// <param name="factorOf">The factor of one of the model's; 1 for all where it is null.</param>
    internal static List<(ParameterGroup Group, double LearningRateFactor)> Of(
        nn.Module model,
        TrainerOptions options,
        IReadOnlyList<ObjectiveParameter>? own = null,
        Func<Parameter, double>? factorOf = null
    )
    {
        var (learningRate, weightDecay) = (options.LearningRate, options.WeightDecay);
        var groups = new List<(ParameterGroup, double)>();
        foreach (
            var alike in model
                .named_parameters()
                .Where(p => p.parameter.requires_grad)
                .GroupBy(p =>
                    (
                        Decays: Decays(p.name, p.parameter.dim(), options.DecayPositions),
                        Factor: factorOf?.Invoke(p.parameter) ?? 1
                    )
                )
                .OrderByDescending(g => g.Key)
        )
        {
            var (decays, factor) = alike.Key;
            groups.Add((new(alike, learningRate * factor, decays ? weightDecay : 0), factor));
        }
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
