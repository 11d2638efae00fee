using System.Runtime.InteropServices;
using System.Text;
using Core.Tests.Encoders;
using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using Research.Evaluation;
using Research.Imaging;
using Research.Tests.Corpora.Import;
using Research.Text;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Evaluation;

/// <summary>Embeddings of folders and caption files.</summary>
public sealed class EmbedFilesTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;
    readonly DualEncoder model = new(TinyClip.Config(1));

    public void Dispose()
    {
        model.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string At(string name) => Path.Combine(folder, name);

    sealed class Letters : ITokenizer
    {
        public int VocabularySize => 40;
        public int StartOfText => 38;
        public int EndOfText { get; init; } = 39;

        public int[] Encode(string text) => [.. text.Select(c => 1 + c % 30)];
    }

    [Fact]
    public void Pictures_are_embedded_as_CLIP_sees_them_whatever_the_batch_and_damaged_ones_are_named()
    {
        using var scope = NewDisposeScope();
        var pictures = Directory.CreateDirectory(At("pictures/within")).Parent!.FullName;
        for (var i = 0; i < 7; i++)
            File.WriteAllBytes(Path.Combine(pictures, i % 2 == 0 ? "within" : "", $"{i}.png"), DataFolder.Picture(i));
        File.WriteAllBytes(Path.Combine(pictures, "3.png"), [1, 2, 3]);
        File.WriteAllText(Path.Combine(pictures, "readme.txt"), "no picture");
        Directory.CreateSymbolicLink(Path.Combine(pictures, "loop"), pictures);
        var files = EmbedFiles.PicturesIn(pictures);
        Assert.Equal(7, files.Count);
        foreach (var (target, batch) in new[] { ("one.npy", 1), ("all.safetensors", 64), ("three.safetensors", 3) })
        {
            using var written = new EmbeddingFile(At(target), 12);
            var faults = EmbedFiles.Pictures(model, Normalisation.Clip, pictures, files, written, batch);
            Assert.False(File.Exists(At(target)));
            written.Finish();
            Assert.Equal("3.png", Assert.Single(faults).Name);
        }
        var names = File.ReadAllLines(At("all.names.txt"));
        Assert.Equal(["1.png", "5.png", "within/0.png", "within/2.png", "within/4.png", "within/6.png"], names);
        Assert.Equal(names, File.ReadAllLines(At("one.names.txt")));
        var rows = Safetensors.Load(At("all.safetensors"))["embeddings"];
        model.eval();
        foreach (var (row, name) in names.Index())
        {
            var picture = Resize.ToSquare(ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(pictures, name))), 16);
            var planes = new byte[3 * 16 * 16];
            picture.CopyToPlanes(planes);
            var expected = model.encode_image(ImageBatches.Normalise(tensor(planes, [1L, 3, 16, 16])));
            Golden.Close(name, expected[0], rows[row]);
        }
        Golden.Close("batches of three", rows, Safetensors.Load(At("three.safetensors"))["embeddings"]);
        var numPy = File.ReadAllBytes(At("one.npy"));
        Assert.Equal(256 + 4 * 12 * 6, numPy.Length);
        Assert.StartsWith("\u0001\0", Encoding.Latin1.GetString(numPy, 6, 2));
        Assert.Contains(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 12), }",
            Encoding.Latin1.GetString(numPy, 10, 246)
        );
        var values = MemoryMarshal.Cast<byte, float>(numPy.AsSpan(256)).ToArray();
        Golden.Close("one by one", rows, tensor(values, [6L, 12]));
    }

    [Fact]
    public void Captions_are_embedded_line_by_line_and_bad_lines_are_named()
    {
        using var scope = NewDisposeScope();
        var bytes = new List<byte>();
        foreach (var line in new[] { "a dog", "", "two cats\r", "\u00e9" })
            bytes.AddRange(Encoding.UTF8.GetBytes(line + "\n"));
        bytes.AddRange([0xFF, (byte)'\n']);
        bytes.AddRange(Enumerable.Repeat((byte)'x', 70_000));
        File.WriteAllBytes(At("captions.txt"), [.. bytes]);
        using var written = new EmbeddingFile(At("rows.safetensors"), 12);
        var faults = EmbedFiles.Captions(model, new Letters(), At("captions.txt"), written, batchSize: 2);
        written.Finish();
        Assert.Equal(["line 2", "line 5", "line 6"], faults.Select(f => f.Name));
        Assert.Equal(["a dog", "two cats", "\u00e9"], File.ReadAllLines(At("rows.names.txt")));
        model.eval();
        var expected = model.encode_text(
            tensor(Tokenization.Pack(new Letters(), ["a dog", "two cats", "\u00e9"], 8), [3L, 8])
        );
        Golden.Close("rows", expected, Safetensors.Load(At("rows.safetensors"))["embeddings"]);
    }

    [Fact]
    public void A_tokenizer_that_is_not_the_model_s_is_refused()
    {
        File.WriteAllText(At("captions.txt"), "a dog\n");
        using var written = new EmbeddingFile(At("rows.npy"), 12);
        var error = Assert.Throws<ArgumentException>(() =>
            EmbedFiles.Captions(model, new Letters { EndOfText = 3 }, At("captions.txt"), written)
        );
        Assert.Contains("ends texts with 3", error.Message);
    }

    [Fact]
    public void What_is_not_finished_leaves_nothing()
    {
        using (var written = new EmbeddingFile(At("rows.npy"), 2))
        {
            written.Append([1, 2, 3, 4], ["a", "b\n\u001b[31m"]);
            Assert.Throws<ArgumentException>(() => written.Append([1, 2, 3], ["a"]));
        }
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Throws<ArgumentException>(() => new EmbeddingFile(At("rows.csv"), 2));
        using var other = new EmbeddingFile(At("rows.npy"), 2);
        other.Append([1, 2], ["b\n\u001b[31m"]);
        other.Finish();
        Assert.Equal("b\\u000a\\u001b[31m\n", File.ReadAllText(At("rows.names.txt")));
    }
}
