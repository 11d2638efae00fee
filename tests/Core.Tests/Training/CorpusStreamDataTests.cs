using Research.Corpora;
using Research.Corpora.Streaming;
using Research.Imaging;
using Research.Tests.Corpora;
using Research.Text;
using Research.Training;
using TorchSharp;
using Xunit;

namespace Research.Tests.Training;

public class CorpusStreamDataTests
{
    static readonly CorpusTrainingOptions Options = new()
    {
        BatchSize = 12,
        Seed = 3,
        ContextLength = 8,
    };

    sealed class Letters : ITokenizer
    {
        public int VocabularySize => 200;
        public int StartOfText => 1;
        public int EndOfText => 2;

        public int[] Encode(string text) => [.. text.Select(c => 3 + c % 190)];
    }

    static CorpusStreamData Open(Corpus corpus, CorpusTrainingOptions? options = null) =>
        new(
            corpus,
            16,
            new Letters(),
            options ?? Options,
            streaming: new StreamOptions
            {
                Workers = 2,
                BlockSize = 8,
                BufferBlocks = 4,
            }
        );

    [Fact]
    public void Batches_hold_the_corpus_pictures_and_captions_and_slices_are_their_rows()
    {
        using var scope = torch.NewDisposeScope();
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var entries = corpus.Query(Split.Train);
        var table = ImageTable.Load(corpus, entries);
        var plain = Options with { Captions = CaptionStyle.Label };
        using var data = Open(corpus, plain);
        Assert.Equal(entries.Count, data.Count);
        for (var step = 0; step < data.StepsPerEpoch; step++)
        {
            var batch = data.Batch(step);
            Assert.Equal(new long[] { 12, 3, 16, 16 }, batch.Images.shape);
            Assert.Equal(new long[] { 12, 8 }, batch.Tokens.shape);
            var captions = data.CaptionsOf(step);
            for (var row = 0; row < 12; row++)
            {
                // One concept has three drawings with one caption: the picture must be one of them.
                var image = batch.Images[row];
                Assert.Contains(
                    Enumerable.Range(0, entries.Count).Where(i => entries[i].Caption == captions[row]),
                    i => torch.allclose(ImageBatches.Of(table, [i])[0], image, 0, 1e-6)
                );
            }
            Assert.True(torch.Equals(batch.Images[torch.TensorIndex.Slice(4, 9)], data.Images(step, 4, 5)));
            Assert.True(torch.Equals(ImageBatches.Normalise(data.Pixels(step, 4, 5)), data.Images(step, 4, 5)));
            Assert.True(torch.Equals(batch.Tokens[torch.TensorIndex.Slice(4, 9)], data.Tokens(step, 4, 5)));
        }
    }

    [Fact]
    public void Augmented_pictures_change_from_epoch_to_epoch_and_are_the_same_when_opened_anew()
    {
        using var scope = torch.NewDisposeScope();
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var augmented = Options with
        {
            Augmentation = new()
            {
                Crop = new RandomResizedCrop(16, 0.3),
                Stages = [new HorizontalFlip(), new ColourJitter { Brightness = 0.4, Hue = 0.1 }],
            },
        };
        using var plain = Open(corpus);
        using var first = Open(corpus, augmented);
        using var second = Open(corpus, augmented);
        for (var step = 0L; step < 2 * first.StepsPerEpoch; step++)
        {
            Assert.Equal(plain.CaptionsOf(step), first.CaptionsOf(step));
            Assert.False(torch.Equals(plain.Pixels(step, 0, 12), first.Pixels(step, 0, 12)));
            if (step % 3 == 2)
                Assert.True(torch.Equals(first.Pixels(step, 0, 12), second.Pixels(step, 0, 12)));
        }
    }

    [Fact]
    public void Data_opened_anew_go_on_with_the_same_batches()
    {
        using var scope = torch.NewDisposeScope();
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        using var first = Open(corpus);
        using var second = Open(corpus);
        var captions = new HashSet<string>();
        for (var step = 0; step < 30; step++)
        {
            var whole = first.Batch(step);
            captions.UnionWith(first.CaptionsOf(step));
            if (step < 17)
                continue;
            Assert.True(torch.Equals(whole.Images, second.Batch(step).Images));
            Assert.True(torch.Equals(whole.Tokens, second.Batch(step).Tokens));
        }
        Assert.Contains(captions, c => c.Contains("grid")); // tags are drawn
        Assert.Contains("tokenizing", first.Times);
    }
}
