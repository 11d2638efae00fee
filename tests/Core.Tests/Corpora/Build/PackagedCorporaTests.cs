using Research.Corpora.Build;
using Research.Corpora.Build.Emoji;
using Xunit;

namespace Research.Tests.Corpora.Build;

public class PackagedCorporaTests
{
    public static TheoryData<string> Names => [.. PackagedCorpora.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_corpus_bears_the_name_of_its_folder_and_names_its_packages(string name)
    {
        var corpus = PackagedCorpora.All[name];
        Assert.Equal(name, corpus.Name);
        Assert.NotEmpty(corpus.Description);
        var folder = corpus.GetType().Namespace!.Split('.')[^1];
        Assert.Equal(name, folder.ToLowerInvariant());
        Assert.NotEmpty(corpus.Packages);
        Assert.Equal(corpus.Packages, CorpusPackage.Of(folder));
        Assert.Distinct(corpus.Packages.Select(p => p.Name));
    }

    [Fact]
    public void Every_set_up_brings_the_pinned_versions_of_what_is_not_on_demand()
    {
        foreach (var package in PackagedCorpora.All.Values.SelectMany(c => c.Packages).Where(p => !p.OnDemand))
            Assert.Equal((package.Name, package.Version), (package.Name, package.InstalledVersion()));
    }

    [Fact]
    public void Each_renderer_of_emoji_is_a_package()
    {
        Assert.Equal(12, EmojiCorpus.Renderers.Count);
        var corpus = new EmojiCorpus();
        Assert.Equal(
            EmojiCorpus.Renderers.Select(r => "@iconify-json/" + r).Append("emojibase-data").Order(),
            corpus.Packages.Select(p => p.Name).Order()
        );
        Assert.Equal(14, corpus.Inputs().Count);
    }

    [Fact]
    public void A_package_that_is_missing_is_named_with_the_command_that_brings_it()
    {
        var missing = new CorpusPackage("no-such-package", "1.0.0", OnDemand: true);
        Assert.Contains("no-such-package", Assert.Throws<FileNotFoundException>(missing.InstalledVersion).Message);
        var debian = new CorpusPackage("no-such-debian-package", null, OnDemand: true);
        if (File.Exists("/usr/bin/dpkg-query"))
            Assert.Contains(
                "no-such-debian-package",
                Assert.Throws<FileNotFoundException>(debian.InstalledVersion).Message
            );
        Assert.Empty(CorpusPackage.Of("NoSuchFolder"));
    }
}
