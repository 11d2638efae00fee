using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Engine;

/// <summary>Registration, state dict, moving and life of modules.</summary>
public sealed class ModuleTests
{
    sealed class Inner : OwningModule<Tensor, Tensor>
    {
        public readonly Linear projection = nn.Linear(3, 2);

        [ComponentName(Name = "renamed")]
        readonly Parameter gain = new(ones(2));

        public Tensor offset { get; } = zeros(2);

        readonly Tensor scratch = ones(1);

        public Inner()
            : base(nameof(Inner))
        {
            register_buffer(nameof(scratch), scratch, persistent: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => projection.call(input) * gain + offset * scratch;
    }

    sealed class Outer : OwningModule<Tensor, Tensor>
    {
        readonly Sequential layers = nn.Sequential(("first", nn.Linear(3, 3)), ("drop", nn.Dropout(0.5)));
        readonly Inner inner = new();
        readonly ModuleList<Linear> list = nn.ModuleList(nn.Linear(2, 2), nn.Linear(2, 2, hasBias: false));

        public Outer()
            : base(nameof(Outer)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var x = inner.call(layers.call(input));
            foreach (var layer in list)
                x = layer.call(x);
            return x;
        }
    }

    static readonly string[] names =
    [
        "layers.first.weight",
        "layers.first.bias",
        "inner.renamed",
        "inner.projection.weight",
        "inner.projection.bias",
        "list.0.weight",
        "list.0.bias",
        "list.1.weight",
    ];

    [Fact]
    public void Fields_and_properties_are_registered_under_their_names()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        Assert.Equal(names.Order(), module.named_parameters().Select(p => p.name).Order());
        Assert.Equal([.. names.Append("inner.offset").Order()], module.Weights().Keys.Order());
        Assert.Equal(["layers", "inner", "list"], module.named_children().Select(c => c.name));
        Assert.Empty(module.parameters(recurse: false));
        Assert.Equal(module.named_parameters().Select(p => p.parameter), module.parameters());
    }

    sealed class TwiceNamed : OwningModule
    {
        readonly Linear field;

        public TwiceNamed()
            : base(nameof(TwiceNamed))
        {
            register_module("0", field = nn.Linear(2, 2));
            RegisterComponents();
        }
    }

    [Fact]
    public void A_part_that_has_a_name_gets_no_second_one()
    {
        using var module = new TwiceNamed();
        Assert.Equal(["0.bias", "0.weight"], module.Weights().Keys.Order());
    }

    [Fact]
    public void A_part_that_was_disposed_is_named_when_weights_are_asked_for()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        module.get_parameter("list.0.bias")!.Dispose();
        var error = Assert.Throws<InvalidOperationException>(() => module.Weights());
        Assert.Contains("Outer: the module has lost list.0.bias", error.Message);
        Assert.Throws<InvalidOperationException>(() => module.LoadWeights(new Dictionary<string, Tensor>()));
    }

