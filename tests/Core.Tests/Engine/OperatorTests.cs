using System.Runtime.InteropServices;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Engine;

/// <summary>Operators by name, operators into a given tensor, derivatives, modes and random states.</summary>
public sealed class OperatorTests
{
    [Fact]
    public void The_operators_in_use_are_tried_before_work_begins() => Operators.Require();

    [Fact]
    public void An_operator_that_does_not_exist_is_named_with_its_arguments()
    {
        using var scope = NewDisposeScope();
        var missing = new Operator("aten::no_such_thing", "Tensor", 2, 1);
        var error = Assert.Throws<ExternalException>(() => missing.Result(ones(2, 3), 1L));
        Assert.StartsWith("aten::no_such_thing.Tensor(Float32[2, 3], 1) failed", error.Message);
        Assert.Throws<ArgumentException>(() => missing.Do(ones(1)));
    }

    [Fact]
    public void Operators_by_name_compute_record_gradients_and_free_what_they_took()
    {
        using var scope = NewDisposeScope();
        var maximum = new Operator("aten::maximum", "", 2, 1);
        var (a, b) = (tensor([1.0, 5]).requires_grad_(), tensor([3.0, 2]));
        var before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            var result = maximum.Result(a, b);
            Golden.Same("maximum", tensor([3.0, 5]), result);
            result.sum().backward();
        }
        using (var gradient = a.grad)
            Golden.Same("gradient", tensor([0.0, 1]), gradient!);
        var clamp = new Operator("aten::clamp", "Tensor", 3, 1);
        Golden.Same(
            "with an optional one",
            tensor([1.0, 2]),
            clamp.Result(tensor([1.0, 5]), Argument.None, ((Argument)b).Some()).minimum(2)
        );
    }

    [Fact]
    public void Lists_of_tensors_go_in_and_are_changed_in_place()
    {
        using var scope = NewDisposeScope();
        Tensor[] all = [ones(2), ones(3, 1, dtype: ScalarType.Float64)];
        Operators._foreach_mul_(all, 0.1);
        Golden.Same("float32", full([2], 0.1f), all[0]);
        Assert.Equal(0.1, all[1][0, 0].item<double>());
        Operators._foreach_mul_([], 3);
    }

    [Fact]
    public async Task Calls_under_pressure_of_the_garbage_collector_stay_right()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, dtype: ScalarType.Float64);
        using var stop = new CancellationTokenSource();
        var pressure = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        for (var i = 0; i < 5_000; i++)
        {
            using var inner = NewDisposeScope();
            var factor = 1 + i % 7;
            var result = Into.Add(zeros(1, dtype: ScalarType.Float64), x, x, factor);
            Assert.Equal(1 + factor, result[0].item<double>());
            Tensor[] list = [ones(1, dtype: ScalarType.Float64)];
            Operators._foreach_mul_(list, factor);
            Assert.Equal(factor, list[0][0].item<double>());
        }
        stop.Cancel();
        await pressure;
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Sums_and_products_into_a_tensor_are_those_of_the_formula(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (row, column) = (Formula.Ramp(1, [1, 4]).to(type), Formula.Ramp(2, [3, 1]).to(type));
        var result = empty(3, 4, dtype: type);
        Assert.Same(result, Into.Add(result, column, row, 0.3));
        Golden.Close("sum", column + row * 0.3, result);
        var (left, right) = (Formula.Ramp(3, [3, 5]).to(type), Formula.Ramp(4, [5, 4]).to(type));
        var expected = result * 0.7 + left.mm(right) * 0.1;
        Golden.Close(
            "product",
            expected,
            Into.AddProduct(result, left, right, 0.7, 0.1),
            type == ScalarType.Float64 ? 1e-15 : 1e-6
        );
        result.fill_(double.NaN);
        Golden.Close("nothing is read at 0", left.mm(right), Into.AddProduct(result, left, right, 0, 1));
    }

    [Fact]
    public void What_would_end_the_process_is_refused_before_the_call()
    {
        using var scope = NewDisposeScope();
        var two = ones(2, 2);
        Assert.Contains(
            "do not broadcast",
            Assert.Throws<ArgumentException>(() => Into.Add(two, ones(3), two)).Message
        );
        Assert.Contains(
            "do not broadcast",
            Assert.Throws<ArgumentException>(() => Into.Add(two, ones(2), ones(2))).Message
        );
        Assert.Contains(
            "another type",
            Assert.Throws<ArgumentException>(() => Into.Add(two, two, two.to(ScalarType.Float64))).Message
        );
        Assert.Contains(
            "floating",
            Assert.Throws<ArgumentException>(() => Into.Add(two.to(ScalarType.Int64), two, two)).Message
        );
        Assert.Contains(
            "recorded",
            Assert.Throws<ArgumentException>(() => Into.Add(two, two, ones(2, 2, requires_grad: true))).Message
        );
        Assert.Contains(
            "product",
            Assert.Throws<ArgumentException>(() => Into.AddProduct(two, ones(2, 3), two, 1, 1)).Message
        );
        Assert.Contains(
            "cannot become",
            Assert.Throws<ArgumentException>(() => Operators.set_data(two, ones(3))).Message
        );
    }

    [Fact]
    public void Derivatives_are_given_and_the_leaves_gradients_left_alone()
    {
        using var scope = NewDisposeScope();
        var (x, y, other) = (ones(3).requires_grad_(), ones(3).requires_grad_(), ones(1).requires_grad_());
        x.grad = full([3], 7f);
        var found = Derivatives.Of((x * x * y).sum(), [x, y, other]);
        Golden.Same("by x", full([3], 2f), found[0]!);
        Golden.Same("by y", ones(3), found[1]!);
        Assert.Null(found[2]);
        Golden.Same("kept", full([3], 7f), x.grad!);
        Assert.Null(y.grad);
        Assert.Throws<ArgumentException>(() => Derivatives.Of(ones(3).sum(), [x]));
        Assert.Throws<ArgumentException>(() => Derivatives.Of((x * 2).sum(), [x * 2]));
    }

    [Fact]
    public void Autocast_ends_with_its_scope_and_nests()
    {
        using var scope = NewDisposeScope();
        var x = ones(4, 4);
        Assert.False(Modes.is_autocast_enabled(DeviceType.CPU));
        using (Modes.autocast(DeviceType.CPU))
        {
            Assert.Equal(ScalarType.BFloat16, x.mm(x).dtype);
            using (Modes.autocast(DeviceType.CPU))
                Assert.Equal(ScalarType.BFloat16, x.mm(x).dtype);
            Assert.True(Modes.is_autocast_enabled(DeviceType.CPU));
        }
        Assert.False(Modes.is_autocast_enabled(DeviceType.CPU));
        Assert.Equal(ScalarType.Float32, x.mm(x).dtype);
        Assert.Throws<ArgumentException>(() => Modes.autocast(DeviceType.CPU, ScalarType.Float16));
    }

    [Fact]
    public void Weights_are_cast_once_in_an_autocast_scope_and_anew_in_the_next()
    {
        using var scope = NewDisposeScope();
        var weight = new TorchSharp.Modules.Parameter(ones(4, 4));
        var x = ones(4, 4);
        float First()
        {
            using (Modes.autocast(DeviceType.CPU))
                return x.mm(weight)[0, 0].to(ScalarType.Float32).item<float>();
        }
        Assert.Equal(4, First());
        using (no_grad())
            weight.mul_(2);
        Assert.Equal(8, First());
    }

    [Fact]
    public void Deterministic_algorithms_can_be_asked_for()
    {
        Assert.False(Modes.are_deterministic_algorithms_enabled());
        Modes.use_deterministic_algorithms();
        Assert.True(Modes.are_deterministic_algorithms_enabled());
        Modes.use_deterministic_algorithms(false);
        Assert.False(Modes.are_deterministic_algorithms_enabled());
    }

    [Fact]
    public void A_generator_goes_on_from_a_state_and_refuses_one_that_is_none()
    {
        using var scope = NewDisposeScope();
        RandomState.Seed(3);
        using var generator = Generator.Default;
        var state = generator.get_state();
        var expected = randn(5);
        RandomState.Set(generator, state);
        Golden.Same("numbers", expected, randn(5));
        foreach (
            var wrong in new[]
            {
                zeros(3, dtype: ScalarType.Byte),
                zeros(state.numel()),
                zeros(0, dtype: ScalarType.Byte),
            }
        )
            Assert.Contains(
                "A generator's state is",
                Assert.Throws<ArgumentException>(() => RandomState.Set(generator, wrong)).Message
            );
    }
}
