using Xunit;

namespace Research.Tests.Corpora.Import;

public sealed class ImportMutationTests
{
    // The bench "fuzz-import" reads twenty thousand.
    [Fact]
    public void Damaged_data_sets_of_every_layout_lose_no_row_without_a_word()
    {
        var mutations = new ImportMutations(1);
        var outcomes = Enumerable.Range(0, 200).Select(n => mutations.Import(n)).ToArray();
        Assert.DoesNotContain(outcomes, o => o.Outcome.StartsWith('!'));
        Assert.Contains(outcomes, o => o.Outcome == "imported in part");
        Assert.Equal(10, outcomes.Select(o => o.Layout.Split('/')[0]).Distinct().Count());
    }
}
