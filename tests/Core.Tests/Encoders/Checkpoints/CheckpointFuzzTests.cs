using Xunit;

namespace Core.Tests.Encoders;

/// <summary>`./research bench fuzz-checkpoints --count N` does more of the same, in processes of its own.</summary>
public sealed class CheckpointFuzzTests : IDisposable
{
    const int Count = 2000;

    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Two_thousand_damaged_checkpoints_are_read_or_refused_in_a_line()
    {
        var mutations = new CheckpointMutations(1, folder);
        var outcomes = new Dictionary<(string, string), int>();
        for (var n = 0; n < Count; n++)
        {
            try
            {
                var outcome = mutations.Read(n);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception error)
            {
                Assert.Fail($"file {n}: {error}");
            }
        }
        // The files are damaged enough to be refused, and whole enough to be read, in every format.
        foreach (var format in CheckpointMutations.Formats)
        foreach (var outcome in new[] { "read", "refused" })
            Assert.True(
                outcomes.GetValueOrDefault((format, outcome)) > 50,
                $"{format}, {outcome}: {string.Join(", ", outcomes)}"
            );
    }
}
