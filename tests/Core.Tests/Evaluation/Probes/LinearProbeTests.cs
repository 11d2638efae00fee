using Core.Tests.Engine;
using Research.Evaluation.Probes;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Evaluation.Probes;

/// <summary>The search for the L2 strength on made-up accuracy curves, and the linear probe that uses it.</summary>
public class LinearProbeTests
{
    [Fact]
    public void The_search_finds_every_peak_of_its_grid_in_fifteen_trials()
    {
        for (var place = -48; place <= 48; place++)
        {
            var peak = place / 8.0;
            var (best, trials) = PenaltySearch.Run(c => 1 - Math.Abs(Math.Log10(c) - peak) / 20);
            Assert.Equal(peak, Math.Log10(best.C), 1e-9);
            Assert.InRange(trials.Count, 11, 15);
            Assert.Equal(trials.Count, trials.Select(trial => trial.C).Distinct().Count());
            Assert.Contains(best, trials);
            Assert.All(trials, trial => Assert.InRange(trial.C, 1e-6 * (1 - 1e-9), 1e6 * (1 + 1e-9)));
        }
    }

    [Fact]
    public void The_search_begins_with_CLIPs_seven_values_and_halves_the_interval()
    {
        var (_, trials) = PenaltySearch.Run(c => -Math.Abs(Math.Log10(c) - 0.4));
        double[] logs = [-6, -4, -2, 0, 2, 4, 6, -1, 1, -0.5, 0.5, 0.25, 0.75, 0.375, 0.625];
        Assert.Equal(logs, trials.Select(trial => Math.Round(Math.Log10(trial.C), 9)));
    }

    [Fact]
    public void Of_equals_the_strongest_penalty_is_taken()
    {
        var (best, _) = PenaltySearch.Run(_ => 0.5);
        Assert.Equal(1e-6, best.C, 1e-15);
        // A plateau between two tried values ends at its weak side's first value.
        Assert.Equal(1, PenaltySearch.Run(c => c > 0.9 ? 0.7 : 0.2).Best.C, 1e-9);
    }

    [Fact]
    public void An_accuracy_that_is_no_number_is_named_with_its_strength() =>
        Assert.Contains(
            "C = 1 is NaN",
            Assert
                .Throws<NotFiniteNumberException>(() =>
                    PenaltySearch.Run(c => Math.Abs(Math.Log10(c)) < 1e-9 ? double.NaN : 0.5)
                )
                .Message
        );

    static (ProbeSet Train, ProbeSet Validation) Sets()
    {
        var golden = Golden.Load("probes");
        int[] labels = [.. golden["labels"].data<long>().ToArray().Select(label => (int)label)];
        var all = new ProbeSet(golden["features"], labels, 4);
        var rows = Enumerable.Range(0, labels.Length);
        return (all.At([.. rows.Where(row => row % 3 > 0)]), all.At([.. rows.Where(row => row % 3 == 0)]));
    }

    [Fact]
    public void The_probe_chooses_on_validation_and_fits_to_both_sets()
    {
        using var scope = NewDisposeScope();
        var (train, validation) = Sets();
        var probe = LinearProbe.Fit(train, validation, iterations: 60, tolerance: 1e-3);
        foreach (var trial in probe.Trials)
            Assert.True(trial.Accuracy <= probe.Trials.Single(other => other.C == probe.C).Accuracy);
        foreach (var trial in probe.Trials.Take(4))
        {
            var fit = LogisticRegression.Fit(train, 1 / (trial.C * train.Count), iterations: 60, tolerance: 1e-3);
            Assert.Equal(fit.Classifier.Evaluate(validation).Top1, trial.Accuracy);
        }
        Assert.True(probe.Trials.Max(trial => trial.Accuracy) > probe.Trials.Min(trial => trial.Accuracy));
        var both = new ProbeSet(cat([train.Features, validation.Features]), [.. train.Labels, .. validation.Labels], 4);
        var last = LogisticRegression.Fit(both, 1 / (probe.C * both.Count), iterations: 60, tolerance: 1e-3);
        Assert.Equal(last.Converged, probe.Converged);
        Golden.Same("weights", last.Classifier.Weights, probe.Classifier.Weights);
        Golden.Same("bias", last.Classifier.Bias, probe.Classifier.Bias);
    }

    [Fact]
    public void A_fit_that_its_iterations_end_has_not_converged()
    {
        using var scope = NewDisposeScope();
        var (train, _) = Sets();
        var cut = LogisticRegression.Fit(train, 1e-3, iterations: 3);
        Assert.Equal((3, false), (cut.Iterations, cut.Converged));
        var whole = LogisticRegression.Fit(train, 1, iterations: 500);
        Assert.True(
            whole.Converged
                && whole.Iterations < 500
                && whole.Loss < LogisticRegression.Fit(train, 1, iterations: 1).Loss
        );
    }

    [Fact]
    public void Sets_of_other_classes_or_widths_are_named()
    {
        using var scope = NewDisposeScope();
        var (train, validation) = Sets();
        var other = Assert.Throws<ArgumentException>(() => LinearProbe.Fit(train, validation with { Classes = 5 }));
        Assert.Contains("4 classes and width", other.Message);
        Assert.Contains("the validation set 5", other.Message);
    }

    [Fact]
    public void The_pull_is_chosen_on_validation_and_the_stronger_of_equals()
    {
        using var scope = NewDisposeScope();
        var (train, validation) = Sets();
        var start = Golden.Load("probes")["start"];
        double[] penalties = [0.1, 10, 1e-2, 1e4];
        var best = LogisticRegression.Choose(train, validation, penalties, start, 5);
        var tried = penalties
            .OrderDescending()
            .Select(penalty => LogisticRegression.Fit(train, penalty, start, 5))
            .Select(fit => (fit.Loss, fit.Classifier.Evaluate(validation).Top1))
            .ToList();
        Assert.True(tried.Select(t => t.Top1).Distinct().Count() > 1);
        Assert.Equal(tried.MaxBy(t => t.Top1).Loss, best.Loss);
        Assert.Contains(
            "grid of penalties is empty",
            Assert.Throws<ArgumentException>(() => LogisticRegression.Choose(train, validation, [], start)).Message
        );
    }
}
