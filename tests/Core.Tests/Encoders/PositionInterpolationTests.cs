using Core.Tests.Engine;
using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Resized position embeddings against PyTorch's interpolation (tests/golden/models.py).</summary>
public sealed class PositionInterpolationTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(14)]
    public void Grids_are_resized_as_in_PyTorch_and_the_class_token_stays(int grid)
    {
        using var scope = NewDisposeScope();
        var old = Formula.Ramp(11, [50, 6]);
        var made = PositionInterpolation.Grid(old, grid, extra: 1);
        Golden.Close("positions", Golden.Load("positions")[$"grid{grid}"], made);
        Golden.Same("class token", old.narrow(0, 0, 1), made.narrow(0, 0, 1));
        Golden.Close(
            "without class token",
            made.narrow(0, 1, grid * grid),
            PositionInterpolation.Grid(old.narrow(0, 1, 49), grid, extra: 0)
        );
        Assert.Equal(ScalarType.Float16, PositionInterpolation.Grid(old.to(ScalarType.Float16), grid, extra: 1).dtype);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(20)]
    public void Contexts_are_resized_linearly_as_in_PyTorch_or_cut(int length)
    {
        using var scope = NewDisposeScope();
        var old = Formula.Ramp(12, [9, 6]);
        Golden.Close(
            "positions",
            Golden.Load("positions")[$"length{length}"],
            PositionInterpolation.Sequence(old, length)
        );
        if (length <= 9)
            Golden.Same("cut", old.narrow(0, 0, length), PositionInterpolation.Truncated(old, length));
        else
            Assert.Throws<ArgumentOutOfRangeException>(() => PositionInterpolation.Truncated(old, length));
    }

    [Fact]
    public void The_same_size_is_a_copy_and_what_is_no_grid_is_refused()
    {
        using var scope = NewDisposeScope();
        var old = Formula.Ramp(11, [50, 6]);
        var same = PositionInterpolation.Grid(old, 7, extra: 1);
        Golden.Same("grid", old, same);
        same.fill_(0);
        Assert.True(old.abs().max().item<float>() > 0);
        Golden.Same("sequence", old, PositionInterpolation.Sequence(old, 50));
        Assert.Contains(
            "50 position embeddings are no square grid with 0 tokens",
            Assert.Throws<ArgumentException>(() => PositionInterpolation.Grid(old, 7, extra: 0)).Message
        );
        Assert.Throws<ArgumentException>(() => PositionInterpolation.Grid(zeros(3), 7, extra: 0));
        Assert.Throws<ArgumentException>(() => PositionInterpolation.Sequence(zeros([3, 2], ScalarType.Int64), 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => PositionInterpolation.Grid(old, 0, extra: 1));
    }
}
