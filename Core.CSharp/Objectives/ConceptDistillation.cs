using Research.Objectives.Tiled;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Concept distillation (Radenovic et al., DiHT, CVPR 2023): linear heads on the image encoder's features predict the objects and the
/// attributes that a strong frozen teacher sees [P],
/// <code>L = lambda_o CE(p_obj, W_o x + b_o) + lambda_a CE(p_attr, W_a x + b_a)      CE(p, z) = -mean_i sum_k p_ik log softmax(z_i)_k</code>
/// with the teacher's k largest probabilities, renormalised, as targets [R]. It contrasts nothing: add it to an objective that does, by
/// <see cref="WeightedSum"/>. The heads start at zero [O] and learn 10 times as fast with a hundredth of the weight decay [R].
/// </summary>
public sealed class ConceptDistillation : ContrastiveObjective, IDisposable
{
    readonly ConceptDistillationOptions options;
    readonly ConceptHead[] heads;

    /// <summary>The objective with its heads, in float32 on the CPU; <see cref="To"/> moves them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public ConceptDistillation(ConceptDistillationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options;
        heads =
        [
            new("objects", options.FeatureWidth, options.Objects, options.ObjectWeight, b => b.Objects),
            new("attributes", options.FeatureWidth, options.Attributes, options.AttributeWeight, b => b.Attributes),
        ];
    }

    /// <inheritdoc/>
    public override string Name => "concept distillation";

    /// <inheritdoc/>
    public override IReadOnlyList<ObjectiveParameter> Parameters =>
        [
            .. heads
                .SelectMany(h => h.Parameters)
                .Select(p => new ObjectiveParameter(
                    p.Name,
                    p.Parameter,
                    options.LearningRateFactor,
                    options.WeightDecayFactor
                )),
        ];

    /// <summary>Moves the heads, before an optimizer takes their parameters; heads elsewhere than the features are copied at every step.</summary>
    /// <returns>This objective.</returns>
    public ConceptDistillation To(Device device)
    {
        foreach (var head in heads)
            head.To(device);
        return this;
    }

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        var features = Features(batch);
        using var scope = NewDisposeScope();
        var losses = heads.Select(h => h.Forward(features, batch, Name)).ToArray();
        var loss = losses[0] * options.ObjectWeight + losses[1] * options.AttributeWeight;
        return new(loss.MoveToOuterDisposeScope(), Diagnose(batch, losses));
    }

    /// <inheritdoc/>
    /// <remarks>The tiles are of rows and classes are whole: a tile of r rows holds r logits a class.</remarks>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        ArgumentNullException.ThrowIfNull(tiling);
        var features = Features(batch);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var processes = collective ?? SingleProcess.Instance;
        var type = features.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var byFeatures = torch.zeros(features.shape, type, features.device);
        var losses = new List<Tensor>();
        var parameters = new List<Tensor>();
        foreach (var head in heads)
        {
            var (loss, weight, bias) = head.Gradients(features, batch, byFeatures, tiling.Rows, processes, Name);
            losses.Add(loss);
            parameters.AddRange([weight, bias]);
        }
        var total = losses[0] * options.ObjectWeight + losses[1] * options.AttributeWeight;
        return new ObjectiveGradients(
            total.to(type),
            torch.zeros_like(batch.Image),
            torch.zeros_like(batch.Text),
            torch.zeros_like(batch.LogitScale),
            parameters,
            Diagnose(batch, [.. losses]),
            byFeatures.to(features.dtype)
        ).MoveToOuter();
    }

    Dictionary<string, double> Diagnose(EmbeddingBatch batch, Tensor[] losses) =>
        batch.WantDiagnostics
            ? heads.Zip(losses).ToDictionary(h => $"{h.First.Name}.loss", h => h.Second.item_double())
            : [];

    Tensor Features(EmbeddingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var features =
            batch.ImageFeatures
            ?? throw new ArgumentException($"{Name}: the image encoder's features are missing from the batch.");
        if (features.dim() != 2 || features.shape[1] != options.FeatureWidth)
            throw new ArgumentException(
                $"{Name}: image features are N x {options.FeatureWidth}, but have shape [{string.Join(", ", features.shape)}]."
            );
        if (!features.detach().sum(ScalarType.Float64).isfinite().item<bool>())
            throw new NotFiniteNumberException($"{Name}: the image features are not finite.");
        return features;
    }

    /// <summary>Frees the heads.</summary>
    public void Dispose()
    {
        foreach (var head in heads)
            head.Dispose();
    }

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}

/// <summary>Settings of <see cref="ConceptDistillation"/>.</summary>
public sealed record ConceptDistillationOptions
{
    /// <summary>Width of the image encoder's features.</summary>
    public required int FeatureWidth { get; init; }

    /// <summary>Number of object classes.</summary>
    public required int Objects { get; init; }

    /// <summary>Number of attribute classes.</summary>
    public required int Attributes { get; init; }

    /// <summary>lambda_o, 0 or more. Default 1 [R].</summary>
    public double ObjectWeight { get; init; } = 1;

    /// <summary>lambda_a, 0 or more. Default 1 [R].</summary>
    public double AttributeWeight { get; init; } = 1;

    /// <summary>The heads' learning rate over the model's, positive. Default 10 [R].</summary>
    public double LearningRateFactor { get; init; } = 10;

    /// <summary>The heads' weight decay over the model's, 0 or more. Default 0.01 [R].</summary>
    public double WeightDecayFactor { get; init; } = 0.01;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        Require(FeatureWidth >= 1, nameof(FeatureWidth), FeatureWidth, "at least 1");
        Require(Objects >= 2, nameof(Objects), Objects, "at least 2 classes");
        Require(Attributes >= 2, nameof(Attributes), Attributes, "at least 2 classes");
        Require(Weight(ObjectWeight), nameof(ObjectWeight), ObjectWeight, "a finite number, 0 or more");
        Require(Weight(AttributeWeight), nameof(AttributeWeight), AttributeWeight, "a finite number, 0 or more");
        Require(
            Weight(LearningRateFactor) && LearningRateFactor > 0,
            nameof(LearningRateFactor),
            LearningRateFactor,
            "a positive number"
        );
        Require(Weight(WeightDecayFactor), nameof(WeightDecayFactor), WeightDecayFactor, "a finite number, 0 or more");
    }

    static bool Weight(double value) => value >= 0 && double.IsFinite(value);

    static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, value, $"{name} of concept distillation is {allowed}.");
    }
}
