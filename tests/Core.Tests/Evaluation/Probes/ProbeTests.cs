using Core.Tests.Engine;
using Research.Evaluation;
using Research.Evaluation.Probes;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Evaluation.Probes;

/// <summary>Probes against minima that Newton's method finds in Python (golden/probes.py), and the identities of DiHT's probe.</summary>
public class ProbeTests
{
    public static TheoryData<string> Problems => ["plain", "strong", "pulled", "sharp"];

    sealed record Problem(
        ProbeSet Train,
        Tensor? Around,
        double Scale,
        double Penalty,
        double[] Losses,
        Tensor Weights
    );

    static Problem Of(string name)
    {
        var golden = Golden.Load("probes");
        var setting = Golden.Doubles(golden[$"{name}.setting"]);
        int[] labels = [.. golden["labels"].data<long>().ToArray().Select(label => (int)label)];
        return new(
            new(golden["features"], labels, 4),
            setting[2] > 0 ? golden["start"] : null,
            setting[0],
            setting[1],
            Golden.Doubles(golden[$"{name}.losses"]),
            golden[$"{name}.weights"]
        );
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Logistic_regression_reaches_the_minimum_of_an_independent_solver(string name)
    {
        using var scope = NewDisposeScope();
        var problem = Of(name);
        var fit = LogisticRegression.Fit(problem.Train, problem.Penalty, problem.Around, problem.Scale);
        Assert.True(fit.Converged, $"{fit.Iterations} iterations, loss {fit.Loss:R} against {problem.Losses[0]:R}");
        Assert.Equal(problem.Losses[0], fit.Loss, 1e-10);
        var learnt = problem.Around is null ? fit.Classifier.Weights : fit.Classifier.Weights - problem.Around;
        Golden.Close(name, problem.Weights, learnt, relative: 1e-3, absolute: 1e-4);
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void The_probe_in_a_ball_reaches_the_minimum_on_its_sphere(string name)
    {
        using var scope = NewDisposeScope();
        var problem = Of(name);
        var radius = Math.Sqrt(problem.Weights.square().sum().item<double>());
        var start = problem.Around ?? zeros_like(problem.Weights);
        var fit = FewShotProbe.Fit(problem.Train, start, problem.Scale, new() { Radius = radius, Steps = 2_000 });
        Assert.Equal(problem.Losses[1], fit.Loss, 1e-6);
        Assert.Equal(radius, fit.Norm, 1e-6);
    }

    [Fact]
    public void Without_room_the_probe_is_the_zero_shot_classifier()
    {
        using var scope = NewDisposeScope();
        var problem = Of("sharp");
        var fit = FewShotProbe.Fit(problem.Train, problem.Around!, 20, new() { Radius = 0, BiasRadius = 0 });
        Golden.Same("weights", problem.Around!, fit.Classifier.Weights);
        Golden.Same("bias", zeros(4, dtype: ScalarType.Float64), fit.Classifier.Bias);
        var zeroShot = ZeroShot.Evaluate(problem.Train.Features, problem.Around!, problem.Train.Labels);
        Assert.Equal(zeroShot, fit.Classifier.Evaluate(problem.Train));
    }

    [Fact]
    public void Without_a_ball_the_probe_is_free_training_from_the_prompts()
    {
        using var scope = NewDisposeScope();
        var problem = Of("sharp");
        var free = FewShotProbe.Fit(problem.Train, problem.Around!, 20, new() { Steps = 50 });
        var wide = FewShotProbe.Fit(
            problem.Train,
            problem.Around!,
            20,
            new()
            {
                Steps = 50,
                Radius = 1e9,
                BiasRadius = 1e9,
            }
        );
        Golden.Same("weights", free.Classifier.Weights, wide.Classifier.Weights);
        Golden.Close(
            "one step",
            OneStep(problem),
            FewShotProbe.Fit(problem.Train, problem.Around!, 20, new() { Steps = 1 }).Classifier.Weights,
            1e-10,
            1e-12
        );
        // These classes can be told apart, so free training has no minimum: it goes below any ball's.
        var held = FewShotProbe.Fit(problem.Train, problem.Around!, 20, new() { Radius = 3, Steps = 500 });
        var longer = FewShotProbe.Fit(problem.Train, problem.Around!, 20, new() { Steps = 500 });
        Assert.True(longer.Loss < 0.6 * held.Loss, $"{longer.Loss} free, {held.Loss} within a ball");
    }

    /// <summary>The weights after one plain step from the prompts, with autograd's gradient of PyTorch's cross-entropy.</summary>
    static Tensor OneStep(Problem problem)
    {
        var weights = problem.Around!.clone().requires_grad_();
        var x = problem.Train.Features;
        var labels = torch.tensor(problem.Train.Labels.Select(l => (long)l).ToArray());
        nn.functional.cross_entropy(x.mm(weights.t()) * problem.Scale, labels).backward();
        var carried = cat([x, torch.ones(x.shape[0], 1, dtype: x.dtype)], 1) * problem.Scale;
        var smoothness = linalg.eigvalsh(carried.t().mm(carried) / x.shape[0])[-1] / 2;
        return (weights - weights.grad! / smoothness).detach();
    }

    [Theory]
    [InlineData(0.3, 0.1)]
    [InlineData(2, 0)]
    [InlineData(0, 0.5)]
    public void The_iterate_never_leaves_its_balls(double radius, double biasRadius)
    {
        using var scope = NewDisposeScope();
        var problem = Of("sharp");
        for (var steps = 1; steps < 60; steps += 7)
        {
            var fit = FewShotProbe.Fit(
                problem.Train,
                problem.Around!,
                20,
                new()
                {
                    Radius = radius,
                    BiasRadius = biasRadius,
                    Steps = steps,
                }
            );
            Assert.InRange(fit.Norm, 0, radius * (1 + 1e-12));
            Assert.InRange(fit.BiasNorm, 0, biasRadius * (1 + 1e-12));
        }
    }

    [Fact]
    public void The_radii_are_chosen_on_validation_and_the_smaller_of_equals()
    {
        using var scope = NewDisposeScope();
        var problem = Of("sharp");
        var (shots, validation) = (problem.Train.At([.. Enumerable.Range(0, 20)]), problem.Train);
        double[] radii = [1, 0, 0.3];
        double[] biasRadii = [0.2, 0];
        var best = FewShotProbe.Choose(shots, validation, problem.Around!, 20, radii, biasRadii);
        var tried = (
            from radius in radii.Order()
            from biasRadius in biasRadii.Order()
            let fit = FewShotProbe.Fit(shots, problem.Around!, 20, new() { Radius = radius, BiasRadius = biasRadius })
            select (fit.Options, fit.Classifier.Evaluate(validation).Top1)
        ).ToList();
        var most = tried.Max(t => t.Top1);
        Assert.Equal(tried.First(t => t.Top1 == most).Options, best.Options);
        Assert.Equal(most, best.Classifier.Evaluate(validation).Top1);
    }

    [Fact]
    public void Shots_are_as_many_of_each_class_and_a_larger_draw_holds_the_smaller()
    {
        int[] labels = [.. Enumerable.Range(0, 50).Select(i => i % 3), 3];
        var two = Shots.Draw(labels, 2, 7);
        var five = Shots.Draw(labels, 5, 7);
        Assert.Equal([0, 0, 1, 1, 2, 2, 3], two.Select(row => labels[row]));
        Assert.Equal(16, five.Length);
        Assert.Subset(five.ToHashSet(), two.ToHashSet());
        Assert.Equal(five.Length, five.Distinct().Count());
        Assert.NotEqual(two, Shots.Draw(labels, 2, 8));
        Assert.Equal(labels.Length, Shots.Draw(labels, int.MaxValue, 7).Length);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        using var scope = NewDisposeScope();
        var two = torch.tensor(new double[] { 1, 0, 0, 1 }, new long[] { 2, 2 });
        string Refused<T>(Action act)
            where T : Exception => Assert.Throws<T>(act).Message;
        Assert.Contains(
            "label 2; the classes are 0 to 1",
            Refused<ArgumentException>(() => LogisticRegression.Fit(new(two, [0, 2], 2), 1))
        );
        Assert.Contains(
            "2 rows but 1 labels",
            Refused<ArgumentException>(() => LogisticRegression.Fit(new(two, [0], 2), 1))
        );
        Assert.Contains(
            "[2, 3], but the set needs [2, 2]",
            Refused<ArgumentException>(() =>
                FewShotProbe.Fit(new(two, [0, 1], 2), zeros(2, 3, dtype: ScalarType.Float64), 1)
            )
        );
        Assert.Contains(
            "row 1 is not finite",
            Refused<NotFiniteNumberException>(() =>
                LogisticRegression.Fit(
                    new(torch.tensor(new[] { 1, 0, 0, double.NaN }, new long[] { 2, 2 }), [0, 1], 2),
                    1
                )
            )
        );
        Assert.Contains(
            "The penalty is positive",
            Refused<ArgumentOutOfRangeException>(() => LogisticRegression.Fit(new(two, [0, 1], 2), 0))
        );
    }
}
