using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation.Probes;

/// <summary>A classifier fitted by <see cref="LogisticRegression"/>.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="Loss">What was minimised: mean cross-entropy with the penalty.</param>
/// <param name="Iterations">Iterations of L-BFGS.</param>
/// <param name="Converged">Whether the descent ended by itself, at a small gradient or where rounding allowed no more, and not with the iterations.</param>
public sealed record LogisticFit(LinearClassifier Classifier, double Loss, int Iterations, bool Converged);

/// <summary>
/// Multinomial logistic regression by L-BFGS: the minimum of mean cross-entropy + penalty / 2 * ||W - W0||^2 over W (C x d) and the bias, which is
/// not penalised. scikit-learn's C is 1 / (penalty * N). With W0 the zero-shot classifier it is the L2 pull towards it, a baseline of DiHT's
/// few-shot probe [O].
/// </summary>
public static class LogisticRegression
{
    const int Memory = 10;

    // The descent goes on until the gradient says stop: MathNet's other criteria are set so small that only rounding meets them.
    const double Negligible = 1e-15;

    /// <summary>Fits a classifier, from W = W0 and b = 0. Its tensors belong to the current dispose scope.</summary>
    /// <param name="train">The rows to fit.</param>
    /// <param name="penalty">The weight of ||W - W0||^2 / 2, positive: without it separable classes have no minimum.</param>
    /// <param name="around">W0, C x d; null (default) is zero.</param>
    /// <param name="scale">The factor on the products; 1 by default.</param>
    /// <param name="iterations">Most iterations; 1,000 by default, CLIP's [R].</param>
    /// <param name="tolerance">The largest entry of the gradient at which the fit ends; 1e-7 by default.</param>
    /// <exception cref="ArgumentException">The set is not well formed, or W0 does not fit it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="NotFiniteNumberException">A feature is NaN or infinite.</exception>
    public static LogisticFit Fit(
        ProbeSet train,
        double penalty,
        Tensor? around = null,
        double scale = 1,
        int iterations = 1000,
        double tolerance = 1e-7
    )
    {
        ArgumentNullException.ThrowIfNull(train);
        if (!(penalty > 0))
            throw new ArgumentOutOfRangeException(nameof(penalty), penalty, "The penalty is positive.");
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var problem = new SoftmaxRegression(train, around, scale, penalty, centred: true);
        var (classes, width) = (problem.Classes, problem.Width);
        var best = (
            Loss: double.PositiveInfinity,
            Steepest: double.PositiveInfinity,
            At: Vector<double>.Build.Dense(
                cat([zeros(classes * width, dtype: ScalarType.Float64), problem.NoBias().cpu()])
                    .data<double>()
                    .ToArray()
            )
        );

        (Tensor Weights, Tensor Bias) Split(Vector<double> at)
        {
            var all = torch.tensor(at.AsArray(), device: problem.Device);
            return (all.narrow(0, 0, classes * width).reshape(classes, width), all.narrow(0, classes * width, classes));
        }

        (double, Vector<double>) Value(Vector<double> at)
        {
            using var inner = NewDisposeScope();
            var (weights, bias) = Split(at);
            var (loss, byWeights, byBias) = problem.At(weights, bias);
            var gradient = Vector<double>.Build.Dense(
                cat([byWeights.reshape(-1), byBias]).cpu().data<double>().ToArray()
            );
            if (loss < best.Loss)
                best = (loss, gradient.InfinityNorm(), at.Clone());
            return (loss, gradient);
        }

        var minimizer = new LimitedMemoryBfgsMinimizer(tolerance, Negligible, Negligible, Memory, iterations);
        var (used, ended) = (iterations, false);
        try
        {
            // It gives the same reason whatever ended it, and goes one iteration beyond the bound.
            used = Math.Min(iterations, minimizer.FindMinimum(ObjectiveFunction.Gradient(Value), best.At).Iterations);
            ended = used < iterations;
        }
        catch (MaximumIterationsException)
        {
            // The best point so far is the answer; Converged says that it need not be the minimum.
        }
        catch (OptimizationException)
        {
            // The line search finds no lower point: where the gradient is small, rounding ends the descent.
            ended = best.Steepest <= tolerance * Math.Max(1, best.Loss);
        }
        var (w, b) = Split(best.At);
        var classifier = problem.Classifier(w, b);
        classifier.Weights.MoveToOuterDisposeScope();
        classifier.Bias.MoveToOuterDisposeScope();
        return new(classifier, best.Loss, used, ended);
    }

    /// <summary>
    /// Fits with every penalty and returns the fit that classifies most validation rows; of equals the one with the larger penalty, which stays
    /// closer to W0. Its tensors belong to the current dispose scope.
    /// </summary>
    /// <param name="train">The rows to fit.</param>
    /// <param name="validation">The rows to choose by.</param>
    /// <param name="penalties">The penalties, positive.</param>
    /// <param name="around">W0, C x d; null (default) is zero.</param>
    /// <param name="scale">The factor on the products; 1 by default.</param>
    /// <param name="iterations">Most iterations of a fit; 1,000 by default.</param>
    /// <param name="tolerance">The largest entry of the gradient at which a fit ends; 1e-7 by default.</param>
    /// <exception cref="ArgumentException">The list is empty, a set is not well formed, or W0 does not fit it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static LogisticFit Choose(
        ProbeSet train,
        ProbeSet validation,
        IReadOnlyList<double> penalties,
        Tensor? around = null,
        double scale = 1,
        int iterations = 1000,
        double tolerance = 1e-7
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(penalties);
        if (penalties.Count == 0)
            throw new ArgumentException("The grid of penalties is empty.", nameof(penalties));
        using var scope = NewDisposeScope();
        var best = penalties
            .OrderDescending()
            .Select(penalty => Fit(train, penalty, around, scale, iterations, tolerance))
            .MaxBy(fit => fit.Classifier.Evaluate(validation).Top1)!;
        best.Classifier.Weights.MoveToOuterDisposeScope();
        best.Classifier.Bias.MoveToOuterDisposeScope();
        return best;
    }
}
