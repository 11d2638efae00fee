using Research.Corpora;
using Xunit;

namespace Research.Tests.Corpora;

/// <summary>Conditions come from anywhere: what they may not do is said of them, not of the manifest.</summary>
public sealed class ManifestQueryTests
{
    const string Endless =
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n) > 0";

    [Fact]
    public void A_condition_that_never_ends_is_stopped()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        var path = Path.Combine(synthetic.Folder, Manifest.FileName);
        using var query = new ManifestQuery(path, null, null, Endless, limit: TimeSpan.FromSeconds(0.5));
        var error = Assert.Throws<ArgumentException>(query.All);
        Assert.Contains("stopped after 0.5 s", error.Message);
        Assert.Contains("RECURSIVE", error.Message);
    }

    [Theory]
    [InlineData("load_extension('evil')", "not authorized")]
    [InlineData("abs(-9223372036854775807 - id - 1) > 0", "integer overflow")]
    [InlineData("length(zeroblob(900000000)) > 0", "too big")]
    public void A_condition_that_fails_is_named_and_not_the_manifest(string where, string reason)
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var error = Assert.Throws<ArgumentException>(() => corpus.Query(where: where));
        Assert.Contains(reason, error.Message);
        Assert.Contains(where, error.Message);
        Assert.Throws<ArgumentException>(() => corpus.Count(where: where));
    }

    [Fact]
    public void A_damaged_manifest_is_still_said_to_be_damaged()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        File.WriteAllText(Path.Combine(synthetic.Folder, Manifest.FileName), new string('x', 5000));
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => corpus.Query(where: "id > 0")).Message);
    }
}
