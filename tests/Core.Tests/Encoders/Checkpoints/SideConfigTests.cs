using System.Text.Json.Nodes;
using Research.Encoders;
using TorchSharp;
using Xunit;

namespace Core.Tests.Encoders;

/// <summary>The configurations that projects put beside their weights.</summary>
public sealed class SideConfigTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    CheckpointFile Open(CheckpointLayout layout, Action<JsonObject> change)
    {
        using (var model = new DualEncoder(TinyClip.Config(1)))
            Checkpoints.Save(model, folder, layout);
        var path = Path.Combine(
            folder,
            layout == CheckpointLayout.HuggingFace ? "config.json" : "open_clip_config.json"
        );
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
        return Checkpoints.Open(folder);
    }

    [Fact]
    public void Hugging_Face_s_defaults_hold_for_what_a_file_leaves_out()
    {
        using var file = Open(
            CheckpointLayout.HuggingFace,
            c =>
            {
                c["vision_config"]!.AsObject().Remove("hidden_act");
                c["text_config"]!["hidden_act"] = "gelu";
                c["text_config"]!["eos_token_id"] = 2; // before it was corrected: the largest id
                c["vision_config"]!["num_attention_heads"] = 4;
            }
        );
        Assert.Empty(file.Faults);
        Assert.Equal(Activation.QuickGelu, file.Config!.Vision.Activation);
        Assert.Equal(Activation.Gelu, file.Config.Text.Activation);
        Assert.Equal(39, file.Config.Text.EndOfText);
        Assert.Equal(4, file.Config.Vision.Heads);
    }

    [Fact]
    public void Hugging_Face_s_processor_says_mean_and_deviation()
    {
        using (var file = Open(CheckpointLayout.HuggingFace, _ => { }))
            Assert.Equal(0.48145466f, file.ImageMean[0]);
        File.WriteAllText(
            Path.Combine(folder, "preprocessor_config.json"),
            """{"image_mean":[0.5,0.25,0.125],"image_std":[1,2,3]}"""
        );
        using var other = Checkpoints.Open(folder);
        Assert.Equal([0.5f, 0.25f, 0.125f], other.ImageMean);
        Assert.Equal([1f, 2f, 3f], other.ImageDeviation);
    }

    [Fact]
    public void What_a_configuration_states_and_the_tensors_contradict_is_a_fault()
    {
        using var file = Open(CheckpointLayout.HuggingFace, c => c["projection_dim"] = 512);
        Assert.Equal(["config.json says embedding dimension 512, the tensors say 12"], file.Faults);
        using var open = Open(CheckpointLayout.OpenClip, c => c["model_cfg"]!["vision_cfg"]!["image_size"] = 224);
        Assert.Equal(["open_clip_config.json says image size 224, the tensors say 16"], open.Faults);
    }

    [Theory]
    [InlineData("vision_cfg", "timm_model_name", "\"vit\"")]
    [InlineData("vision_cfg", "attentional_pool", "\"parallel\"")]
    [InlineData("vision_cfg", "ls_init_value", "0.1")]
    [InlineData("vision_cfg", "pool_type", "\"avg\"")]
    [InlineData("text_cfg", "hf_model_name", "\"roberta-base\"")]
    [InlineData("text_cfg", "no_causal_mask", "true")]
    [InlineData("text_cfg", "pool_type", "\"last\"")]
    [InlineData("text_cfg", "text_arch", "\"modern\"")]
    public void Towers_of_open_clip_that_are_not_ours_are_named(string tower, string key, string value)
    {
        using var file = Open(CheckpointLayout.OpenClip, c => c["model_cfg"]![tower]![key] = JsonNode.Parse(value));
        Assert.Contains($"{tower}.{key} is '{value}'", Assert.Single(file.Faults));
    }

    [Fact]
    public void Other_models_of_Hugging_Face_are_named()
    {
        using var file = Open(CheckpointLayout.HuggingFace, c => c["model_type"] = "siglip");
        Assert.Contains("model_type is '\"siglip\"'", Assert.Single(file.Faults));
        using var swish = Open(CheckpointLayout.HuggingFace, c => c["text_config"]!["hidden_act"] = "swish");
        Assert.Contains("text_config.hidden_act is '\"swish\"'", swish.Faults[0]);
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "no configuration of a CLIPModel")]
    [InlineData(
        """{"vision_config":{"image_size":"\ud800","hidden_act":"\ud800"},"text_config":{}}""",
        "not valid JSON"
    )]
    public void A_damaged_configuration_is_a_fault(string text, string fault)
    {
        Open(CheckpointLayout.HuggingFace, _ => { }).Dispose();
        File.WriteAllText(Path.Combine(folder, "config.json"), text);
        using var file = Checkpoints.Open(folder);
        Assert.Contains(fault, Assert.Single(file.Faults));
    }

    [Fact]
    public void A_configuration_of_hundreds_of_megabytes_is_not_read()
    {
        Open(CheckpointLayout.HuggingFace, _ => { }).Dispose();
        using (var large = new FileStream(Path.Combine(folder, "config.json"), FileMode.Create))
            large.SetLength(400 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var file = Checkpoints.Open(folder);
        Assert.Contains("more than the 1048576 bytes", Assert.Single(file.Faults));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4_000_000);
    }
}
