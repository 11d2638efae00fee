using Core.Tests.Engine;
using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Files that PyTorch wrote (tests/golden/checkpoints.py).</summary>
public sealed class CheckpointGoldenTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("open_clip.pt", "PyTorch archive", CheckpointLayout.OpenClip, ScalarType.Float16, 1)]
    [InlineData("custom_text.pt", "PyTorch archive", CheckpointLayout.OpenClipCustomText, ScalarType.BFloat16, 1)]
    [InlineData("openai.pt", "TorchScript archive", CheckpointLayout.OpenAi, ScalarType.Float16, 1)]
    [InlineData("huggingface.bin", "PyTorch archive", CheckpointLayout.HuggingFace, ScalarType.Float32, 2)]
    public void A_file_of_PyTorch_is_recognised_and_holds_the_weights_to_the_bit(
        string name,
        string format,
        CheckpointLayout layout,
        ScalarType type,
        int layers
    )
    {
        using var scope = NewDisposeScope();
        var options = new CheckpointOptions { Activation = Activation.QuickGelu };
        using var file = Checkpoints.Open(TinyClip.Copy(name, folder), options);
        Assert.Empty(file.Faults);
        Assert.Equal((format, layout, type), (file.Format, file.Layout!.Value, file.Types[0]));
        Assert.Equal(TinyClip.Config(layers), file.Config);
        Assert.Null(file.LogitBias);
        var weights = TinyClip.Weights(layers).ToDictionary(w => w.Key, w => w.Value.to(type).to(ScalarType.Float32));
        using var model = file.Load();
        TinyClip.AssertHolds(weights, model);
        if (type != ScalarType.Float32)
            return;
        var expected = Golden.Load("checkpoints/embeddings");
        model.eval();
        Golden.Close("image", expected["deep.image"], model.encode_image(TinyClip.Images()));
        Golden.Close("text", expected["deep.text"], model.encode_text(TinyClip.Captions()));
    }

    [Fact]
    public void Converted_to_every_layout_a_model_embeds_as_PyTorch_s_does()
    {
        using var scope = NewDisposeScope();
        var expected = Golden.Load("checkpoints/embeddings");
        var options = new CheckpointOptions { Activation = Activation.QuickGelu };
        using var model = Checkpoints.Load(TinyClip.Copy("huggingface.bin", folder), options);
        foreach (var layout in Enum.GetValues<CheckpointLayout>().Where(l => l != CheckpointLayout.Diht))
        {
            var target = Path.Combine(folder, layout.ToString());
            Checkpoints.Save(model, target, layout);
            using var again = Checkpoints.Load(target);
            again.eval();
            Assert.Equal(model.Config, again.Config);
            Golden.Close("image", expected["deep.image"], again.encode_image(TinyClip.Images()));
            Golden.Close("text", expected["deep.text"], again.encode_text(TinyClip.Captions()));
        }
    }

    [Fact]
    public void The_layout_of_OpenAI_says_its_activation_and_others_say_that_nothing_does()
    {
        using var openAi = Checkpoints.Open(TinyClip.Copy("openai.pt", folder));
        Assert.Equal(Activation.QuickGelu, openAi.Config!.Vision.Activation);
        Assert.Empty(openAi.Assumptions);
        Assert.True(openAi.SaysItsConfig);
        using var open = Checkpoints.Open(TinyClip.Copy("open_clip.pt", folder));
        Assert.Equal(Activation.Gelu, open.Config!.Text.Activation);
        Assert.Contains(open.Assumptions, a => a.Contains("image activation"));
        Assert.Contains(open.Assumptions, a => a.Contains("text activation"));
        Assert.False(open.SaysItsConfig);
    }

    [Fact]
    public void A_file_in_the_format_before_1_6_is_refused_with_the_remedy()
    {
        var error = Assert.Throws<InvalidDataException>(() => Checkpoints.Open(TinyClip.Golden("legacy.pt")));
        Assert.Contains("before 1.6", error.Message);
        Assert.Contains("torch.save", error.Message);
    }

    [Fact]
    public void A_name_of_DiHT_s_files_says_exact_GELU()
    {
        var path = Path.Combine(folder, "diht_vitb16_224px.ckpt");
        File.Copy(TinyClip.Golden("open_clip.pt"), path);
        using var file = Checkpoints.Open(path);
        Assert.Equal(CheckpointLayout.Diht, file.Layout);
        Assert.Equal(Activation.Gelu, file.Config!.Vision.Activation);
        Assert.Empty(file.Assumptions);
    }
}
