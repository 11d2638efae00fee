using System.Text;
using Research.Corpora;
using Research.Corpora.Build;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Corpora.Build;

public class CorpusBuilderTests
{
    static DrawnPair Broken(string key) =>
        SyntheticCorpus.Pairs()[0] with
        {
            Key = key,
            Svg = Encoding.UTF8.GetBytes("<svg"),
        };

    [Fact]
    public void A_few_broken_drawings_are_counted_and_named()
    {
        using var synthetic = new SyntheticCorpus();
        var info = synthetic.Build(SyntheticCorpus.Pairs().Append(Broken("pen/broken")));
        var skipped = Assert.Single(info.Skipped);
        Assert.Equal("pen/broken", skipped.Key);
        Assert.Contains("markup", skipped.Reason);
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Equal(skipped, Assert.Single(corpus.Info.Skipped));
    }

    [Fact]
    public void More_than_one_percent_of_broken_drawings_stop_the_build_and_leave_nothing()
    {
        using var synthetic = new SyntheticCorpus();
        var pairs = SyntheticCorpus.Pairs().Concat(Enumerable.Range(0, 3).Select(i => Broken($"pen/broken{i}")));
        var error = Assert.Throws<InvalidDataException>(() => synthetic.Build(pairs));
        Assert.Contains("pen/broken0", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(synthetic.Parent));
    }

    [Fact]
    public void Two_pairs_of_one_key_stop_the_build()
    {
        using var synthetic = new SyntheticCorpus();
        var pairs = SyntheticCorpus.Pairs();
        Assert.Contains(
            "pen/c000",
            Assert.Throws<InvalidDataException>(() => synthetic.Build(pairs.Append(pairs[0]))).Message
        );
    }

