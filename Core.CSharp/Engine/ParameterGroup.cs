using TorchSharp.Modules;

namespace Research.Engine;

/// <summary>Parameters that share an optimizer's settings.</summary>
public sealed class ParameterGroup
{
    /// <summary>Groups parameters under their names.</summary>
    /// <param name="parameters">Names (the keys of the optimizer's state dict) and parameters.</param>
    /// <param name="learningRate">Learning rate, at least 0.</param>
    /// <param name="weightDecay">Weight decay, at least 0.</param>
    /// <exception cref="ArgumentException">There are no parameters.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is negative or not finite.</exception>
    public ParameterGroup(
        IEnumerable<(string name, Parameter parameter)> parameters,
        double learningRate,
        double weightDecay
    )
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Parameters = [.. parameters];
        if (Parameters.Count == 0)
            throw new ArgumentException("An optimizer's parameter group is empty.", nameof(parameters));
        LearningRate = learningRate;
        WeightDecay = weightDecay;
    }

    /// <summary>The parameters with their names.</summary>
    public IReadOnlyList<(string name, Parameter parameter)> Parameters { get; }

    /// <summary>The learning rate that the next step uses.</summary>
    public double LearningRate
    {
        get;
        set => field = Checked(value, "learning rate");
    }

    /// <summary>The weight decay that the next step uses.</summary>
    public double WeightDecay
    {
        get;
        set => field = Checked(value, "weight decay");
    }

    internal static double Checked(double value, string what) =>
        value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(what, value, $"The {what} must be finite and at least 0.");
}
