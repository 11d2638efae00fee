using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation.Probes;

/// <summary>How a <see cref="FewShotProbe"/> is fitted.</summary>
public sealed record FewShotOptions
{
    /// <summary>delta, the largest Frobenius norm of W, 0 or more, or infinity for none. 0 leaves the zero-shot classifier.</summary>
    public double Radius { get; init; } = double.PositiveInfinity;

    /// <summary>delta_b, the largest norm of the bias, 0 or more, or infinity for none.</summary>
    public double BiasRadius { get; init; } = double.PositiveInfinity;

    /// <summary>Steps of projected gradient; 300 by default [O]. Without a ball and with separable classes more steps go further.</summary>
    public int Steps { get; init; } = 300;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the setting and its value.</exception>
    public void Validate()
    {
        if (!(Radius >= 0))
            throw new ArgumentOutOfRangeException(nameof(Radius), Radius, "The radius is 0 or more.");
        if (!(BiasRadius >= 0))
            throw new ArgumentOutOfRangeException(nameof(BiasRadius), BiasRadius, "The bias's radius is 0 or more.");
        if (Steps < 1)
            throw new ArgumentOutOfRangeException(nameof(Steps), Steps, "At least one step is needed.");
    }
}

/// <summary>A classifier fitted by <see cref="FewShotProbe"/>.</summary>
/// <param name="Classifier">W0 + W and b.</param>
/// <param name="Options">Its balls and steps.</param>
/// <param name="Loss">The mean cross-entropy on the shots.</param>
/// <param name="Norm">||W||_F, at most delta.</param>
/// <param name="BiasNorm">||b||, at most delta_b.</param>
public sealed record FewShotFit(
    LinearClassifier Classifier,
    FewShotOptions Options,
    double Loss,
    double Norm,
    double BiasNorm
);

/// <summary>
/// DiHT's few-shot probe: over ||W||_F at most delta and ||b|| at most delta_b the minimum of the mean cross-entropy of
/// scale * (W0 + W) x + b, with W0 the zero-shot classifier, from W = 0 and b = 0, projected onto the balls after every step [P]. The steps are
/// Nesterov's with a restart where the loss rises, of length 1 / smoothness, so that no rate is to be tuned [O].
/// </summary>
public static class FewShotProbe
{
    /// <summary>Fits the probe. Its tensors belong to the current dispose scope.</summary>
    /// <param name="shots">The rows: unit embeddings of the model whose classifier W0 is.</param>
    /// <param name="start">W0, C x d: the zero-shot classifier, or zeros for a probe without prompts.</param>
    /// <param name="scale">The factor on the products: the model's exp(logit scale).</param>
    /// <param name="options">The balls and steps; the defaults have no ball.</param>
    /// <exception cref="ArgumentException">The set is not well formed, or W0 does not fit it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    /// <exception cref="NotFiniteNumberException">A feature is NaN or infinite.</exception>
    public static FewShotFit Fit(ProbeSet shots, Tensor start, double scale, FewShotOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(start);
        options ??= new();
        options.Validate();
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var problem = new SoftmaxRegression(shots, start, scale, penalty: 0);
        var step = 1 / problem.Smoothness();
        // Held while libtorch reads them: see SoftmaxRegression.
        Scalar minusOne = -1;
        Scalar down = -step;
        Scalar biasDown = -step * scale * scale;
        var weights = zeros(problem.Classes, problem.Width, dtype: ScalarType.Float64, device: problem.Device);
        var bias = zeros(problem.Classes, dtype: ScalarType.Float64, device: problem.Device);
        var (aheadWeights, aheadBias, momentum) = (weights, bias, 1.0);
        var loss = problem.LossAt(weights, bias);
        // Without any room there is nowhere to go.
        var steps = options.Radius == 0 && options.BiasRadius == 0 ? 0 : options.Steps;
        for (var i = 0; i < steps; i++)
        {
            using var inner = NewDisposeScope();
            var (_, byWeights, byBias) = problem.At(aheadWeights, aheadBias);
            var nextWeights = Within(aheadWeights.add(byWeights, down), options.Radius);
            var nextBias = Within(aheadBias.add(byBias, biasDown), options.BiasRadius);
            var reached = problem.LossAt(nextWeights, nextBias);
            if (reached > loss)
            {
                // The momentum overshot: from here again without it. A plain step of this length never rises but by rounding.
                if (momentum == 1)
                    break;
                (aheadWeights, aheadBias, momentum) = (weights, bias, 1);
                continue;
            }
            var next = (1 + Math.Sqrt(1 + 4 * momentum * momentum)) / 2;
            Scalar share = (momentum - 1) / next;
            aheadWeights = nextWeights.add(nextWeights.add(weights, minusOne), share).MoveToOuterDisposeScope();
            aheadBias = nextBias.add(nextBias.add(bias, minusOne), share).MoveToOuterDisposeScope();
            GC.KeepAlive(share);
            (weights, bias) = (nextWeights.MoveToOuterDisposeScope(), nextBias.MoveToOuterDisposeScope());
            (loss, momentum) = (reached, next);
        }
        GC.KeepAlive(minusOne);
        GC.KeepAlive(down);
        GC.KeepAlive(biasDown);
        var classifier = problem.Classifier(weights, bias);
        classifier.Weights.MoveToOuterDisposeScope();
        classifier.Bias.MoveToOuterDisposeScope();
        return new(classifier, options, loss, Norm(weights), Norm(bias));
    }

    /// <summary>
    /// Fits the probe with every pair of radii and returns the one that classifies most validation rows; of equals the one with the smaller
    /// balls, which stays closer to the prompts. Its tensors belong to the current dispose scope.
    /// </summary>
    /// <param name="shots">The rows to fit.</param>
    /// <param name="validation">The rows to choose by.</param>
    /// <param name="start">W0.</param>
    /// <param name="scale">The factor on the products.</param>
    /// <param name="radii">The values of delta.</param>
    /// <param name="biasRadii">The values of delta_b.</param>
    /// <param name="steps">Steps of each fit.</param>
    /// <exception cref="ArgumentException">A list is empty, a set is not well formed, or W0 does not fit.</exception>
    public static FewShotFit Choose(
        ProbeSet shots,
        ProbeSet validation,
        Tensor start,
        double scale,
        IReadOnlyList<double> radii,
        IReadOnlyList<double> biasRadii,
        int steps = 300
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (radii.Count == 0 || biasRadii.Count == 0)
            throw new ArgumentException("The grid of radii has no value for one of the balls.");
        using var scope = NewDisposeScope();
        var fits =
            from radius in radii.Order()
            from biasRadius in biasRadii.Order()
            select Fit(
                shots,
                start,
                scale,
                new()
                {
                    Radius = radius,
                    BiasRadius = biasRadius,
                    Steps = steps,
                }
            );
        var best = fits.MaxBy(fit => fit.Classifier.Evaluate(validation).Top1)!;
        best.Classifier.Weights.MoveToOuterDisposeScope();
        best.Classifier.Bias.MoveToOuterDisposeScope();
        return best;
    }

    static double Norm(Tensor x) => Math.Sqrt(x.square().sum().item<double>());

    /// <summary>The nearest point of the ball.</summary>
    static Tensor Within(Tensor x, double radius)
    {
        if (radius == 0)
            return zeros_like(x);
        var norm = Norm(x);
        if (norm <= radius)
            return x;
        Scalar inward = radius / norm;
        var within = x.mul(inward);
        GC.KeepAlive(inward);
        return within;
    }
}
