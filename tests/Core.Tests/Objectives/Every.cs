using Research.Objectives;
using Research.Randomness;
using Research.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Every objective in every variant, and batches that hold all that any of them needs.</summary>
static class Every
{
    public const int FeatureWidth = 7;
    public const int Objects = 11;
    public const int Attributes = 5;
    static readonly Schedule Half = Schedule.Constant(0.5);

    /// <summary>By name, a new objective; float64 where it has parameters, so that all can be compared in float64.</summary>
    public static IReadOnlyDictionary<string, Func<IObjective>> Objective { get; } = All();

    static Dictionary<string, Func<IObjective>> All()
    {
        var all = new Dictionary<string, Func<IObjective>>
        {
            ["InfoNCE"] = () => new InfoNce(),
            ["InfoNCE smoothed"] = () => new InfoNce(0.1),
            ["DCL"] = HnNce.Decoupled,
            ["HN-NCE"] = () => new HnNce(),
            ["HN-NCE 0.999 0.5"] = () => new HnNce(new() { Alpha = 0.999, Beta = 0.5 }),
            ["HN-NCE 0 2"] = () => new HnNce(new() { Alpha = 0, Beta = 2 }),
            ["HN-NCE 0.3 0"] = () => new HnNce(new() { Alpha = 0.3, Beta = 0 }),
            ["HN-NCE detached"] = () => new HnNce(new() { Beta = 1, GradientThroughWeights = false }),
            ["debiased"] = () => new DebiasedNce(),
            ["debiased 0.01 0"] = () => new DebiasedNce(new() { PositivePrior = 0.01, Beta = 0 }),
            ["debiased 0.6 detached"] = () =>
                new DebiasedNce(new() { PositivePrior = 0.6, GradientThroughWeights = false }),
            ["SigLIP"] = () => new SigLip(-3),
            ["momentum distillation"] = () => new MomentumDistillation(new() { Blend = Half }),
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
            ["CyCLIP"] = () => new CyClip(),
            ["CyCLIP 1 0"] = () => new CyClip(1, 0),
            ["frozen distillation"] = () => new FrozenDistillation(new() { TeacherTemperature = 0.2 }),
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

    /// <summary>A batch of these embeddings with teachers, features and concepts; every third row unaligned, captions one later.</summary>
    public static EmbeddingBatch Batch(IObjective objective, Tensor image, Tensor text, double scale, ulong seed = 1)
    {
        var n = (int)image.shape[0];
        var type = image.dtype;
        var flags = Enumerable.Range(0, n).Select(i => i % 3 == 1).ToArray();
        var later = Enumerable.Range(0, n).Select(i => i % 3 == 2 || (n == 2 && i == 0)).ToArray();
        return new EmbeddingBatch(
            image,
            text,
            torch.tensor(Math.Log(scale)).to(type),
            flags,
            objective.Sampling == SubsetSampling.Separate ? later : flags,
            0.5,
            Batches.Units(n, 5, seed + 50, type),
            Batches.Units(n, 5, seed + 60, type)
        )
        {
            WantDiagnostics = true,
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
