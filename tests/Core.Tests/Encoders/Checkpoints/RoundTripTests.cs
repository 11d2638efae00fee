using System.Text.Json;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Out and in again, layout by layout.</summary>
public sealed class RoundTripTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static DualEncoderConfig Uneven(Activation activation)
    {
        var config = TinyClip.Config(2, activation);
        return config with
        {
            Vision = config.Vision with { Width = 48, Heads = 4, Layers = 3, MlpRatio = 1.23 },
            Text = config.Text with { Width = 40, Heads = 2, EndOfText = 17, MlpRatio = 2 },
        };
    }

    [Theory]
    [InlineData(CheckpointLayout.Research, Activation.Gelu)]
    [InlineData(CheckpointLayout.OpenClip, Activation.Gelu)]
    [InlineData(CheckpointLayout.OpenClip, Activation.QuickGelu)]
    [InlineData(CheckpointLayout.OpenClipCustomText, Activation.Gelu)]
    [InlineData(CheckpointLayout.OpenClipCustomText, Activation.QuickGelu)]
    [InlineData(CheckpointLayout.HuggingFace, Activation.Gelu)]
    [InlineData(CheckpointLayout.HuggingFace, Activation.QuickGelu)]
    [InlineData(CheckpointLayout.OpenAi, Activation.QuickGelu)]
    [InlineData(CheckpointLayout.Diht, Activation.Gelu)]
    public void Weights_and_configuration_come_back_to_the_bit(CheckpointLayout layout, Activation activation)
    {
        var plain = layout is CheckpointLayout.OpenAi or CheckpointLayout.Diht;
        var config = plain ? TinyClip.Config(2, activation) : Uneven(activation);
        using var model = new DualEncoder(config);
        var written = Checkpoints.Save(model, folder, layout, logitBias: -9.5);
        Assert.Equal(written.Order(), Directory.GetFiles(folder).Order());
        using var file = Checkpoints.Open(folder);
        Assert.Empty(file.Faults);
        Assert.Empty(file.Assumptions);
        Assert.True(file.SaysItsConfig);
        Assert.Equal(layout, file.Layout);
        Assert.Equal(-9.5, file.LogitBias);
        using var again = file.Load();
        TinyClip.AssertHolds(model.Weights(), again);
        // A ratio is told from whole numbers: what it makes of the width is what counts.
        Assert.Equal(
            (int)(config.Vision.Width * config.Vision.MlpRatio),
            (int)(config.Vision.Width * file.Config!.Vision.MlpRatio)
        );
        Assert.Equal(
            config,
            file.Config with
            {
                Vision = file.Config.Vision with { MlpRatio = config.Vision.MlpRatio },
            }
        );
    }

    [Fact]
    public void Our_own_layout_holds_every_field_of_the_configuration()
    {
        foreach (var stem in new[] { false, true })
        {
            var config = TinyDual.Config(stem) with { InitialTemperature = 0.05, MaximalLogitScale = 60 };
            config = config with { Text = config.Text with { Dropout = 0.125, EndOfText = 3 } };
            using var model = new DualEncoder(config);
            var path = Path.Combine(folder, $"{stem}.safetensors");
            Assert.Equal([path], Checkpoints.Save(model, path, CheckpointLayout.Research));
            using var again = Checkpoints.Load(path);
            Assert.Equal(config, again.Config);
            TinyClip.AssertHolds(model.Weights(), again);
        }
    }

    [Theory]
    [InlineData(CheckpointLayout.HuggingFace)]
    [InlineData(CheckpointLayout.OpenClip)]
    [InlineData(CheckpointLayout.OpenAi)]
    public void What_a_layout_cannot_say_is_refused_and_nothing_is_written(CheckpointLayout layout)
    {
        using var model = new DualEncoder(TinyDual.Config(stem: true));
        var error = Assert.Throws<ArgumentException>(() => Checkpoints.Save(model, folder, layout));
        foreach (
            var field in new[] { "Vision.StemLayers", "Vision.Pooling", "Text.Pooling", "Text.Causal", "research" }
        )
            Assert.Contains(field, error.Message);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void The_configurations_beside_the_weights_are_those_that_the_projects_read()
    {
        using var model = new DualEncoder(Uneven(Activation.QuickGelu));
        Checkpoints.Save(model, folder, CheckpointLayout.OpenClip);
        using var open = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "open_clip_config.json")));
        var cfg = open.RootElement.GetProperty("model_cfg");
        Assert.Equal(12, cfg.GetProperty("embed_dim").GetInt32());
        Assert.True(cfg.GetProperty("quick_gelu").GetBoolean());
        Assert.False(cfg.TryGetProperty("custom_text", out _));
        Assert.Equal(12, cfg.GetProperty("vision_cfg").GetProperty("head_width").GetInt32());
        Assert.Equal("eos", cfg.GetProperty("text_cfg").GetProperty("pool_type").GetString());
        Assert.Equal(17, cfg.GetProperty("text_cfg").GetProperty("eos_id").GetInt32());
        Checkpoints.Save(model, folder, CheckpointLayout.HuggingFace);
        using var hf = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        Assert.Equal("CLIPModel", hf.RootElement.GetProperty("architectures")[0].GetString());
        Assert.Equal(59, hf.RootElement.GetProperty("vision_config").GetProperty("intermediate_size").GetInt32());
        Assert.Equal("quick_gelu", hf.RootElement.GetProperty("text_config").GetProperty("hidden_act").GetString());
        Assert.Equal(17, hf.RootElement.GetProperty("text_config").GetProperty("eos_token_id").GetInt32());
        using var scope = NewDisposeScope();
        var tensors = Safetensors.Load(Path.Combine(folder, "model.safetensors"));
        Assert.Equal("pt", Safetensors.ReadMetadata(Path.Combine(folder, "model.safetensors"))["format"]);
        Assert.Equal([12L, 48], tensors["visual_projection.weight"].shape);
        Assert.Equal([40L, 40], tensors["text_model.encoder.layers.1.self_attn.v_proj.weight"].shape);
        Assert.Equal([48L], tensors["vision_model.pre_layrnorm.bias"].shape);
    }

    [Fact]
    public void A_run_s_checkpoint_gives_its_model_and_leaves_the_optimizer()
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyDual.Config(stem: true));
        var state = model.Weights().ToDictionary(w => "model." + w.Key, w => w.Value);
        state["optimizer.moment"] = ones(3);
        state["teacher.logit_scale"] = ones(1);
        var path = Path.Combine(folder, "state.safetensors");
        Safetensors.Save(path, state);
        var options = new CheckpointOptions { Config = model.Config };
        using var file = Checkpoints.Open(folder, options);
        Assert.Equal(CheckpointLayout.Research, file.Layout);
        Assert.Equal(model.Weights().Values.Sum(w => w.numel()), file.Parameters);
        using var again = file.Load();
        TinyClip.AssertHolds(model.Weights(), again);
    }

    [Fact]
    public void The_shapes_told_by_a_configuration_are_those_of_the_model()
    {
        foreach (var config in Configurations())
        {
            using var model = new DualEncoder(config);
            var expected = model.Weights().ToDictionary(w => w.Key, w => string.Join(",", w.Value.shape));
            var told = WeightShapes.Of(config).ToDictionary(w => w.Key, w => string.Join(",", w.Value));
            Assert.Equal(expected.OrderBy(e => e.Key), told.OrderBy(t => t.Key));
        }
    }

    static DualEncoderConfig Residual(Activation text) =>
        TinyClip.Config(1, text) with
        {
            Vision = new VisionConfig
            {
                ImageSize = 64,
                Width = 4,
                ResNet = new(2, 1, 1, 3),
            },
        };

    static DualEncoderConfig Pooled(bool average, int embed)
    {
        var config = TinyClip.Config(1);
        return config with
        {
            EmbedDimension = embed,
            Vision = config.Vision with
            {
                Pooling = VisionPooling.Attention,
                PoolerHeads = 4,
                PoolerQueries = 5,
                PoolerAverage = average,
                LayerNormEpsilon = 1e-6,
            },
        };
    }

    public static TheoryData<string, CheckpointLayout> Special =>
        new()
        {
            { "residual", CheckpointLayout.Research },
            { "residual", CheckpointLayout.OpenClip },
            { "residual", CheckpointLayout.OpenClipCustomText },
            { "residual", CheckpointLayout.OpenAi },
            { "first query", CheckpointLayout.Research },
            { "first query", CheckpointLayout.OpenClip },
            { "mean of queries", CheckpointLayout.OpenClipCustomText },
            { "epsilon", CheckpointLayout.HuggingFace },
            { "epsilon", CheckpointLayout.OpenClip },
        };

    [Theory]
    [MemberData(nameof(Special))]
    public void Residual_networks_attention_pooling_and_other_epsilons_come_back(string what, CheckpointLayout layout)
    {
        var tiny = TinyClip.Config(1);
        var config = what switch
        {
            "residual" => Residual(Activation.QuickGelu),
            "first query" => Pooled(average: false, embed: 64),
            "mean of queries" => Pooled(average: true, embed: 12),
            _ => tiny with
            {
                Vision = tiny.Vision with { LayerNormEpsilon = 1e-6 },
                Text = tiny.Text with { LayerNormEpsilon = 1e-7 },
            },
        };
        using var model = new DualEncoder(config);
        Checkpoints.Save(model, folder, layout);
        using var file = Checkpoints.Open(folder);
        Assert.Empty(file.Faults);
        Assert.Empty(file.Assumptions);
        Assert.Equal(config, file.Config);
        using var again = file.Load();
        TinyClip.AssertHolds(model.Weights(), again);
    }

    [Fact]
    public void A_residual_network_without_its_counters_loads()
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(Residual(Activation.Gelu));
        var file = Checkpoints.Save(model, folder, CheckpointLayout.OpenClip)[0];
        var tensors = Safetensors.Load(file);
        Assert.True(tensors.Remove("visual.layer4.2.bn3.num_batches_tracked"));
        Safetensors.Save(file, tensors);
        using var again = Checkpoints.Load(folder);
        TinyClip.AssertHolds(model.Weights(), again);
        Assert.Contains(
            "Vision.ResNet",
            Assert
                .Throws<ArgumentException>(() => Checkpoints.Save(model, folder, CheckpointLayout.HuggingFace))
                .Message
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_image_size_resizes_the_positions_as_open_clip_does(bool residual)
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(residual ? Residual(Activation.Gelu) : TinyClip.Config(1));
        Checkpoints.Save(model, folder, CheckpointLayout.OpenClip);
        var side = 2 * model.Config.Vision.ImageSize;
        using var larger = Checkpoints.Load(folder, new() { ImageSize = side });
        Assert.Equal(side, larger.Config.Vision.ImageSize);
        var positions = residual ? "visual.attnpool.positional_embedding" : "visual.positional_embedding";
        var expected = model.Weights();
        expected[positions] = PositionInterpolation.Grid(expected[positions], 4, 1);
        TinyClip.AssertHolds(expected, larger);
        Assert.Equal([17L, expected[positions].shape[1]], larger.Weights()[positions].shape);
        using var odd = Checkpoints.Open(folder, new() { ImageSize = 17 });
        Assert.Contains("pictures of 17 px do not fit", odd.Faults[0]);
    }

    static IEnumerable<DualEncoderConfig> Configurations()
    {
        yield return TinyDual.Config(stem: false);
        yield return TinyDual.Config(stem: true);
        yield return Uneven(Activation.Gelu);
        yield return TinyClip.Config(1) with
        {
            Vision = TinyClip.Config(1).Vision with { PreNorm = false },
        };
    }
}
