using Core.Tests.Encoders;
using Research.Encoders;
using Research.Engine;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>A frozen teacher can be any public CLIP model.</summary>
public sealed class PublicTeacherTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(CheckpointLayout.HuggingFace)]
    [InlineData(CheckpointLayout.OpenClip)]
    [InlineData(CheckpointLayout.OpenAi)]
    [InlineData(CheckpointLayout.Research)]
    public void A_model_that_says_its_configuration_teaches_whatever_the_student_s_is(CheckpointLayout layout)
    {
        using var public_ = new DualEncoder(TinyClip.Config(2));
        Checkpoints.Save(public_, folder, layout);
        using var teacher = TeacherWeights.Load(TinyDual.Config(stem: true), folder);
        Assert.Equal(TinyClip.Config(2), teacher.Config);
        Assert.Equal(TeacherWeights.Hash(public_), TeacherWeights.Hash(teacher));
        Assert.False(teacher.training);
        Assert.All(teacher.parameters(), p => Assert.False(p.requires_grad));
    }

    [Fact]
    public void An_archive_of_PyTorch_with_the_student_s_sizes_takes_the_student_s_configuration()
    {
        var config = TinyClip.Config(1, Activation.QuickGelu);
        using var teacher = TeacherWeights.Load(config, TinyClip.Copy("open_clip.pt", folder));
        Assert.Equal(config, teacher.Config);
        using var scope = NewDisposeScope();
        TinyClip.AssertHolds(
            TinyClip.Weights(1).ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float16).to(ScalarType.Float32)),
            teacher
        );
    }
}
