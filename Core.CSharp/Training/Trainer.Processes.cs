using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

public sealed partial class Trainer
{
    /// <summary>Processes that train from different steps, settings or weights would go on without a word, and train nothing.</summary>
    /// <exception cref="InvalidOperationException">A process differs from the first; the message names both, and in what.</exception>
    void RequireSameStart(long step)
    {
        if (collective.World == 1)
            return;
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var settings = string.Join('\n', Settings().OrderBy(s => s.Key, StringComparer.Ordinal));
        var hash = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(settings)));
        var starts = collective.AllGather(tensor(new[] { step, hash })).data<long>().ToArray();
        var weights = Model.parameters().Select(p => p.abs().sum(ScalarType.Float64)).ToArray();
        var sizes = collective.AllGather(stack(weights).sum().cpu().unsqueeze(0)).data<double>().ToArray();
        for (var rank = 1; rank < collective.World; rank++)
        {
            if (starts[2 * rank] != starts[0])
                throw Apart(
                    $"rank {rank} starts from step {starts[2 * rank]}, rank 0 from step {starts[0]}",
                    "all processes must read the same checkpoint folder"
                );
            if (starts[2 * rank + 1] != starts[1])
                throw Apart(
                    $"rank {rank} has other settings than rank 0",
                    "all processes need the same objective and the same options"
                );
            if (!(Math.Abs(sizes[rank] - sizes[0]) <= 1e-6 * sizes[0]))
                throw Apart(
                    $"rank {rank} has other weights than rank 0",
                    "initialise every model from the same seed, or load the same file"
                );
        }
    }

    InvalidOperationException Apart(string what, string remedy) =>
        new($"{collective.World} processes cannot train one model: {what}; {remedy}.");
}
