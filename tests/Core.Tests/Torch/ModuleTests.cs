using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Torch;

/// <summary>Registration, state dict, moving and life of modules.</summary>
public sealed class ModuleTests
{
    sealed class Inner : nn.Module<Tensor, Tensor>
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

    sealed class Outer : nn.Module<Tensor, Tensor>
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
        Assert.Equal(["inner.offset", "inner.scratch"], module.named_buffers().Select(b => b.name).Order());
        Assert.Equal([.. names.Append("inner.offset").Order()], module.state_dict().Keys.Order());
        Assert.Equal(["layers", "inner", "list"], module.named_children().Select(c => c.name));
        Assert.Equal("", module.named_modules().First().name);
        Assert.Equal(9, module.named_modules().Count());
        Assert.NotNull(module.get_parameter("list.1.weight"));
        Assert.Null(module.get_parameter("list.1.bias"));
        Assert.Empty(module.parameters(recurse: false));
        Assert.Equal(module.named_parameters().Select(p => p.parameter), module.parameters());
    }

    [Fact]
    public void Names_that_clash_or_hold_a_dot_are_rejected()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        Assert.Contains(
            "'inner'",
            Assert.Throws<ArgumentException>(() => module.register_module("inner", nn.ReLU())).Message
        );
        Assert.Contains("dot", Assert.Throws<ArgumentException>(() => module.register_buffer("a.b", zeros(1))).Message);
        Assert.Throws<ArgumentException>(() => module.register_parameter("", new Parameter(zeros(1))));
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
        var (missing, unexpected) = b.load_state_dict(a.state_dict());
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
        var state = module.state_dict().ToDictionary(p => p.Key, p => p.Value.detach() + 1);
        state.Remove("layers.first.bias");
        state["stranger"] = zeros(1);
        state["list.1.weight"] = zeros(2, 5);
        var message = Assert.Throws<ArgumentException>(() => module.load_state_dict(state)).Message;
        Assert.Contains("missing: layers.first.bias", message);
        Assert.Contains("unexpected: stranger", message);
        Assert.Contains("list.1.weight is [2, 5] but the module needs [2, 2]", message);
        Golden.Same("list.0.bias", before, module.get_parameter("list.0.bias")!);
        state.Remove("list.1.weight");
        var (missing, unexpected) = module.load_state_dict(state, strict: false);
        Assert.Equal(["layers.first.bias", "list.1.weight"], missing.Order());
        Assert.Equal(["stranger"], unexpected);
        Golden.Same("list.0.bias", before + 1, module.get_parameter("list.0.bias")!);
    }

    [Fact]
    public void Train_and_eval_reach_every_submodule()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        Assert.All(module.modules(), m => Assert.True(m.training));
        var x = ones(1000, 3);
        module.eval();
        Assert.All(module.modules(), m => Assert.False(m.training));
        Golden.Same("evaluation", module.call(x), module.call(x));
        module.train();
        Assert.False(module.call(x).equal(module.call(x)));
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

    [Fact]
    public void Gradients_are_cleared_or_zeroed_and_freezing_stops_them()
    {
        using var scope = NewDisposeScope();
        using var module = new Outer();
        module.call(ones(1, 3)).sum().backward();
        Assert.All(module.parameters(), p => Assert.NotNull(p.grad));
        module.zero_grad(set_to_none: false);
        Assert.All(module.parameters(), p => Assert.Equal(0, p.grad!.abs().sum().item<float>()));
        module.zero_grad();
        Assert.All(module.parameters(), p => Assert.Null(p.grad));
        module.requires_grad_(false);
        Assert.False(module.call(ones(1, 3)).requires_grad);
    }

    [Fact]
    public void Bad_layers_are_rejected()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => nn.Linear(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => nn.Dropout(1.5));
        Assert.Contains("groups = 2", Assert.Throws<ArgumentException>(() => nn.Conv2d(3, 4, 3, groups: 2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => nn.Embedding(4, 2, padding_idx: 4));
    }
}