    [Fact]
    public void A_failed_build_keeps_the_corpus_that_stands()
    {
        using var synthetic = new SyntheticCorpus();
        var first = synthetic.Build();
        var builder = SyntheticCorpus.Builder();
        builder.Add(SyntheticCorpus.Pairs().Take(200));
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => builder.Write(synthetic.Folder, null, cancellation.Token));
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Equal(first.Fingerprint, corpus.Fingerprint);
        Assert.Equal(first.Pairs, corpus.Query().Count);
        Assert.Single(Directory.EnumerateFileSystemEntries(synthetic.Parent));
    }

    [Fact]
    public void A_new_build_replaces_the_old_one_whole()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        var info = synthetic.Build(SyntheticCorpus.Pairs().Where(p => p.Source == "pen"));
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Equal(["pen"], corpus.Info.Sources.Keys);
        Assert.Equal(info.Pairs, corpus.Query().Count);
        Assert.Single(Directory.EnumerateFileSystemEntries(synthetic.Parent));
    }

    [Fact]
    public void What_a_killed_build_left_is_removed_and_never_taken_for_a_corpus()
    {
        using var synthetic = new SyntheticCorpus();
        var left = Directory.CreateDirectory(Path.Combine(synthetic.Parent, ".shapes-16.123-abc.partial"));
        File.WriteAllText(Path.Combine(left.FullName, "000000.tar"), "half");
        var other = Directory.CreateDirectory(Path.Combine(synthetic.Parent, ".shapes-160.1-a.partial"));
        AtomicFolder.RemoveLeftovers(synthetic.Folder);
        Assert.False(Directory.Exists(left.FullName));
        Assert.True(Directory.Exists(other.FullName));
        Assert.Throws<DirectoryNotFoundException>(() => Corpus.Open(synthetic.Folder));
    }

    [Fact]
    public async Task Only_one_builder_at_a_time_has_the_lock()
    {
        using var synthetic = new SyntheticCorpus();
        var first = AtomicFolder.Lock(synthetic.Folder, default);
        var second = Task.Run(() => AtomicFolder.Lock(synthetic.Folder, default));
        await Task.Delay(500);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
        using var held = AtomicFolder.Lock(synthetic.Folder, default);
        using var cancelled = new CancellationTokenSource(100);
        Assert.ThrowsAny<OperationCanceledException>(() => AtomicFolder.Lock(synthetic.Folder, cancelled.Token));
    }

    [Fact]
    public void A_parent_that_cannot_be_written_is_named()
    {
        using var synthetic = new SyntheticCorpus();
        var file = Path.Combine(synthetic.Parent, "a-file");
        File.WriteAllText(file, "");
        var builder = SyntheticCorpus.Builder();
        builder.Add(SyntheticCorpus.Pairs());
        Assert.Contains(file, Assert.Throws<IOException>(() => builder.Write(Path.Combine(file, "shapes"))).Message);
    }

    [Fact]
    public void The_same_drawing_never_stands_on_two_sides()
    {
        using var synthetic = new SyntheticCorpus();
        var pairs = SyntheticCorpus.Pairs();
        var rule = SyntheticCorpus.Builder().Splits;
        var test = pairs.First(p => rule.Of(p.Concept) == Split.Test);
        var train = pairs.Where(p => rule.Of(p.Concept) == Split.Train).ToArray();
        // One training pair gets the test's very drawing, one the same with a hardly visible speck.
        var speck = Encoding
            .UTF8.GetString(test.Svg)
            .Replace("</svg>", "<path fill=\"#808080\" fill-opacity=\".1\" d=\"M0 0h.3v.3z\"/></svg>");
        var before = synthetic.Build(pairs);
        var after = synthetic.Build(
            pairs.Select(p =>
                p.Key == train[0].Key ? p with { Svg = test.Svg }
                : p.Key == train[4].Key ? p with { Svg = Encoding.UTF8.GetBytes(speck) }
                : p
            )
        );
        Assert.Equal((before.DroppedEqual + 1, before.DroppedSimilar + 1), (after.DroppedEqual, after.DroppedSimilar));
        using var corpus = Corpus.Open(synthetic.Folder);
        var keys = corpus.Query().Select(e => e.Key).ToHashSet();
        Assert.Contains(test.Key, keys);
        Assert.DoesNotContain(train[0].Key, keys);
        Assert.DoesNotContain(train[4].Key, keys);
    }

    [Fact]
    public void Small_things_on_white_paper_are_compared_by_what_is_drawn_and_not_by_the_paper()
    {
        using var synthetic = new SyntheticCorpus();
        var pairs = SyntheticCorpus.Pairs();
        var rule = SyntheticCorpus.Builder().Splits;
        string[] train =
        [
            .. Enumerable.Range(0, 100).Select(i => $"small {i}").Where(c => rule.Of(c) == Split.Train).Take(3),
        ];
        var test = Enumerable.Range(0, 100).Select(i => $"small {i}").First(c => rule.Of(c) == Split.Test);
        DrawnPair Small(string concept, string path) =>
            pairs[0] with
            {
                Key = $"pen/{concept}",
                Concept = concept,
                Svg = Encoding.UTF8.GetBytes(
                    $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\">{path}</svg>"
                ),
            };
        var before = synthetic.Build(pairs);
        var after = synthetic.Build([
            .. pairs,
            Small(test, "<path fill=\"#eb7\" d=\"M30 30h3v3h-3z\"/>"),
            Small(train[0], "<path fill=\"#7be\" d=\"M44 10h3v3h-3z\"/>"),
            Small(train[1], "<path fill=\"#ea7\" d=\"M30 30h3v3h-3z\"/>"),
            Small(train[2], "<path fill=\"#eb7\" d=\"M20 50h3v3h-3z\"/>"),
        ]);
        Assert.Equal((before.DroppedEqual, before.DroppedSimilar + 1), (after.DroppedEqual, after.DroppedSimilar));
        using var corpus = Corpus.Open(synthetic.Folder);
        var small = corpus.Query().Where(e => e.Concept.StartsWith("small ", StringComparison.Ordinal)).ToArray();
        // The hash alone takes them for one another.
        foreach (var entry in small)
            Assert.InRange(PerceptualHash.Distance(entry.PerceptualHash, small[0].PerceptualHash), 0, 3);
        Assert.Equal(
            new[] { test, train[0], train[2] }.Order(StringComparer.Ordinal),
            small.Select(e => e.Concept).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("<linearGradient id=\"a\"><stop stop-color=\"red\"/></linearGradient>")]
    [InlineData("<path d=\"M0 0L4 4\" stroke=\"black\" stroke-width=\".0001\"/>")]
    [InlineData("<path fill=\"white\" d=\"M1 1h2v2z\"/>")]
    [InlineData("<path d=\"M9 9h2v2z\"/>")]
    public void A_drawing_of_which_nothing_is_seen_is_left_out_and_takes_no_other_for_its_duplicate(string nothing)
    {
        using var synthetic = new SyntheticCorpus();
        var pairs = SyntheticCorpus.Pairs();
        var svg = Encoding.UTF8.GetBytes(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\">{nothing}</svg>"
        );
        var before = synthetic.Build(pairs);
        Assert.Equal(0, before.DroppedBlank);
        // On all three sides.
        var concepts = Enumerable.Range(0, 40).Select(i => $"nothing {i}").ToArray();
        Assert.Equal(3, concepts.Select(SyntheticCorpus.Builder().Splits.Of).Distinct().Count());
        var after = synthetic.Build(
            pairs.Concat(concepts.Select(c => pairs[0] with { Key = $"pen/{c}", Concept = c, Svg = svg }))
        );
        Assert.Equal(40, after.DroppedBlank);
        Assert.Equal(
            (before.Pairs, before.DroppedEqual, before.DroppedSimilar, before.Fingerprint),
            (after.Pairs, after.DroppedEqual, after.DroppedSimilar, after.Fingerprint)
        );
        Assert.Empty(after.Skipped);
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Equal(40, corpus.Info.DroppedBlank);
    }

    [Fact]
    public void A_corpus_of_blank_drawings_alone_is_refused()
    {
        using var synthetic = new SyntheticCorpus();
        var blank = Encoding.UTF8.GetBytes("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\"/>");
        var error = Assert.Throws<InvalidDataException>(() =>
            synthetic.Build(SyntheticCorpus.Pairs().Select(p => p with { Svg = blank }))
        );
        Assert.Contains("240 drawings are blank at 16 pixels", error.Message);
    }

    [Fact]
    public void A_solid_square_of_any_colour_is_a_picture()
    {
        using var synthetic = new SyntheticCorpus();
        var info = synthetic.Build(
            SyntheticCorpus
                .Pairs()
                .Append(
                    SyntheticCorpus.Pairs()[0] with
                    {
                        Key = "pen/solid",
                        Svg = Encoding.UTF8.GetBytes(
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\"><path fill=\"#fefefe\" d=\"M0 0h4v4H0z\"/></svg>"
                        ),
                    }
                )
        );
        Assert.Equal(0, info.DroppedBlank);
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Contains("pen/solid", corpus.Query().Select(e => e.Key));
    }

    [Fact]
    public void The_split_depends_on_the_concept_alone()
    {
        var rule = new SplitRule("emoji", 0.15, 0.1);
        var concepts = Enumerable.Range(0, 20_000).Select(i => $"concept {i}").ToArray();
        var sides = concepts.Select(rule.Of).ToArray();
        Assert.InRange(sides.Count(s => s == Split.Test), 2800, 3200);
        Assert.InRange(sides.Count(s => s == Split.Validation), 1840, 2160);
        Assert.NotEqual(sides, concepts.Select(new SplitRule("other", 0.15, 0.1).Of));
        // Computed apart: the first eight bytes of SHA-256 over salt, zero byte, concept, as a share of 2^64.
        int[] test = [2, 5, 7, 19],
            validation = [14, 15];
        for (var i = 0; i < 20; i++)
            Assert.Equal(
                test.Contains(i) ? Split.Test
                    : validation.Contains(i) ? Split.Validation
                    : Split.Train,
                sides[i]
            );
    }
}
