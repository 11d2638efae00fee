using Research.Evaluation;
using Research.Randomness;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Evaluation;

public class RetrievalTests
{
    /// <summary>Embeddings in one dimension more than needed, so that scores can be chosen: query i against candidate j scores s[i, j].</summary>
    static (Tensor Queries, Tensor Candidates) WithScores(float[,] s)
    {
        var (n, m) = (s.GetLength(0), s.GetLength(1));
        var flat = new float[n * m];
        Buffer.BlockCopy(s, 0, flat, 0, flat.Length * sizeof(float));
        return (torch.tensor(flat, new long[] { n, m }), torch.eye(m));
    }

    [Fact]
    public void Three_pairs_by_hand()
    {
        using var scope = NewDisposeScope();
        var (image, text) = WithScores(
            new[,]
            {
                { 0.9f, 0.1f, 0.2f }, // first
                { 0.8f, 0.5f, 0.6f }, // third
                { 0.3f, 0.7f, 0.4f }, // second
            }
        );
        var result = Retrieval.Evaluate(image, text);
        Assert.Equal(1 / 3.0, result.ImageToText.Recall(1), 12);
        Assert.Equal(1, result.ImageToText.Recall(5));
        Assert.Equal(2, result.ImageToText.MedianRank);
        // captions: column 0 ranks its image first, column 1 (.5 against .7) second, column 2 (.4 against .6) second
        Assert.Equal(1 / 3.0, result.TextToImage.Recall(1), 12);
        Assert.Equal(2, result.TextToImage.MedianRank);
        Assert.Equal((3, 3), (result.ImageToText.Queries, result.ImageToText.Candidates));
    }

    [Fact]
    public void A_tie_counts_against_the_query()
    {
        using var scope = NewDisposeScope();
        var same = torch.ones(20, 4) / 2;
        var result = Retrieval.Evaluate(same, same);
        Assert.Equal(0, result.ImageToText.Recall(10));
        Assert.Equal(20, result.ImageToText.MedianRank);
    }

    [Fact]
    public void The_median_of_an_even_number_is_the_mean_of_the_middle_two()
    {
        using var scope = NewDisposeScope();
        var (image, text) = WithScores(
            new[,]
            {
                { 0.9f, 0.1f },
                { 0.8f, 0.5f },
            }
        );
        Assert.Equal(1.5, Retrieval.Evaluate(image, text).ImageToText.MedianRank);
        Assert.Equal(1, Retrieval.Evaluate(image, text).ImageToText.FlooredMedianRank);
    }

    [Fact]
    public void The_best_of_several_matches_counts_and_the_others_do_not_push_it_down()
    {
        using var scope = NewDisposeScope();
        var (image, text) = WithScores(
            new[,]
            {
                { 0.9f, 0.8f, 0.1f },
                { 0.5f, 0.9f, 0.6f },
            }
        );
        // captions 0 and 1 belong to image 0, caption 2 to image 1
        var result = Retrieval.Evaluate(image, text, [7, 8], [7, 7, 8]);
        Assert.Equal(1 / 2.0, result.ImageToText.Recall(1), 12); // image 1's caption scores below caption 1 only
        Assert.Equal(1.5, result.ImageToText.MedianRank);
        Assert.Equal(2 / 3.0, result.TextToImage.Recall(1), 12); // caption 1 prefers the wrong image
    }

    [Fact]
    public void An_image_has_several_captions_and_a_caption_several_images()
    {
        using var scope = NewDisposeScope();
        // Captions 0 and 1 are of image 0, 1 and 2 of image 1 (the words of 1 are both's), 3 of image 2.
        var (image, text) = WithScores(
            new[,]
            {
                { 0.1f, 0.8f, 0.9f, 0.2f }, // 2 is before 1
                { 0.3f, 0.5f, 0.2f, 0.4f }, // 1 is first
                { 0.9f, 0.7f, 0.8f, 0.6f }, // 3 is last
            }
        );
        long[][] captions =
        [
            [0, 1],
            [1, 2],
            [3],
        ];
        var result = Retrieval.Evaluate(image, text, captions, [0, 1, 2, 3]);
        Assert.Equal(1 / 3.0, result.ImageToText.Recall(1), 12);
        Assert.Equal(2, result.ImageToText.MedianRank);
        // 0 ranks its image last; 1 finds image 0 first; 2 its image last; 3 its image first
        Assert.Equal(2 / 4.0, result.TextToImage.Recall(1), 12);
        Assert.Equal(2, result.TextToImage.MedianRank);
        Assert.Equal((3, 4), (result.ImageToText.Queries, result.ImageToText.Candidates));
        Assert.Contains(
            "group 7, 8",
            Assert
                .Throws<ArgumentException>(() =>
                    Retrieval.Evaluate(
                        image,
                        text,
                        [
                            [0, 1],
                            [2, 3],
                            [7, 8],
                        ],
                        [0, 1, 2, 3]
                    )
                )
                .Message
        );
    }

