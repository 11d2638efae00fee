using Research.Objectives;
using Research.Randomness;
using Research.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>
/// Every objective in every setting that the tests of all objectives try, and batches that hold all that any of them needs. An objective
/// whose constructor has defaults for everything is here by itself; another, or another setting, is a line of <see cref="Settings"/>.
/// </summary>
static class Every
{
    public const int FeatureWidth = 7;
    public const int Objects = 11;
    public const int Attributes = 5;
    static readonly Schedule Half = Schedule.Constant(0.5);

    /// <summary>The objectives of the core.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        .. typeof(IObjective)
            .Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IObjective))),
    ];

    /// <summary>By name, a new objective; its parameters are float64 where it has some, so that all can be compared in float64.</summary>
    public static IReadOnlyDictionary<string, Func<IObjective>> Objective { get; } =
        Defaults().Concat(Settings()).ToDictionary();

    /// <summary>The names of those with a closed form, which the rest leave to autograd.</summary>
    public static IEnumerable<string> ClosedForms => Objective.Keys.Where(name => HasClosedForm(Objective[name]()));

    public static bool HasClosedForm(IObjective objective) =>
        objective.GetType().GetMethod(nameof(IObjective.Gradients))!.DeclaringType != typeof(ContrastiveObjective);

    /// <summary>Those that can be made without a word, by their own names.</summary>
    public static IEnumerable<KeyValuePair<string, Func<IObjective>>> Defaults() =>
        from type in Types
        from constructor in type.GetConstructors()
        where constructor.GetParameters().All(p => p.IsOptional)
        let arguments = constructor.GetParameters().Select(p => p.DefaultValue).ToArray()
        select KeyValuePair.Create<string, Func<IObjective>>(
            ((IObjective)constructor.Invoke(arguments)).Name,
            () => (IObjective)constructor.Invoke(arguments)
        );

    static Dictionary<string, Func<IObjective>> Settings()
    {
        var all = new Dictionary<string, Func<IObjective>>
        {
            ["InfoNCE smoothed"] = () => new InfoNce(0.1),
            ["DCL"] = HnNce.Decoupled,
            ["HN-NCE 0.999 0.5"] = () => new HnNce(new() { Alpha = 0.999, Beta = 0.5 }),
            ["HN-NCE 0 2"] = () => new HnNce(new() { Alpha = 0, Beta = 2 }),
            ["HN-NCE 0.3 0"] = () => new HnNce(new() { Alpha = 0.3, Beta = 0 }),
            ["HN-NCE detached"] = () => new HnNce(new() { Beta = 1, GradientThroughWeights = false }),
            ["debiased 0.01 0"] = () => new DebiasedNce(new() { PositivePrior = 0.01, Beta = 0 }),
            ["debiased 0.6 detached"] = () =>
                new DebiasedNce(new() { PositivePrior = 0.6, GradientThroughWeights = false }),
            ["SigLIP -3"] = () => new SigLip(-3),
            ["momentum distillation frozen"] = () =>
                new MomentumDistillation(
                    new()
                    {
                        Blend = Schedule.Constant(1),
                        Teacher = TeacherSource.Frozen,
                        TeacherTemperatureRatio = 0.5,
                    }
                ),
            ["momentum distillation at 0"] = () => new MomentumDistillation(new() { Blend = Schedule.Constant(0) }),
            ["CyCLIP 1 0"] = () => new CyClip(1, 0),
            ["frozen distillation cross entropy"] = () =>
                new FrozenDistillation(
                    new()
                    {
                        Blend = Schedule.Constant(1),
                        Distance = TargetDistance.CrossEntropy,
                        TeacherTemperature = 0.2,
                    }
                ),
            ["concepts"] = Concepts,
            ["PSD + HN-NCE"] = () => new Psd(new() { SoftFraction = Half, HardNegatives = new() }),
            ["PSD + HN-NCE separate"] = () =>
                new Psd(
                    new()
                    {
                        SoftFraction = Half,
                        Sampling = SubsetSampling.Separate,
                        HardNegatives = new() { Alpha = 0.5, Beta = 0 },
                    }
                ),
            ["PSD and concepts"] = () => new WeightedSum((1, new Psd()), (0.5, Concepts())),
            ["weighted sum"] = () => new WeightedSum((0.7, new HnNce()), (0.2, new SigLip(-2)), (0.1, new CyClip())),
            ["custom"] = () => new CustomObjective("InfoNCE with a margin", Margin),
        };
        foreach (var teacher in new[] { TeacherSource.Shared, TeacherSource.Ema(), TeacherSource.Frozen })
        foreach (var direction in Enum.GetValues<TargetDirection>())
        foreach (var pool in Enum.GetValues<NegativePool>())
        foreach (var sampling in Enum.GetValues<SubsetSampling>())
            all[$"PSD {teacher.GetType().Name} {direction} {pool} {sampling}"] = () =>
                new Psd(
                    new()
                    {
                        SoftFraction = Half,
                        Teacher = teacher,
                        Direction = direction,
                        Negatives = pool,
                        Sampling = sampling,
                        TeacherTemperatureRatio = direction == TargetDirection.Plain ? 0.5 : 1,
                    }
                );
        return all;
    }

    /// <summary>InfoNCE whose positive must lead by 0.2.</summary>
    public static Tensor Margin(EmbeddingBatch batch)
    {
        var n = batch.Image.shape[0];
        var margin = eye(n, dtype: batch.Image.dtype, device: batch.Image.device) * 0.2;
        var z = (batch.Image.mm(batch.Text.t()) - margin) * batch.LogitScale.exp();
        return -(z.log_softmax(1).diagonal().mean() + z.log_softmax(0).diagonal().mean()) / 2;
    }

    static ConceptDistillation Concepts()
    {
        var concepts = new ConceptDistillation(
            new()
            {
                FeatureWidth = FeatureWidth,
                Objects = Objects,
                Attributes = Attributes,
                AttributeWeight = 0.3,
            }
        );
        using var none = no_grad();
        var seed = 5ul;
        foreach (var parameter in concepts.Parameters)
        {
            var random = new SeededRandom(seed++);
            var values = Enumerable.Range(0, (int)parameter.Parameter.numel()).Select(_ => random.NextDouble() - 0.5);
            parameter.Parameter.copy_(torch.tensor(values.ToArray(), parameter.Parameter.shape));
        }
        return concepts;
    }

    /// <summary>A batch of these embeddings with teachers, features, concepts and randomness.</summary>
    public static EmbeddingBatch Batch(Tensor image, Tensor text, double scale, ulong seed = 1)
    {
        var n = (int)image.shape[0];
        var type = image.dtype;
        return new EmbeddingBatch(image, text, torch.tensor(Math.Log(scale)).to(type), 0.5)
        {
            Random = new(seed, 7),
            WantDiagnostics = true,
            Captions = torch.tensor(Enumerable.Range(0, n).Select(i => (long)(i % Math.Max(2, n - 2))).ToArray()),
            TeacherImage = Batches.Units(n, 5, seed + 50, type),
            TeacherText = Batches.Units(n, 5, seed + 60, type),
            TeacherLogitScale = torch.tensor(Math.Log(5)).to(type),
            ImageFeatures = Batches.Units(n, FeatureWidth, seed + 70, type) * 3,
            Objects = Targets(n, 4, Objects, seed + 80, type),
            Attributes = Targets(n, 2, Attributes, seed + 90, type),
        };
    }

    /// <summary>The same numbers in float64.</summary>
    public static EmbeddingBatch InFloat64(EmbeddingBatch batch)
    {
        static Tensor Wide(Tensor x) => x.to(ScalarType.Float64);
        static ConceptTargets WideTargets(ConceptTargets x) => x with { Probabilities = Wide(x.Probabilities) };
        return batch with
        {
            Image = Wide(batch.Image),
            Text = Wide(batch.Text),
            LogitScale = Wide(batch.LogitScale),
            TeacherImage = Wide(batch.TeacherImage!),
            TeacherText = Wide(batch.TeacherText!),
            TeacherLogitScale = Wide(batch.TeacherLogitScale!),
            ImageFeatures = Wide(batch.ImageFeatures!),
            Objects = WideTargets(batch.Objects!),
            Attributes = WideTargets(batch.Attributes!),
        };
    }

    static ConceptTargets Targets(int n, int k, int classes, ulong seed, ScalarType type)
    {
        var random = new SeededRandom(seed);
        var indices = Enumerable
            .Range(0, n)
            .SelectMany(_ => random.Permutation(classes).Take(k).Select(c => (long)c))
            .ToArray();
        var raw = torch.tensor(Enumerable.Range(0, n * k).Select(_ => random.NextDouble() + 0.1).ToArray(), [n, k]);
        return new(torch.tensor(indices, [n, k]), (raw / raw.sum(1, true)).to(type));
    }
}
