using FsCheck;
using FsCheck.Fluent;
using Research.Objectives;
using Research.Randomness;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>
/// The one test of all objectives: Gradients, in closed form where there is one, equals autograd of Forward, which defines the objective:
/// loss, every gradient, every diagnostic.
/// </summary>
public class EveryObjectiveTests
{
    const double Float64 = 1e-10;
    const double Float32 = 1e-5;

    public static TheoryData<string> Names => [.. Every.Objective.Keys];

    /// <summary>A shape: pairs, width, tile sizes, 1/tau, seed.</summary>
    sealed record Shape(int Pairs, int Width, int Rows, int Columns, double Scale, ulong Seed);

    static readonly Arbitrary<Shape> Shapes = (
        from pairs in Gen.Choose(2, 23)
        from width in Gen.Choose(2, 9)
        from rows in Gen.Choose(1, 25)
        from columns in Gen.Choose(1, 25)
        from scale in Gen.Elements(1.0, 5.0, 14.3, 50.0, 100.0)
        from seed in Gen.Choose(1, 1_000_000)
        select new Shape(pairs, width, rows, columns, scale, (ulong)seed)
    ).ToArbitrary();

    static void Random(string name, ScalarType type, double tolerance) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(10),
            Prop.ForAll(Shapes, shape => Equal(name, shape, type, tolerance))
        );

    static void Equal(string name, Shape shape, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var objective = Every.Objective[name]();
        var batch = Every.Batch(
            Batches.Units(shape.Pairs, shape.Width, shape.Seed, type),
            Batches.Units(shape.Pairs, shape.Width, shape.Seed + 1, type),
            shape.Scale,
            shape.Seed
        );
        Agreement.Check(
            objective,
            batch,
            new(shape.Rows, shape.Columns),
            tolerance,
            leastPart: type == ScalarType.Float32 ? 0.02 : 1e-3 // 1e-5 of it is what float32 rounds of the terms
        );
    }

    [Fact]
    public void None_is_forgotten()
    {
        var tried = Every.Objective.Values.Select(make => make().GetType()).ToHashSet();
        Assert.Empty(Every.Types.Where(t => !tried.Contains(t)).Select(t => $"{t.Name}: add a line to Every.Settings"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_equals_the_plain_form_in_float64_over_random_shapes_and_tiles(string name) =>
        Random(name, ScalarType.Float64, Float64);

    [Theory]
    [MemberData(nameof(Names))]
    public void It_equals_the_plain_form_in_float32_over_random_shapes_and_tiles(string name) =>
        Random(name, ScalarType.Float32, Float32);

    [Theory]
    [InlineData(11, 7, 8, 18, 5, 655042)]
    [InlineData(14, 6, 8, 13, 14.3, 138396)]
    public void Debiased_estimates_that_nearly_cancel_keep_float32_gradients_exact(
        int pairs,
        int width,
        int rows,
        int columns,
        double scale,
        ulong seed
    ) => Equal("debiased 0.6 detached", new(pairs, width, rows, columns, scale, seed), ScalarType.Float32, Float32);

    public static IEnumerable<(string, Func<ScalarType, (Tensor Image, Tensor Text)>)> Awkward()
    {
        yield return ("two pairs", t => (Batches.Units(2, 3, 1, t), Batches.Units(2, 3, 2, t)));
        yield return (
            "duplicate rows",
            t =>
            {
                var order = torch.tensor(new long[] { 0, 0, 1, 1, 1, 2, 0, 3 });
                return (
                    Batches.Units(4, 5, 3, t).index_select(0, order),
                    Batches.Units(4, 5, 4, t).index_select(0, order)
                );
            }
        );
        yield return (
            "all rows equal",
            t => (Batches.Units(1, 4, 5, t).expand(6, 4), Batches.Units(1, 4, 6, t).expand(6, 4))
        );
        yield return ("each its own opposite", t => Axes(t, i => (i % 4, -1)));
        yield return ("each equal to its own", t => Axes(t, i => (i % 4, 1)));
        yield return ("equal to another's", t => Axes(t, i => ((i + 1) % 4, 1)));
        yield return ("opposite to all", t => Axes(t, _ => (0, -1), _ => (0, 1)));
    }

    /// <summary>Seven rows along axes, so that all cosines are exactly -1, 0 or 1.</summary>
    static (Tensor, Tensor) Axes(
        ScalarType type,
        Func<int, (int Axis, double Sign)> text,
        Func<int, (int Axis, double Sign)>? image = null
    )
    {
        image ??= i => (i % 4, 1);
        static double[] Rows(Func<int, (int Axis, double Sign)> of) =>
            [
                .. Enumerable
                    .Range(0, 7)
                    .SelectMany(i => Enumerable.Range(0, 4).Select(k => of(i).Axis == k ? of(i).Sign : 0.0)),
            ];
        return (torch.tensor(Rows(image), [7, 4]).to(type), torch.tensor(Rows(text), [7, 4]).to(type));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_equals_the_plain_form_on_awkward_batches(string name)
    {
        foreach (var (what, embeddings) in Awkward())
        foreach (var scale in new[] { 1.0, 100.0 })
        foreach (var (type, tolerance) in new[] { (ScalarType.Float64, Float64), (ScalarType.Float32, Float32) })
        foreach (var tiling in new[] { new Tiling(3, 2), new Tiling(64, 64) })
        {
            using var scope = NewDisposeScope();
            var objective = Every.Objective[name]();
            var (image, text) = embeddings(type);
            if (what == "opposite to all" && objective is DebiasedNce)
                continue; // its negatives lie exactly on the floor, where there is no derivative
            try
            {
                var batch = Every.Batch(image, text, scale);
                // float32 logits of 100 are rounded by 4e-6 and their exponentials with them, in the plain form no less than in this one
                var expected = AutogradGradients.Of(objective, Every.InFloat64(batch));
                Agreement.Check(objective, batch, tiling, tolerance, leastPart: 0.2, expected);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{what}, 1/tau = {scale}, {type}: {e.Message}", e);
            }
        }
    }
}
