using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Concept distillation (Radenovic et al., DiHT, CVPR 2023): linear heads on the image encoder's features predict the concepts that a
/// strong frozen teacher sees [P]; that these are objects and attributes, with one head each, is second-hand [R]:
/// <code>L = lambda_o CE(p_obj, W_o x + b_o) + lambda_a CE(p_attr, W_a x + b_a)      CE(p, z) = -mean_i sum_k p_ik log softmax(z_i)_k</code>
/// with the teacher's k largest probabilities, renormalised, as targets [R]. It has no contrastive part: add it to an objective that does,
/// by <see cref="WeightedSum"/>. The heads start at zero [O] and have 10 times the learning rate and a hundredth of the weight decay [R].
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
    public override ObjectiveNeeds Needs { get; } = new() { ImageFeatures = true, Concepts = true };

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

    /// <summary>Moves the heads, before an optimizer takes their parameters; heads on another device than the features are copied every step.</summary>
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
    /// <remarks>Tiles split rows only, never classes: a tile of r rows holds r logits per class.</remarks>
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

/// <summary>A linear classification head with sparse soft targets.</summary>
sealed class ConceptHead : IDisposable
{
    readonly long classes;
    readonly double factor;
    readonly Func<EmbeddingBatch, ConceptTargets?> targets;
    Parameter weight;
    Parameter bias;

    public ConceptHead(
        string name,
        long width,
        long classes,
        double factor,
        Func<EmbeddingBatch, ConceptTargets?> targets
    )
    {
        (Name, this.classes, this.factor, this.targets) = (name, classes, factor, targets);
        weight = Own(torch.zeros([classes, width]));
        bias = Own(torch.zeros([classes]));
    }

    public string Name { get; }

    public (string Name, Parameter Parameter)[] Parameters => [($"{Name}.weight", weight), ($"{Name}.bias", bias)];

    public void To(Device device)
    {
        var (oldWeight, oldBias) = (weight, bias);
        weight = Own(weight.detach().to(device, copy: true));
        bias = Own(bias.detach().to(device, copy: true));
        oldWeight.Dispose();
        oldBias.Dispose();
    }

    static Parameter Own(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>CE(p, W x + b), the mean over rows, with its graph.</summary>
    public Tensor Forward(Tensor features, EmbeddingBatch batch, string objective)
    {
        var (indices, probabilities) = Targets(batch, features, objective);
        var (type, device) = (features.dtype, features.device);
        var logits = features.mm(weight.to(type, device).t()) + bias.to(type, device);
        return -(nn.functional.log_softmax(logits, 1).gather(1, indices) * probabilities).sum(1).mean();
    }

    /// <summary>
    /// The same with its gradients, weighted by the head's factor: dCE/dz_i = (|p_i| softmax(z_i) - p_i) / N, with |p_i| the sum of a row, 1 up
    /// to rounding; computed in blocks of rows.
    /// </summary>
    /// <param name="features">N x w, this process's rows.</param>
    /// <param name="batch">Holds the targets.</param>
    /// <param name="byFeatures">N x w; the gradient by features is added to it.</param>
    /// <param name="rows">Rows per block.</param>
    /// <param name="collective">The processes that share the batch.</param>
    /// <param name="objective">For messages.</param>
    public (Tensor Loss, Tensor Weight, Tensor Bias) Gradients(
        Tensor features,
        EmbeddingBatch batch,
        Tensor byFeatures,
        long rows,
        ICollective collective,
        string objective
    )
    {
        var (indices, probabilities) = Targets(batch, features, objective);
        var (type, n) = (byFeatures.dtype, features.shape[0] * collective.World);
        var (w, b) = (weight.detach().to(type, features.device), bias.detach().to(type, features.device));
        var (byWeight, byBias) = (torch.zeros_like(w), torch.zeros_like(b));
        var loss = torch.zeros([], ScalarType.Float64, features.device);
        for (long row = 0; row < features.shape[0]; row += rows)
        {
            using var scope = NewDisposeScope();
            Tensor Block(Tensor all) => all.narrow(0, row, Math.Min(rows, features.shape[0] - row));
            var x = Block(features.detach()).to(type);
            var logs = nn.functional.log_softmax(x.mm(w.t()).add_(b), 1);
            loss.sub_((logs.gather(1, Block(indices)) * Block(probabilities)).sum(ScalarType.Float64));
            var gradient = logs.exp_()
                .mul_(Block(probabilities).sum([1L], true))
                .scatter_add_(1, Block(indices), -Block(probabilities));
            Into.AddProduct(byWeight, gradient.t(), x, 1, factor / n);
            byBias.add_(gradient.sum([0L]), factor / n);
            Into.AddProduct(Block(byFeatures), gradient, w, 1, factor / n);
        }
        return (
            collective.AllReduceSum(loss) / n,
            collective.AllReduceSum(byWeight).to(weight.dtype, weight.device),
            collective.AllReduceSum(byBias).to(bias.dtype, bias.device)
        );
    }

    (Tensor Indices, Tensor Probabilities) Targets(EmbeddingBatch batch, Tensor features, string objective)
    {
        var given =
            targets(batch) ?? throw new ArgumentException($"{objective}: the batch has no targets for the {Name}.");
        var (indices, probabilities) = given;
        var n = features.shape[0];
        if (indices.dim() != 2 || indices.shape[0] != n || !indices.shape.SequenceEqual(probabilities.shape))
            throw new ArgumentException(
                $"{objective}: targets of the {Name} must be {n} x k class numbers and as many probabilities, but have shapes "
                    + $"[{string.Join(", ", indices.shape)}] and [{string.Join(", ", probabilities.shape)}]."
            );
        if (indices.dtype != ScalarType.Int64)
            throw new ArgumentException(
                $"{objective}: class numbers of the {Name} must be Int64, not {indices.dtype}."
            );
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (low, high) = (indices.min().item<long>(), indices.max().item<long>());
        if (low < 0 || high >= classes)
            throw new ArgumentException(
                $"{objective}: class numbers of the {Name} reach from {low} to {high}; the head has classes 0 to {classes - 1}."
            );
        var typed = probabilities.to(features.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        var wrong = (typed.sum(1, type: ScalarType.Float64) - 1).abs().max().item<double>();
        if (!(wrong <= 1e-2) || typed.min().item_double() < 0)
            throw new ArgumentException(
                $"{objective}: probabilities of the {Name} must be 0 or more and sum to 1 in every row; a sum is off by {wrong:g3}, the least "
                    + $"probability is {typed.min().item_double():g3}."
            );
        return (indices, typed.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        weight.Dispose();
        bias.Dispose();
    }
}
