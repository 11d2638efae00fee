using System.Text.Json;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Weights in several files with an index.</summary>
public sealed class ShardedFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    string Index => Path.Combine(folder, "model.safetensors.index.json");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Writes Hugging Face's layout in two shards and returns the model and the map of its index.</summary>
    (DualEncoder Model, Dictionary<string, string> Map) Write()
    {
        using var scope = NewDisposeScope();
        var model = new DualEncoder(TinyClip.Config(1));
        var whole = Checkpoints.Save(model, folder, CheckpointLayout.HuggingFace)[0];
        var tensors = Safetensors.Load(whole);
        File.Delete(whole);
        var map = new Dictionary<string, string>();
        foreach (var (i, part) in tensors.Chunk(tensors.Count / 2 + 1).Index())
        {
            var name = $"model-0000{i + 1}-of-00002.safetensors";
            Safetensors.Save(Path.Combine(folder, name), part.ToDictionary());
            foreach (var (key, _) in part)
                map.Add(key, name);
        }
        WriteIndex(map);
        return (model, map);
    }

    void WriteIndex(Dictionary<string, string> map) =>
        File.WriteAllText(Index, JsonSerializer.Serialize(new { metadata = new { total_size = 1 }, weight_map = map }));

    [Fact]
    public void Shards_are_one_checkpoint()
    {
        var (model, _) = Write();
        using (model)
        {
            using var file = Checkpoints.Open(folder);
            Assert.Empty(file.Faults);
            Assert.Equal("safetensors in 2 shards", file.Format);
            Assert.Equal(CheckpointLayout.HuggingFace, file.Layout);
            using var again = file.Load();
            TinyClip.AssertHolds(model.Weights(), again);
        }
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        Write().Model.Dispose();
        File.Delete(Path.Combine(folder, "model-00002-of-00002.safetensors"));
        var error = Assert.Throws<FileNotFoundException>(() => Checkpoints.Open(folder));
        Assert.Contains("'model-00002-of-00002.safetensors' is missing", error.Message);
    }

    public static TheoryData<string, string> Lies =>
        new()
        {
            { "wrong shard", "'logit_scale' in 'model-0000" },
            { "no such tensor", "'ghost' in 'model-00001-of-00002.safetensors', and no shard holds it" },
            { "stray", "which the index does not place there" },
            { "../model-00001-of-00002.safetensors", "no file beside it" },
            { "/etc/passwd", "no file beside it" },
            { "a\\b", "no file beside it" },
            { "..", "no file beside it" },
            { "", "no file beside it" },
            { "model.safetensors.index.json", "no file beside it" },
        };

    [Theory]
    [MemberData(nameof(Lies))]
    public void An_index_that_lies_is_refused(string lie, string fault)
    {
        var (model, map) = Write();
        model.Dispose();
        switch (lie)
        {
            case "wrong shard":
                map["logit_scale"] = map.Values.Distinct().Single(v => v != map["logit_scale"]);
                break;
            case "no such tensor":
                map["ghost"] = "model-00001-of-00002.safetensors";
                break;
            case "stray":
                map.Remove("logit_scale");
                break;
            default:
                map["logit_scale"] = lie;
                break;
        }
        WriteIndex(map);
        Assert.Contains(fault, Assert.Throws<InvalidDataException>(() => Checkpoints.Open(Index)).Message);
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "no object 'weight_map'")]
    [InlineData("""{"weight_map":{}}""", "places no tensor")]
    [InlineData("""{"weight_map":{"a":1}}""", "'a' is placed in something that is no file name")]
    [InlineData("""{"weight_map":{"a":"x","a":"x"}}""", "'a' occurs twice")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""", "not valid JSON")]
    public void A_malformed_index_is_refused(string text, string fault)
    {
        File.WriteAllText(Index, text);
        Assert.Contains(fault, Assert.Throws<InvalidDataException>(() => Checkpoints.Open(Index)).Message);
    }

    [Fact]
    public void An_index_of_a_thousand_and_one_shards_is_refused_before_any_is_opened()
    {
        WriteIndex(Enumerable.Range(0, 1001).ToDictionary(i => $"w{i}", i => $"{i}.safetensors"));
        Assert.Contains("1001 shards", Assert.Throws<InvalidDataException>(() => Checkpoints.Open(Index)).Message);
    }
}
