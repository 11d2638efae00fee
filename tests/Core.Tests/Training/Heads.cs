using Research.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>InfoNCE and a linear head on the image features, by autograd: an objective with parameters and targets of its own.</summary>
sealed class HeadObjective : IObjective, IDisposable
{
    public const int Classes = 3;
    readonly InfoNce contrastive = new();
    readonly Parameter head;

    public HeadObjective(int width, double learningRateFactor = 10, double weightDecayFactor = 0.01)
    {
        head = new Parameter(full([Classes, width], 0.1));
        Parameters = [new("head.weight", head, learningRateFactor, weightDecayFactor)];
    }

    public Parameter Head => head;
    public string Name => "InfoNCE + head";
    public SubsetSampling Sampling => SubsetSampling.Joint;
    public TeacherSource? Teacher => null;
    public IReadOnlyList<ObjectiveParameter> Parameters { get; }
    public double? InitialLogitScale => 1.5;

    public double SoftFraction(double progress) => 0;

    public ObjectiveResult Forward(EmbeddingBatch batch)
    {
        using var scope = NewDisposeScope();
        var result = contrastive.Forward(batch);
        var logits = batch.ImageFeatures!.matmul(head.t());
        var own = nn.functional.log_softmax(logits, 1).gather(1, batch.Objects!.Indices);
        var loss = result.Loss - (own * batch.Objects.Probabilities).sum([1]).mean();
        return result with { Loss = loss.MoveToOuterDisposeScope() };
    }

    public ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null) =>
        AutogradGradients.Of(this, batch);

    public override string ToString() => Name;

    public void Dispose() => head.Dispose();
}

/// <summary>
/// Synthetic pairs that can be had by rows only, and that say which rows were asked for; each thing's class is its number modulo 3.
/// </summary>
sealed class Sliced(int batchSize, bool concepts = false) : Research.Training.ISlicedTrainingData
{
    readonly Synthetic source = new(batchSize);

    public List<(string What, int Start, int Count)> Asked { get; } = [];
    public int BatchSize => batchSize;

    public Research.Training.TrainingBatch Batch(long step) =>
        throw new InvalidOperationException("the whole batch was asked for");

    public Tensor Images(long step, int start, int count)
    {
        Asked.Add(("images", start, count));
        return source.Batch(step).Images.narrow(0, start, count);
    }

    public Tensor Tokens(long step, int start, int count)
    {
        Asked.Add(("tokens", start, count));
        return source.Batch(step).Tokens.narrow(0, start, count);
    }

    public ConceptTargets? Objects(long step, int start, int count)
    {
        if (!concepts)
            return null;
        var tokens = source.Batch(step).Tokens.narrow(0, start, count);
        var classes = tokens.select(1, 2).remainder(HeadObjective.Classes).unsqueeze(1); // B x 1
        return new(classes, ones(count, 1));
    }
}

/// <summary>An objective over the rows of all processes in the plainest way: gather everything, differentiate, keep the own rows.</summary>
sealed class Gathered(IObjective inner) : IObjective
{
    public string Name => inner.Name;
    public SubsetSampling Sampling => inner.Sampling;
    public TeacherSource? Teacher => inner.Teacher;
    public IReadOnlyList<ObjectiveParameter> Parameters => inner.Parameters;
    public double? InitialLogitScale => inner.InitialLogitScale;

    public double SoftFraction(double progress) => inner.SoftFraction(progress);

    public ObjectiveResult Forward(EmbeddingBatch batch) => inner.Forward(batch);

    public ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        var all = collective ?? SingleProcess.Instance;
        bool[] Flags(bool[] own) => [.. all.AllGather(tensor(own)).data<bool>()];
        var whole = AutogradGradients.Of(
            inner,
            batch with
            {
                Image = all.AllGather(batch.Image),
                Text = all.AllGather(batch.Text),
                UnalignedImages = Flags(batch.UnalignedImages),
                UnalignedTexts = Flags(batch.UnalignedTexts),
                TeacherImage = batch.TeacherImage is { } i ? all.AllGather(i) : null,
                TeacherText = batch.TeacherText is { } t ? all.AllGather(t) : null,
            }
        );
        var rows = batch.Image.shape[0];
        return whole with
        {
            Image = whole.Image.narrow(0, all.Rank * rows, rows),
            Text = whole.Text.narrow(0, all.Rank * rows, rows),
        };
    }

    public override string ToString() => inner.ToString()!;
}

/// <summary>Processes as threads of this one.</summary>
sealed class Threads(int world) : IDisposable
{
    readonly Barrier barrier = new(world);
    readonly Tensor?[] given = new Tensor?[world];

    public ICollective Rank(int rank) => new Member(this, rank, world);

    Tensor Exchange(int rank, Tensor local, Func<Tensor[], Tensor> combine)
    {
        given[rank] = local;
        Wait();
        var result = combine([.. given.Select(g => g!)]);
        Wait();
        return result;
    }

    void Wait()
    {
        if (!barrier.SignalAndWait(TimeSpan.FromSeconds(60)))
            throw new TimeoutException("another process did not come");
    }

    public void Dispose() => barrier.Dispose();

    sealed class Member(Threads all, int rank, int world) : ICollective
    {
        public int Rank => rank;
        public int World => world;

        public Tensor AllGather(Tensor local) => all.Exchange(rank, local, parts => cat(parts, 0));

        public Tensor AllReduceSum(Tensor local) =>
            all.Exchange(
                rank,
                local,
                parts => parts.Aggregate((Tensor?)null, (sum, p) => sum is null ? p.clone() : sum + p)!
            );
    }
}
