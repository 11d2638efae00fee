using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation.Probes;

/// <summary>A classifier fitted by <see cref="LinearProbe"/>.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="C">The inverse strength that it was fitted with.</param>
/// <param name="Trials">The values of C that were tried, and the accuracy on validation.</param>
/// <param name="Converged">Whether the last fit reached its minimum.</param>
public sealed record LinearProbeFit(
    LinearClassifier Classifier,
    double C,
    IReadOnlyList<PenaltyTrial> Trials,
    bool Converged
);

/// <summary>
/// CLIP's linear probe [R]: multinomial logistic regression on frozen features, its L2 strength chosen by accuracy on validation with
/// <see cref="PenaltySearch"/>, then fitted once more to training and validation together.
/// </summary>
public static class LinearProbe
{
    /// <summary>Fits the probe. Its tensors belong to the current dispose scope.</summary>
    /// <param name="train">The rows to fit.</param>
    /// <param name="validation">The rows to choose by, of the same classes.</param>
    /// <param name="iterations">Most iterations of a fit; 1,000 by default, CLIP's [R].</param>
    /// <param name="tolerance">
    /// The largest entry of the gradient at which a fit ends; 1e-4 by default, scikit-learn's [R], with which CLIP's figures are made.
    /// </param>
    /// <exception cref="ArgumentException">A set is not well formed, or they differ in width or classes.</exception>
    /// <exception cref="NotFiniteNumberException">A feature is NaN or infinite.</exception>
    public static LinearProbeFit Fit(
        ProbeSet train,
        ProbeSet validation,
        int iterations = 1000,
        double tolerance = 1e-4
    )
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        train.Check("training");
        validation.Check("validation");
        if (train.Classes != validation.Classes || train.Features.shape[1] != validation.Features.shape[1])
            throw new ArgumentException(
                $"The training set has {train.Classes} classes and width {train.Features.shape[1]}, the validation set {validation.Classes} and {validation.Features.shape[1]}."
            );
        using var scope = NewDisposeScope();

        LogisticFit With(ProbeSet set, double c) =>
            LogisticRegression.Fit(set, 1 / (c * set.Count), iterations: iterations, tolerance: tolerance);

        double Accuracy(double c)
        {
            using var inner = NewDisposeScope();
            return With(train, c).Classifier.Evaluate(validation).Top1;
        }

        var (best, trials) = PenaltySearch.Run(Accuracy);
        var all = new ProbeSet(
            cat([train.Features, validation.Features]),
            [.. train.Labels, .. validation.Labels],
            train.Classes
        );
        var fit = With(all, best.C);
        fit.Classifier.Weights.MoveToOuterDisposeScope();
        fit.Classifier.Bias.MoveToOuterDisposeScope();
        return new(fit.Classifier, best.C, trials, fit.Converged);
    }
}