    [Fact]
    public void An_error_in_a_forward_pass_names_the_innermost_module_and_its_input()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        using var inner = new Inner();
        var error = Assert.ThrowsAny<System.Runtime.InteropServices.ExternalException>(() => inner.call(zeros(4, 5)));
        Assert.StartsWith("Inner(Float32[4, 5]): mat1 and mat2 shapes cannot be multiplied", error.Message);
        Assert.DoesNotContain("frame #", error.Message);
        error = Assert.ThrowsAny<System.Runtime.InteropServices.ExternalException>(() => module.call(zeros(4, 5)));
        Assert.StartsWith("Outer(Float32[4, 5]): ", error.Message);
    }

    [Fact]
    public void A_state_dict_round_trip_gives_the_same_results()
    {
        using var scope = NewDisposeScope();
        using var a = new Outer();
        using var b = new Outer();
        a.eval();
        b.eval();
        var x = Formula.Ramp(1, [4, 3]);
        var (missing, unexpected) = b.LoadWeights(a.Weights());
        Assert.Empty(missing);
        Assert.Empty(unexpected);
        Golden.Same("output", a.call(x), b.call(x));
    }

    [Fact]
    public void A_state_dict_that_does_not_fit_names_every_key_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        var before = module.get_parameter("list.0.bias")!.clone();
        var state = module.Weights().ToDictionary(p => p.Key, p => p.Value.detach() + 1);
        state.Remove("layers.first.bias");
        state["stranger"] = zeros(1);
        state["list.1.weight"] = zeros(2, 5);
        var message = Assert.Throws<ArgumentException>(() => module.LoadWeights(state)).Message;
        Assert.Contains("missing: layers.first.bias", message);
        Assert.Contains("unexpected: stranger", message);
        Assert.Contains("list.1.weight is [2, 5] but the module needs [2, 2]", message);
        Golden.Same("list.0.bias", before, module.get_parameter("list.0.bias")!);
        state.Remove("list.1.weight");
        var (missing, unexpected) = module.LoadWeights(state, strict: false);
        Assert.Equal(["layers.first.bias", "list.1.weight"], missing.Order());
        Assert.Equal(["stranger"], unexpected);
        Golden.Same("list.0.bias", before + 1, module.get_parameter("list.0.bias")!);
    }

    [Fact]
    public void Parameters_outlive_the_dispose_scope_that_they_were_made_in()
    {
        Outer module;
        using (NewDisposeScope())
            module = new Outer();
        Assert.All(module.parameters(), p => Assert.False(p.IsInvalid));
        Assert.All(module.buffers(), b => Assert.False(b.IsInvalid));
        var live = module.parameters().ToList();
        module.Dispose();
        Assert.All(live, p => Assert.True(p.IsInvalid));
    }

    [Fact]
    public void Conversion_keeps_the_parameter_objects_and_the_values()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        module.eval();
        var parameters = module.parameters().ToList();
        var x = Formula.Ramp(3, [2, 3]);
        var single = module.call(x);
        module.to(ScalarType.Float64);
        Assert.Equal(parameters, module.parameters());
        Assert.All(parameters, p => Assert.Equal(ScalarType.Float64, p.dtype));
        Assert.All(parameters, p => Assert.True(p.requires_grad && p.is_leaf));
        Golden.Close("output", single, module.call(x.to(ScalarType.Float64)));
        Assert.Throws<ArgumentException>(() => module.to(ScalarType.Int64));
    }

    sealed class Shared : OwningModule
    {
        public readonly Parameter one;
        public readonly Inner inner = new();
        public readonly Tensor mask = ones(2);

        public Shared(Parameter one)
            : base(nameof(Shared))
        {
            this.one = one;
            register_buffer("mask", mask, persistent: false);
            RegisterComponents();
        }
    }

    [Fact]
    public void Moving_reaches_unsaved_buffers_and_keeps_shared_parameters_shared()
    {
        using var scope = NewDisposeScope();
        var one = new Parameter(ones(3));
        using var a = new Shared(one);
        using var b = new Shared(one);
        a.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, a.mask.dtype);
        Assert.Equal(ScalarType.Float64, a.inner.call(ones(1, 3, ScalarType.Float64)).dtype);
        Assert.Same(a.one, b.one);
        Assert.Equal(ScalarType.Float64, b.one.dtype);
        (b.one * 2).sum().backward();
        Assert.Equal(2, a.one.grad!.sum().item<double>() / 3);
    }

    [Fact]
    public void Buffers_of_whole_numbers_keep_their_type()
    {
        using var scope = NewDisposeScope();
        using var module = new Counting();
        module.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Int64, module.Weights()["norm.num_batches_tracked"].dtype);
        Assert.Equal(ScalarType.Float64, module.Weights()["norm.running_mean"].dtype);
    }

    sealed class Counting : OwningModule
    {
        readonly BatchNorm2d norm = nn.BatchNorm2d(2);

        public Counting()
            : base(nameof(Counting)) => RegisterComponents();
    }

    [Fact]
    public void Gradients_can_be_stopped()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        module.requires_grad_(false);
        Assert.False(module.call(ones(1, 3)).requires_grad);
    }
}
