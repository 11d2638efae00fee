using System.Text;
using System.Text.Json;
using Research.Corpora;
using Research.Corpora.Build;
using Research.Corpora.Build.Clipart;
using Research.Corpora.Build.Pictograms;
using Xunit;

namespace Research.Tests.Corpora.Build;

public class PictogramTests
{
    [Theory]
    [InlineData("home-outline", "home", "outline")]
    [InlineData("arrow-up-2-bold-24", "arrow up", "bold")]
    [InlineData("arrow-up", "arrow up", "")]
    [InlineData("24", "24", "")]
    [InlineData("bold", "bold", "")]
    [InlineData("bold-outline", "bold", "outline")]
    [InlineData("tiny-cat-face-line-duotone", "cat face", "tiny line duotone")]
    public void A_name_is_a_thing_and_a_style(string icon, string concept, string style)
    {
        var names = new IconName(["tiny"], ["line-duotone", "duotone"]);
        Assert.Equal(concept, names.Concept(icon));
        Assert.Equal(style.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), names.Style(icon).Order());
    }

    [Theory]
    [InlineData("MIT", true)]
    [InlineData("Apache-2.0", true)]
    [InlineData("CC-BY-4.0", true)]
    [InlineData("CC-BY-SA-4.0", true)]
    [InlineData("CC0-1.0", true)]
    [InlineData("CC-BY-NC-4.0", false)]
    [InlineData("CC-BY-NC-SA-4.0", false)]
    [InlineData("CC-BY-ND-4.0", false)]
    [InlineData("GPL-3.0-or-later", false)]
    [InlineData("GPL-2.0-only", false)]
    [InlineData("", false)]
    [InlineData("Proprietary", false)]
    [InlineData("MITX", false)]
    public void Only_open_licences_are_drawn_on(string licence, bool open)
    {
        Assert.Equal(open, IconLicence.IsOpen(licence));
        Assert.Equal(open, PictogramCorpus.IsWanted(new IconSetInfo(licence, "General", 1)));
        Assert.False(PictogramCorpus.IsWanted(new IconSetInfo(licence, "Logos", 1)));
        Assert.False(PictogramCorpus.IsWanted(new IconSetInfo(licence, "Programming", 1)));
    }

    [Fact]
    public void A_set_gives_pairs_with_categories_and_styles_and_no_hidden_icon()
    {
        const string Json = """
            {"prefix":"demo","width":24,"height":24,"suffixes":{"":"Filled","line":"Line"},
             "icons":{"cat-line":{"body":"<path d=\"M0 0h1v1z\"/>"},"cat":{"body":"<path d=\"M0 0h2v2z\"/>"},
                      "old":{"body":"<path/>","hidden":true}},
             "categories":{"Animals / Pets":["cat","cat-line"]}}
            """;
        using var chars = JsonDocument.Parse("{}");
        using var info = JsonDocument.Parse("""{"license":{"spdx":"MIT"}}""");
        using var set = IconSet.Read("demo", JsonDocument.Parse(Json), chars, info);
        var pairs = PictogramCorpus.DrawingsOf(set, "General").ToArray();
        Assert.Equal(["demo/cat", "demo/cat-line"], pairs.Select(p => p.Key));
        Assert.All(
            pairs,
            p => Assert.Equal(("cat", "cat", "demo", "General"), (p.Caption, p.Concept, p.Source, p.Group))
        );
        Assert.Equal(["animals", "pets"], pairs[0].Tags);
        Assert.Equal(["animals", "pets", "line"], pairs[1].Tags);
        Assert.Contains("viewBox=\"0 0 24 24\"", Encoding.UTF8.GetString(pairs[0].Svg));
    }

    static byte[] Clipart(string metadata) =>
        Encoding.UTF8.GetBytes(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:cc=\"http://web.resource.org/cc/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">"
                + $"<metadata><rdf:RDF><cc:Work>{metadata}</cc:Work></rdf:RDF></metadata><path d=\"M0 0h1v1z\"/></svg>"
        );

    [Fact]
    public void Clipart_says_its_title_and_keywords_and_not_its_authors()
    {
        var svg = Clipart(
            "<dc:publisher><cc:Agent><dc:title>Publisher</dc:title></cc:Agent></dc:publisher><dc:creator><cc:Agent><dc:title>Author</dc:title></cc:Agent></dc:creator>"
                + "<dc:title> A  red\nfox </dc:title><dc:subject><rdf:Bag><rdf:li>Animal</rdf:li><rdf:li>unsorted</rdf:li><rdf:li>animal</rdf:li><rdf:li/><rdf:li>fox</rdf:li></rdf:Bag></dc:subject>"
        );
        var said = ClipartMetadata.Read(svg);
        Assert.Equal("A red fox", said.Title);
        Assert.Equal(["animal", "fox"], said.Keywords);
        var pair = ClipartCorpus.Drawing("animals/mammals/fox_ada_01.svg", svg);
        Assert.Equal(
            ("openclipart/animals/mammals/fox_ada_01", "A red fox", "a red fox", "animals", "mammals"),
            (pair.Key, pair.Caption, pair.Concept, pair.Group, pair.Subgroup)
        );
    }

    [Fact]
    public void Clipart_without_words_is_named_after_its_file()
    {
        var pair = ClipartCorpus.Drawing("food/apple_green_02.svg", Clipart("<dc:title></dc:title>"));
        Assert.Equal(("apple green", "apple green", "food"), (pair.Caption, pair.Concept, pair.Subgroup));
        Assert.Equal("x", ClipartMetadata.Read(Clipart("<dc:title>x</dc:title>")[..^30]).Title);
        Assert.Equal("", ClipartMetadata.Read("no markup"u8.ToArray()).Title);
        Assert.Equal("12", ClipartCorpus.Drawing("a/12.svg", Clipart("")).Caption);
    }

    [Fact]
    public void Clipart_that_is_filed_twice_by_a_link_is_taken_once_and_generated_stars_never()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            folder.CreateSubdirectory("animals");
            var stars = folder.CreateSubdirectory("stars");
            string[] files = ["animals/fox.svg", "stars/star_44pt17step.svg", "stars/star_red.svg", "stars/notes.txt"];
            foreach (var file in files)
                File.WriteAllText(Path.Combine(folder.FullName, file), file);
            File.CreateSymbolicLink(Path.Combine(stars.FullName, "fox.svg"), "../animals/fox.svg");
            Assert.Equal(
                ["animals/fox.svg", "stars/star_red.svg"],
                ClipartCorpus.Files(folder.FullName).Select(f => Path.GetRelativePath(folder.FullName, f))
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
