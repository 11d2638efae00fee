namespace Research.Evaluation.Probes;

/// <summary>An inverse strength that a <see cref="PenaltySearch"/> tried.</summary>
/// <param name="C">The inverse strength.</param>
/// <param name="Accuracy">What was measured with it.</param>
public sealed record PenaltyTrial(double C, double Accuracy);

/// <summary>
/// CLIP's search for the L2 strength of a linear probe [R]: C in {1e-6, 1e-4, ..., 1e6}, then twice as fine around the best, until neighbours
/// are an eighth of a decade apart. So at most 15 of the 97 values of that grid are tried. C is scikit-learn's: of N rows the penalty on the mean
/// cross-entropy is 1 / (C N).
/// </summary>
public static class PenaltySearch
{
    const int StepsPerDecade = 8;
    const int Decades = 6;

    /// <summary>
    /// The best of the values tried; of equals the smallest C, which is the strongest penalty [O]. The curve is taken to have one peak.
    /// </summary>
    /// <param name="accuracy">The accuracy on validation with a C; called once for each.</param>
    /// <returns>The best, and all that were tried in their order.</returns>
    /// <exception cref="NotFiniteNumberException">An accuracy is NaN or infinite; the message names C.</exception>
    public static (PenaltyTrial Best, IReadOnlyList<PenaltyTrial> Trials) Run(Func<double, double> accuracy)
    {
        ArgumentNullException.ThrowIfNull(accuracy);
        var (trials, best) = (
            new List<PenaltyTrial>(),
            (Place: 0, Trial: new PenaltyTrial(0, double.NegativeInfinity))
        );

        void Try(int place)
        {
            var trial = new PenaltyTrial(At(place), accuracy(At(place)));
            if (!double.IsFinite(trial.Accuracy))
                throw new NotFiniteNumberException($"The accuracy with C = {trial.C} is {trial.Accuracy}.");
            trials.Add(trial);
            var better = trial.Accuracy.CompareTo(best.Trial.Accuracy);
            if (better > 0 || (better == 0 && place < best.Place))
                best = (place, trial);
        }

        const int edge = Decades * StepsPerDecade;
        for (var place = -edge; place <= edge; place += 2 * StepsPerDecade)
            Try(place);
        for (var step = StepsPerDecade; step >= 1; step /= 2)
        {
            var middle = best.Place;
            foreach (var place in new[] { middle - step, middle + step })
                if (Math.Abs(place) <= edge)
                    Try(place);
        }
        return (best.Trial, trials);
    }

    static double At(int place) => Math.Pow(10, place / (double)StepsPerDecade);
}
