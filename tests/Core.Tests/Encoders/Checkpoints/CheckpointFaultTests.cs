using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Checkpoints that are whole files and no model: the report says why.</summary>
public sealed class CheckpointFaultTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    string Weights => Path.Combine(folder, "open_clip_model.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    void Change(CheckpointLayout layout, Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyClip.Config(2));
        var file = Checkpoints.Save(model, folder, layout)[0];
        var tensors = Safetensors.Load(file);
        change(tensors);
        Safetensors.Save(file, tensors);
    }

    string Fault(CheckpointOptions? options = null)
    {
        using var file = Checkpoints.Open(folder, options);
        var error = Assert.Throws<ArgumentException>(() => file.Load());
        Assert.Contains(file.Faults[0], error.Message);
        Assert.Contains(file.Path, error.Message);
        return string.Join("\n", file.Faults);
    }

    [Fact]
    public void Missing_names_are_those_of_the_layout_and_can_be_allowed()
    {
        Change(CheckpointLayout.OpenClip, t => t.Remove("ln_final.bias"));
        Assert.Equal("missing: 'ln_final.bias'", Fault());
        var allowed = new CheckpointOptions { AllowMissing = ["text.ln_final.*"] };
        using var model = Checkpoints.Load(folder, allowed);
        Assert.Equal(0, model.Weights()["text.ln_final.bias"].abs().sum().item<float>());
        Checkpoints.Load(folder, new() { AllowMissing = ["ln_final.bias"] }).Dispose();
    }

    [Fact]
    public void A_missing_part_of_query_key_and_value_is_named()
    {
        Change(CheckpointLayout.HuggingFace, t => t.Remove("text_model.encoder.layers.1.self_attn.k_proj.weight"));
        Assert.Contains("missing: 'text_model.encoder.layers.1.self_attn.k_proj.weight'", Fault());
    }

    [Fact]
    public void Parts_that_differ_in_shape_are_named()
    {
        Change(CheckpointLayout.HuggingFace, t => t["vision_model.encoder.layers.0.self_attn.q_proj.bias"] = ones(5));
        Assert.Contains("'vision_model.encoder.layers.0.self_attn.q_proj.bias'", Fault());
        Assert.Contains("differ in shape", Fault());
    }

    [Fact]
    public void Unexpected_names_can_be_allowed()
    {
        Change(CheckpointLayout.OpenClip, t => t["visual.extra"] = t["head.weight"] = ones(1));
        Assert.Equal("unexpected: 'head.weight'; 'visual.extra'", Fault());
        Checkpoints.Load(folder, new() { AllowUnexpected = ["head.*", "visual.extra"] }).Dispose();
    }

    [Fact]
    public void A_wrong_shape_is_told_with_the_right_one()
    {
        Change(CheckpointLayout.OpenClip, t => t["transformer.resblocks.1.mlp.c_fc.bias"] = ones(3));
        Assert.Equal("wrong shape: 'transformer.resblocks.1.mlp.c_fc.bias' is [3] but the model needs [256]", Fault());
    }

    [Fact]
    public void A_logit_scale_of_one_value_is_a_scalar()
    {
        Change(CheckpointLayout.OpenClip, t => t["logit_scale"] = tensor(3f).reshape(1));
        using var model = Checkpoints.Load(folder);
        Assert.Equal(3f, model.logit_scale.item<float>());
        Change(CheckpointLayout.OpenClip, t => t["logit_bias"] = ones(2));
        Assert.Contains("'logit_bias' is [2], not a single value", Fault());
    }

    [Fact]
    public void Names_of_no_layout_are_told_with_the_known()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(Weights, new Dictionary<string, Tensor> { ["encoder.weight"] = ones(2) });
        Assert.Contains("no known layout ('encoder.weight', ...)", Fault());
        Assert.Contains("huggingface", Fault());
    }

    [Fact]
    public void Sizes_that_no_shape_can_tell_are_faults_not_crashes()
    {
        Change(CheckpointLayout.OpenClip, t => t["visual.positional_embedding"] = ones(7, 64));
        Assert.Contains("7 rows, which are no square of patches", Fault());
        Change(CheckpointLayout.OpenClip, t => t.Remove("text_projection"));
        Assert.Contains("'text.text_projection' is missing", Fault());
        Change(CheckpointLayout.OpenClip, t => t["visual.conv1.weight"] = ones(2));
        Assert.Contains("'visual.conv1.weight' is [2], not 4 sizes", Fault());
    }

    [Fact]
    public void A_context_whose_mask_would_take_terabytes_is_a_fault()
    {
        Change(CheckpointLayout.OpenClip, t => t["positional_embedding"] = zeros(1_000_000, 64));
        Assert.Contains("a context of 1000000 tokens", Fault());
    }

    [Fact]
    public void Heads_that_nothing_tells_are_asked_for()
    {
        var config = TinyClip.Config(1);
        config = config with { Vision = config.Vision with { Width = 48, Heads = 3 } };
        using (var model = new DualEncoder(config))
            Checkpoints.Save(model, Weights, CheckpointLayout.OpenClip);
        File.Delete(Path.Combine(folder, "open_clip_config.json"));
        Assert.Contains("the image tower is 48 wide, no multiple of 64", Fault());
        using var again = Checkpoints.Load(folder, new() { VisionHeads = 3, Activation = Activation.QuickGelu });
        Assert.Equal(config, again.Config);
    }

    [Fact]
    public void A_preset_of_the_same_sizes_says_the_heads()
    {
        var config = EncoderPresets.Dual("vit-tiny-stem32");
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(config);
        Safetensors.Save(Path.Combine(folder, "model.safetensors"), model.Weights());
        using var file = Checkpoints.Open(folder);
        Assert.Empty(file.Faults);
        Assert.Equal(CheckpointLayout.Research, file.Layout);
        Assert.Equal(3, file.Config!.Vision.Heads);
        Assert.Equal(3, file.Config.Text.Heads);
    }

    [Fact]
    public void Another_configuration_asked_for_is_held_against_the_file()
    {
        Change(CheckpointLayout.OpenClip, _ => { });
        var other = TinyClip.Config(2) with { EmbedDimension = 13 };
        Assert.Contains("'text_projection' is [64, 12] but the model needs [64, 13]", Fault(new() { Config = other }));
        Assert.Contains("missing: 'visual.", Fault(new() { Config = TinyClip.Config(3) }));
        File.Delete(Path.Combine(folder, "open_clip_model.safetensors"));
        Change(CheckpointLayout.HuggingFace, _ => { });
        Assert.Contains("'visual.stem.conv1.weight'", Fault(new() { Config = TinyDual.Config(stem: true) }));
    }

    [Theory]
    [InlineData("""{"vision":{},"text":{},"embed_dimension":12,"extra":1}""", "extra")]
    [InlineData("""{"vision":{"layers":2147483647},"text":{},"embed_dimension":12}""", "cannot be 2147483647")]
    [InlineData(
        """{"vision":{"res_net":{"first":2147483647,"second":1,"third":1,"fourth":2147483647}},"text":{}}""",
        "cannot be 4294967296"
    )]
    [InlineData("""{"vision":{"heads":5},"text":{},"embed_dimension":12}""", "VisionConfig.Width")]
    [InlineData("""{"text":{}}""", "vision")]
    [InlineData("""{"vision":null,"text":null}""", "of no model")]
    [InlineData("nonsense", "of no model")]
    public void A_configuration_in_the_metadata_is_not_trusted(string config, string fault)
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyClip.Config(1));
        Safetensors.Save(
            Weights,
            model.Weights(),
            new Dictionary<string, string> { ["layout"] = "research", ["config"] = config }
        );
        Assert.Contains(fault, Fault());
    }

    [Fact]
    public void A_folder_without_weights_lists_what_is_looked_for()
    {
        var error = Assert.Throws<FileNotFoundException>(() => Checkpoints.Open(folder));
        Assert.Contains("model.safetensors", error.Message);
        Assert.Contains("huggingface", Assert.Throws<ArgumentException>(() => CheckpointLayouts.Parse("onnx")).Message);
    }
}
