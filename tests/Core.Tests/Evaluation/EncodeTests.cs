using Core.Tests.Encoders;
using Research.Corpora;
using Research.Encoders;
using Research.Evaluation;
using Research.Tests.Corpora;
using TorchSharp;
using Xunit;

namespace Research.Tests.Evaluation;

public sealed class EncodeTests : IDisposable
{
    readonly SyntheticCorpus synthetic = new();
    readonly Corpus corpus;
    readonly DualEncoder model;
    readonly IReadOnlyList<CorpusEntry> entries;

    public EncodeTests()
    {
        synthetic.Build();
        corpus = Corpus.Open(synthetic.Folder);
        entries = corpus.Query();
        torch.manual_seed(3);
        model = new DualEncoder(TinyDual.Config(stem: false));
    }

    sealed class Heard : IProgress<int>
    {
        public List<int> Values { get; } = [];

        public void Report(int value) => Values.Add(value);
    }

    [Theory]
    [InlineData(256)] // all at once
    [InlineData(7)] // the last batch is smaller
    public void A_corpus_is_embedded_as_its_table_is_to_the_bit(int batchSize)
    {
        using var scope = torch.NewDisposeScope();
        var table = Encode.Images(model, ImageTable.Load(corpus, entries), batchSize: batchSize);
        var heard = new Heard();
        var streamed = Encode.Images(model, corpus, entries, batchSize, heard);
        Assert.Equal([entries.Count, 12], streamed.Embeddings.shape);
        Assert.Equal(table.data<float>().ToArray(), streamed.Embeddings.data<float>().ToArray());
        Assert.Equal(entries, streamed.Entries);
        Assert.Empty(streamed.Report.Skipped);
        Assert.Equal((entries.Count + batchSize - 1) / batchSize, heard.Values.Count);
        Assert.Equal(entries.Count, heard.Values[^1]);
        Assert.True(model.training); // as before
    }

    [Fact]
    public void A_picture_that_cannot_be_read_has_no_row_and_is_named()
    {
        using var scope = torch.NewDisposeScope();
        var whole = Encode.Images(model, corpus, entries, 8).Embeddings.data<float>().ToArray();
        synthetic.Overwrite(entries[9], 0, [0]);
        var streamed = Encode.Images(model, corpus, entries, 8);
        Assert.Equal([.. entries.Take(9), .. entries.Skip(10)], streamed.Entries);
        Assert.Equal(entries[9].Key, Assert.Single(streamed.Report.Skipped).Key);
        var left = streamed.Embeddings.data<float>().ToArray();
        Assert.Equal(whole.Length - 12, left.Length);
        var expected = whole[..(9 * 12)].Concat(whole[(10 * 12)..]);
        Assert.All(expected.Zip(left), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void A_batch_without_one_readable_picture_is_passed_over()
    {
        using var scope = torch.NewDisposeScope();
        synthetic.Overwrite(entries[4], 0, [0]);
        Assert.Equal(entries.Count - 1, Encode.Images(model, corpus, entries, 1).Embeddings.shape[0]);
    }

    [Fact]
    public void More_than_one_percent_stop_it_and_the_model_stays_in_its_mode()
    {
        foreach (var entry in entries.Skip(100).Take(5))
            synthetic.Overwrite(entry, 0, [0]);
        var error = Assert.Throws<InvalidDataException>(() => Encode.Images(model, corpus, entries, 16));
        Assert.Contains(entries[100].Key, error.Message);
        Assert.Contains(synthetic.Folder, error.Message);
        Assert.True(model.training);
    }

    [Fact]
    public void Nothing_to_embed_and_no_batch_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Encode.Images(model, corpus, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => Encode.Images(model, corpus, entries, 0));
    }

    public void Dispose()
    {
        model.Dispose();
        corpus.Dispose();
        synthetic.Dispose();
    }
}
