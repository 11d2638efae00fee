using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Blocks that are run again in backward give the gradient of those that keep their inside, to the last bit.</summary>
public sealed class CheckpointActivationsTests
{
    static DualEncoderConfig Config(bool checkpoint, double dropout, bool causal = true, int layers = 3)
    {
        var config = TinyDual.Config(stem: false);
        return config with
        {
            Vision = config.Vision with
            {
                Layers = layers,
                PatchSize = 4,
                Dropout = dropout,
                PatchDropout = dropout,
                CheckpointActivations = checkpoint,
            },
            Text = config.Text with
            {
                Layers = layers,
                Dropout = dropout,
                Causal = causal,
                Pooling = causal ? TextPooling.EndOfText : TextPooling.Mean,
                CheckpointActivations = checkpoint,
            },
        };
    }

    static Dictionary<string, Tensor> Gradients(
        DualEncoder model,
        bool rows,
        bool bfloat16,
        bool backwardInside = false
    )
    {
        using var scope = NewDisposeScope();
        model.zero_grad();
        manual_seed(5);
        var captions = Formula.Captions(2, TinyDual.Batch, TinyDual.Context, TinyDual.Vocabulary);
        Tensor sum;
        using (bfloat16 ? Modes.autocast(DeviceType.CPU) : null)
        {
            Tensor image,
                text;
            using (rows ? DropoutRows.Begin(1, 0, TinyDual.Batch) : null)
                image = model.encode_image(TinyDual.Images(model, 1));
            using (rows ? DropoutRows.Begin(2, 0, TinyDual.Batch) : null)
                text = model.encode_text(captions);
            sum = (image * Formula.Ramp(3, image.shape)).sum() + (text * Formula.Ramp(4, text.shape)).sum();
            if (backwardInside)
                sum.backward();
        }
        if (!backwardInside)
            sum.backward();
        var result = new Dictionary<string, Tensor> { ["sum"] = sum.detach().MoveToOuterDisposeScope() };
        foreach (var (name, parameter) in model.named_parameters())
            if (parameter.grad is { } gradient)
                result.Add(name, gradient.clone().MoveToOuterDisposeScope());
        return result;
    }

    static void AssertSame(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, gradient) in expected)
            Golden.Same(name, gradient, actual[name]);
    }

    [Theory]
    [InlineData(0, true, true)]
    [InlineData(0.3, true, true)]
    [InlineData(0.3, false, true)] // dropout from the engine's generator
    [InlineData(0.3, true, false)] // a mask of hidden padding
    public void Gradients_are_the_same_to_the_bit(double dropout, bool rows, bool causal)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var plain = new DualEncoder(Config(false, dropout, causal));
        using var checkpointed = new DualEncoder(Config(true, dropout, causal));
        checkpointed.LoadWeights(plain.Weights());
        var expected = Gradients(plain, rows, bfloat16: false);
        Assert.True(expected.Count > 60);
        AssertSame(expected, Gradients(checkpointed, rows, bfloat16: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Under_autocast_too_wherever_backward_is_called(bool inside)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var plain = new DualEncoder(Config(false, 0.2));
        using var checkpointed = new DualEncoder(Config(true, 0.2));
        checkpointed.LoadWeights(plain.Weights());
        var expected = Gradients(plain, rows: true, bfloat16: true, inside);
        AssertSame(expected, Gradients(checkpointed, rows: true, bfloat16: true, inside));
        Assert.False(expected["sum"].Equals(Gradients(plain, rows: true, bfloat16: false)["sum"]));
    }

    [Fact]
    public void The_generator_goes_on_from_where_the_forward_pass_left_it()
    {
        using var scope = NewDisposeScope();
        using var checkpointed = new DualEncoder(Config(true, 0.3));
        using var plain = new DualEncoder(Config(false, 0.3));
        Gradients(plain, rows: false, bfloat16: false);
        var expected = rand(4);
        Gradients(checkpointed, rows: false, bfloat16: false);
        Golden.Same("the next draw", expected, rand(4));
    }

    [Fact]
    public void A_block_above_locked_ones_has_its_gradient_and_below_none_is_computed()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var plain = new DualEncoder(Config(false, 0));
        using var checkpointed = new DualEncoder(Config(true, 0));
        checkpointed.LoadWeights(plain.Weights());
        foreach (var model in new[] { plain, checkpointed })
        foreach (var (name, parameter) in model.named_parameters())
            parameter.requires_grad_(name.StartsWith("visual.transformer.resblocks.2") || name.StartsWith("text"));
        var expected = Gradients(plain, rows: false, bfloat16: false);
        Assert.Contains("visual.transformer.resblocks.2.attn.in_proj_weight", expected.Keys);
        Assert.DoesNotContain("visual.proj", expected.Keys);
        AssertSame(expected, Gradients(checkpointed, rows: false, bfloat16: false));
    }

    [Fact]
    public void Without_gradients_it_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var plain = new DualEncoder(Config(false, 0));
        using var checkpointed = new DualEncoder(Config(true, 0));
        checkpointed.LoadWeights(plain.Weights());
        var images = TinyDual.Images(plain, 1);
        var embedding = checkpointed.encode_image(images);
        Golden.Same("embedding", plain.encode_image(images), embedding);
        Assert.False(embedding.requires_grad);
    }

    [Fact]
    public void Handles_do_not_pile_up_over_steps()
    {
        using var model = new DualEncoder(Config(true, 0.2));
        using var optimizer = TinyDual.Optimizer(model);
        for (var step = 0; step < 5; step++)
            TinyDual.Step(model, optimizer, step);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var handles = Tensor.TotalCount;
        for (var step = 5; step < 30; step++)
            TinyDual.Step(model, optimizer, step);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(handles, Tensor.TotalCount);
    }

    [Fact]
    public void A_failure_of_the_second_run_reaches_the_caller_of_backward_with_its_reason()
    {
        using var scope = NewDisposeScope();
        var runs = 0;
        Tensor Part(Tensor x, Tensor? _) => ++runs == 1 ? x * 2 : throw new InvalidOperationException("no memory left");
        var input = ones(3).requires_grad_();
        var y = Recomputed.Call(input, null, trains: false, Part);
        var error = Assert.Throws<InvalidOperationException>(() => Recomputed.Backward(() => y.sum().backward()));
        Assert.Contains("no memory left", error.Message);
        Assert.Equal(2, runs);
        runs = 0;
        var again = Recomputed.Call(input, null, trains: false, Part);
        Assert.ThrowsAny<Exception>(() => again.sum().backward()); // never a wrong gradient in silence
        Assert.NotNull(Recomputed.TakeFailure());
        Assert.Null(Recomputed.TakeFailure());
    }

    [Fact]
    public void A_second_backward_is_an_error()
    {
        using var scope = NewDisposeScope();
        var input = ones(3).requires_grad_();
        var y = Recomputed.Call(input, null, trains: false, (x, _) => x * 2).sum();
        y.backward(retain_graph: true);
        Golden.Same("gradient", full([3], 2f), input.grad!);
        var error = Assert.Throws<InvalidOperationException>(() => Recomputed.Backward(() => y.backward()));
        Assert.Contains("a second time", error.Message);
    }
}
