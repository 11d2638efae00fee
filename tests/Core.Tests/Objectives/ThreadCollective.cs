using Research.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Processes played by threads of one process.</summary>
sealed class ThreadCollective
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(60);
    readonly Barrier barrier;
    readonly Tensor[] slots;

    ThreadCollective(int world) => (barrier, slots) = (new(world), new Tensor[world]);

    /// <summary>Runs the work of every rank at once; the results belong to the current scope.</summary>
    public static ObjectiveGradients[] Run(int world, Func<ICollective, ObjectiveGradients> work)
    {
        var shared = new ThreadCollective(world);
        var results = new ObjectiveGradients[world];
        var errors = new Exception?[world];
        var threads = Enumerable
            .Range(0, world)
            .Select(rank => new Thread(() =>
            {
                try
                {
                    using var scope = NewDisposeScope();
                    results[rank] = work(new Member(shared, rank));
                    foreach (var tensor in Tensors(results[rank]))
                        tensor.DetachFromDisposeScope();
                }
                catch (Exception e)
                {
                    errors[rank] = e;
                }
            }))
            .ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (errors.FirstOrDefault(e => e is not null) is { } error)
            throw new InvalidOperationException(error.Message, error);
        foreach (var tensor in results.SelectMany(Tensors))
            CurrentDisposeScope?.Attach(tensor);
        return results;
    }

    static IEnumerable<Tensor> Tensors(ObjectiveGradients g) =>
        ((Tensor?[])[g.Loss, g.Image, g.Text, g.LogitScale, g.Features, .. g.Parameters]).OfType<Tensor>();

    T Exchange<T>(int rank, Tensor local, Func<Tensor[], T> combine)
    {
        slots[rank] = local;
        Meet();
        var result = combine(slots);
        Meet();
        return result;
    }

    void Meet()
    {
        if (!barrier.SignalAndWait(patience))
            throw new TimeoutException("Another rank did not come: the ranks' calls differ, or one failed.");
    }

    sealed class Member(ThreadCollective shared, int rank) : ICollective
    {
        public int Rank => rank;
        public int World => shared.slots.Length;

        public Tensor AllGather(Tensor local) => shared.Exchange(rank, local, all => torch.cat(all, 0));

        public Tensor AllReduceSum(Tensor local) => shared.Exchange(rank, local, all => torch.stack(all).sum([0L]));
    }
}
