using Research.Encoders;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// Keeps the locks of <see cref="TowerTraining"/> on a model: what is locked records no gradient, so that libtorch neither computes nor
/// stores any below the first part that is trained, and its batch norms are in evaluation mode. The optimizer updates only what has a
/// gradient, and begins a parameter's state at its first. Gives everything back as it was when it is disposed.
/// </summary>
sealed class TowerLocks : IDisposable
{
    readonly List<Locked> locks = [];
    readonly Dictionary<Parameter, double> factors = new(ReferenceEqualityComparer.Instance);

    /// <param name="model">The model that is trained.</param>
    /// <param name="options">With the locks.</param>
    /// <exception cref="ArgumentException">More groups are unlocked than an encoder has.</exception>
    public TowerLocks(DualEncoder model, TrainerOptions options)
    {
        Add(model, nameof(options.Image), options.Image, model.visual.Groups);
        Add(model, nameof(options.Text), options.Text, model.text.Groups);
    }

    void Add(nn.Module model, string field, TowerTraining training, IReadOnlyList<TowerGroup> groups)
    {
        for (var i = 0; i < groups.Count; i++)
        {
            var factor = training.LearningRateFactor * Math.Pow(training.LayerDecay, groups.Count - 1 - i);
            foreach (var parameter in groups[i].Parameters)
                factors[parameter] = factor;
        }
        if (training.Lock is not { } settings)
            return;
        if (settings.UnlockedGroups > groups.Count)
            throw new ArgumentException(
                $"{field}.Lock.UnlockedGroups = {settings.UnlockedGroups}, but the encoder has {groups.Count} groups: "
                    + $"{string.Join(", ", groups.Select(g => g.Name))}."
            );
        locks.Add(new(model, settings, [.. groups.Take(groups.Count - settings.UnlockedGroups)]));
    }

    /// <summary>The factor on the learning rate of a parameter.</summary>
    public double FactorOf(Parameter parameter) => factors.GetValueOrDefault(parameter, 1);

    /// <summary>Puts the model into the state of a step (0-based). Call it after every change between training and evaluation mode as well.</summary>
    public void Apply(long step)
    {
        foreach (var locked in locks)
            locked.Set(locked.Settings.Until is not { } end || step < end);
    }

    public void Dispose()
    {
        foreach (var locked in locks)
            locked.Set(false);
    }

    /// <summary>A part of an encoder under one lock.</summary>
    sealed class Locked
    {
        readonly nn.Module model;
        readonly Parameter[] parameters;
        readonly BatchNorm2d[] norms;
        bool held;

        public Locked(nn.Module model, TowerLock settings, IReadOnlyList<TowerGroup> groups)
        {
            this.model = model;
            Settings = settings;
            var modules = groups.SelectMany(g => g.AllModules).ToList();
            var trained = settings.FreezeNorms ? [] : NormParameters(modules);
            // What the caller froze stays frozen when the lock ends.
            parameters = [.. groups.SelectMany(g => g.Parameters).Where(p => p.requires_grad && !trained.Contains(p))];
            norms = settings.FreezeStatistics ? [.. modules.OfType<BatchNorm2d>()] : [];
        }

        public TowerLock Settings { get; }

        static HashSet<object> NormParameters(List<nn.Module> modules) =>
            modules
                .Where(m => m is LayerNorm or BatchNorm2d)
                .SelectMany(m => m.parameters())
                .ToHashSet<object>(ReferenceEqualityComparer.Instance);

        public void Set(bool on)
        {
            // Where the lock is not held there is nothing to give back: since it ended, the model may have been frozen or put to evaluation.
            if (!on && !held)
                return;
            held = on;
            foreach (var parameter in parameters)
                if (parameter.requires_grad == on)
                {
                    parameter.requires_grad_(!on);
                    if (on)
                        parameter.grad = null;
                }
            foreach (var norm in norms)
                norm.train(!on && model.training);
        }
    }
}