    [Theory]
    [InlineData(37, 37)]
    [InlineData(700, 130)] // more queries than a tile, groups of several
    public void Ranks_equal_those_of_a_full_sort(int images, int texts)
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(5);
        var (v, t) = (
            Objectives.Batches.Units(images, 8, 1, ScalarType.Float32),
            Objectives.Batches.Units(texts, 8, 2, ScalarType.Float32)
        );
        var textGroups = Enumerable.Range(0, texts).Select(i => (long)i / 2).ToArray();
        var imageGroups = Enumerable
            .Range(0, images)
            .Select(i => textGroups[i < texts ? i : random.NextInt(texts)])
            .ToArray();
        var scores = v.mm(t.t()).data<float>().ToArray();

        var expected = new long[images];
        for (var i = 0; i < images; i++)
        {
            var order = Enumerable.Range(0, texts).OrderByDescending(j => scores[i * texts + j]).ToArray();
            var wrongBefore = 0;
            foreach (var j in order.TakeWhile(j => textGroups[j] != imageGroups[i]))
                wrongBefore++;
            expected[i] = 1 + wrongBefore;
        }
        long[][] ofImages = [.. imageGroups.Select(g => new[] { g })];
        long[][] ofTexts = [.. textGroups.Select(g => new[] { g })];
        Assert.Equal(expected, Retrieval.Ranks(v, t, ofImages, ofTexts));
        // Many candidates make the tile low: here 23 queries, then the least, 16.
        Assert.Equal(expected, Retrieval.Ranks(v, t, ofImages, ofTexts, 23 * texts));
        Assert.Equal(expected, Retrieval.Ranks(v, t, ofImages, ofTexts, 1));

        var result = Retrieval.Evaluate(v, t, imageGroups, textGroups).ImageToText;
        Assert.Equal(expected.Count(r => r <= 5) / (double)images, result.Recall(5), 12);
        Assert.Equal(expected.Count(r => r <= 10) / (double)images, result.Recall(10), 12);
    }

    [Fact]
    public void Chance_is_the_mean_over_all_orders_of_the_candidates()
    {
        using var scope = NewDisposeScope();
        long[] imageGroups = [0, 1, 2, 3, 4, 5, 6],
            textGroups = [0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 6, 6];
        var result = Retrieval.Evaluate(
            Objectives.Batches.Units(imageGroups.Length, 8, 1, ScalarType.Float32),
            Objectives.Batches.Units(textGroups.Length, 8, 2, ScalarType.Float32),
            imageGroups,
            textGroups
        );
        double Choose(int n, int k) =>
            k > n ? 0 : Enumerable.Range(0, k).Aggregate(1.0, (c, i) => c * (n - i) / (i + 1));
        // Of all sets of k candidates those that hold a right one.
        double Expected(long[] queries, long[] candidates, int k) =>
            queries.Average(query =>
            {
                var right = candidates.Count(c => c == query);
                return k >= candidates.Length
                    ? 1
                    : 1 - Choose(candidates.Length - right, k) / Choose(candidates.Length, k);
            });
        Assert.Equal(Expected(imageGroups, textGroups, 1), result.ImageToText.Chance(1), 12);
        Assert.Equal(Expected(imageGroups, textGroups, 5), result.ImageToText.Chance(5), 12);
        Assert.Equal(Expected(imageGroups, textGroups, 10), result.ImageToText.Chance(10), 12);
        Assert.InRange(result.ImageToText.Chance(10), 0.8, 0.99);
        Assert.Equal(Expected(textGroups, imageGroups, 5), result.TextToImage.Chance(5), 12);
        Assert.Equal(1, result.TextToImage.Chance(10), 12); // seven pictures
    }

    [Fact]
    public void A_caption_that_no_text_has_is_passed_over_where_the_image_has_another()
    {
        using var scope = NewDisposeScope();
        var (image, text) = (
            Objectives.Batches.Units(2, 8, 1, ScalarType.Float32),
            Objectives.Batches.Units(2, 8, 2, ScalarType.Float32)
        );
        var result = Retrieval.Evaluate(
            image,
            text,
            [
                [0, 7],
                [1],
            ],
            [0, 1]
        );
        Assert.Equal(0.5, result.ImageToText.Chance(1), 12);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        using var scope = NewDisposeScope();
        var eye = torch.eye(4);
        var broken = torch.eye(4);
        broken[2, 1] = torch.tensor(float.NaN);
        Assert.Contains(
            "row 2",
            Assert.Throws<NotFiniteNumberException>(() => Retrieval.Evaluate(eye, broken)).Message
        );
        Assert.Contains(
            "4 images but 3",
            Assert.Throws<ArgumentException>(() => Retrieval.Evaluate(eye, eye[..3])).Message
        );
        Assert.Contains(
            "row 3",
            Assert.Throws<ArgumentException>(() => Retrieval.Evaluate(eye, eye, [0, 1, 2, 9], [0, 1, 2, 0])).Message
        );
        Assert.Contains(
            "3 text groups",
            Assert.Throws<ArgumentException>(() => Retrieval.Evaluate(eye, eye, [0, 1, 2, 0], [0, 1, 2])).Message
        );
        Assert.Contains(
            "width",
            Assert.Throws<ArgumentException>(() => Retrieval.Evaluate(eye, torch.eye(5)[..4])).Message
        );
        Assert.Throws<ArgumentException>(() => Retrieval.Evaluate(eye[..0], eye[..0]));
    }
}
