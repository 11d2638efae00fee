using Research.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training.Processes;

/// <summary>
/// Processes, on one machine or several, that train one model on parts of every batch: what <see cref="Trainer"/> and
/// <see cref="IObjective.Gradients"/> take as their collective. They form a ring of TCP connections, so that each sends and receives what
/// it would with any number of others: of a tensor's bytes, all-reduce moves 2 (W - 1) / W through each of W processes (Patarasuk and Yuan,
/// Journal of Parallel and Distributed Computing, 2009), all-gather W - 1 times its part. Tensors of any device
/// travel through memory of the host. Sums are taken in an order that depends on the number of processes alone and come out the same to the
/// bit on every rank. The processes prove to each other that they have the group's key (<see cref="ProcessGroupOptions.Key"/>), and every
/// message carries a tag, the tensors' too: what another program sends, changes or repeats is an error. Without a key anyone can compute the
/// tags, and nothing is encrypted: who sees the network reads gradients. Not thread-safe. After an error the group is closed: the others
/// notice, and all must be started again.
/// </summary>
public sealed class ProcessGroup : ICollective, IDisposable
{
    readonly RingLink? ring;
    long calls;
    bool closed;

    ProcessGroup(int rank, int world, RingLink? ring) => (Rank, World, this.ring) = (rank, world, ring);

    /// <summary>Waits for all processes of the group, and connects them.</summary>
    /// <param name="options">Which process this is, and where the group meets.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="listening">
    /// Rank 0 calls it, once it listens, with its port: where that is left to the system (0), the others need to know. One process alone
    /// listens to nobody and does not call it.
    /// </param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="TimeoutException">Not all came in time; the message names who is missing.</exception>
    /// <exception cref="IOException">The port is taken, the host unknown, rank 0 refuses this process, or another one went away.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    public static ProcessGroup Join(
        ProcessGroupOptions options,
        CancellationToken cancellation = default,
        Action<int>? listening = null
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new(
            options.Rank,
            options.World,
            options.World == 1 ? null : new Rendezvous(options, cancellation).Join(listening)
        );
    }

    /// <summary>
    /// The group that RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT describe, as torchrun and its like set them; a group of this process
    /// alone where neither RANK nor WORLD_SIZE is set.
    /// </summary>
    /// <inheritdoc cref="Join" path="/exception"/>
    public static ProcessGroup FromEnvironment() =>
        Join(ProcessGroupOptions.FromEnvironment() ?? new() { Rank = 0, World = 1 });

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int World { get; }

    /// <summary>The tensors of all ranks, one after another along the first dimension, without gradient.</summary>
    /// <param name="local">[n, ...] of any type and on any device, of 1 to 8 dimensions, alike on every rank.</param>
    /// <returns>[W n, ...] on the same device, in the caller's dispose scope: rank r's rows are r n to (r + 1) n - 1.</returns>
    /// <exception cref="ArgumentException">The tensor has no dimension, or more than 8.</exception>
    /// <exception cref="InvalidOperationException">Another process makes another call; the message names both.</exception>
    /// <exception cref="IOException">Another process ended, or did not answer within <see cref="ProcessGroupOptions.Timeout"/>.</exception>
    /// <exception cref="ObjectDisposedException">The group was left, or closed by an earlier error.</exception>
    public Tensor AllGather(Tensor local)
    {
        ArgumentNullException.ThrowIfNull(local);
        if (local.dim() == 0)
            throw new ArgumentException(
                "AllGather: a scalar has no rows to gather; give it a dimension (unsqueeze(0))."
            );
        if (ring is null)
            return local.detach();
        return Together(
            CollectiveKind.AllGather,
            local,
            ring =>
            {
                var count = local.numel();
                var all = torch.empty([World * count], local.dtype);
                Tensor Part(int rank) => all.narrow(0, Around(rank) * count, count);
                Part(Rank).copy_(local.detach().reshape(-1));
                for (var step = 0; step < World - 1; step++)
                    ring.Exchange(Part(Rank - step), Part(Rank - step - 1));
                long[] shape = [World * local.shape[0], .. local.shape[1..]];
                return all.view(shape);
            }
        );
    }

    /// <summary>The sum over ranks, the same to the bit on every rank, without gradient. It is taken in the tensor's own type, bfloat16 too.</summary>
    /// <param name="local">[...] of numbers, on any device, of at most 8 dimensions, alike on every rank.</param>
    /// <returns>[...], in the shape, type and device of <paramref name="local"/> and in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The tensor is of booleans, or of more than 8 dimensions.</exception>
    /// <exception cref="InvalidOperationException">Another process makes another call; the message names both.</exception>
    /// <exception cref="IOException">Another process ended, or did not answer within <see cref="ProcessGroupOptions.Timeout"/>.</exception>
    /// <exception cref="ObjectDisposedException">The group was left, or closed by an earlier error.</exception>
    public Tensor AllReduceSum(Tensor local)
    {
        ArgumentNullException.ThrowIfNull(local);
        if (local.dtype == ScalarType.Bool)
            throw new ArgumentException("AllReduceSum: booleans have no sum; convert them to integers first.");
        if (ring is null)
            return local.detach();
        return Together(
            CollectiveKind.AllReduceSum,
            local,
            ring =>
            {
                var count = local.numel();
                var sum = torch.empty([count], local.dtype);
                sum.copy_(local.detach().reshape(-1));
                long Start(int part) => count * part / World;
                Tensor Part(int rank)
                {
                    var part = Around(rank);
                    return sum.narrow(0, Start(part), Start(part + 1) - Start(part));
                }
                var scratch = torch.empty([(count + World - 1) / World], local.dtype);
                for (var step = 0; step < World - 1; step++) // each part gathers the ranks' addends once around
                {
                    var part = Part(Rank - step - 1);
                    var addend = scratch.narrow(0, 0, part.numel());
                    ring.Exchange(Part(Rank - step), addend);
                    part.add_(addend);
                }
                for (var step = 0; step < World - 1; step++) // and goes around once more, finished
                    ring.Exchange(Part(Rank + 1 - step), Part(Rank - step));
                return sum.view(local.shape);
            }
        );
    }

    int Around(int rank) => (rank % World + World) % World;

    /// <summary>The result on the tensor's device, once the neighbour has shown that it makes the same call.</summary>
    Tensor Together(CollectiveKind kind, Tensor local, Func<RingLink, Tensor> exchange)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var own = CollectiveCall.Of(++calls, kind, local);
        try
        {
            var bytes = new byte[CollectiveCall.Bytes];
            var mine = own.Write();
            ring!.Exchange(mine, bytes);
            if (!bytes.AsSpan().SequenceEqual(mine))
                throw new InvalidOperationException(
                    $"rank {Rank} makes {own}, but rank {ring.Left} makes {CollectiveCall.Read(bytes)?.ToString() ?? "no call that this version knows"}: every process must make the same calls, in the same order, with tensors of the same shape and type."
                );
            return exchange(ring).to(local.device).MoveToOuterDisposeScope();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Leaves the group: the others' next call fails.</summary>
    public void Dispose()
    {
        closed = true;
        ring?.Dispose();
    }
}
