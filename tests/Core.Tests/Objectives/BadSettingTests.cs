using Research.Objectives;
using Research.Schedules;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Settings and targets that objectives refuse, and what they say.</summary>
public class BadSettingTests
{
    static void Fails(Action make, params string[] says)
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsAny<ArgumentException>(make);
        Assert.All(says, s => Assert.Contains(s, error.Message));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_prior_outside_its_range_is_named(double prior) =>
        Fails(() => new DebiasedNce(new() { PositivePrior = prior }), "PositivePrior", "[0, 1)");

    [Fact]
    public void Negative_and_infinite_numbers_are_named()
    {
        Fails(() => new DebiasedNce(new() { Beta = -1 }), "Beta", "-1");
        Fails(() => new CyClip(inModal: -1), "inModal", "-1");
        Fails(() => new CyClip(crossModal: double.NaN), "crossModal");
        Fails(() => new SigLip(double.PositiveInfinity), "initialBias");
        Fails(() => new Tiling(0, 8), "rows");
        Fails(() => new Tiling(8, -1), "columns");
        Fails(() => new FrozenDistillation(new() { TeacherTemperature = 0 }), "TeacherTemperature");
        Fails(() => new FrozenDistillation(new() { TeacherTemperature = double.NaN }), "TeacherTemperature", "NaN");
        Fails(() => new MomentumDistillation(new() { TeacherTemperatureRatio = -2 }), "TeacherTemperatureRatio", "-2");
    }

    [Fact]
    public void A_blend_that_leaves_the_unit_interval_is_found_before_training()
    {
        Fails(() => new MomentumDistillation(new() { Blend = Schedule.Linear(0, 1.5) }), "Blend", "[0, 1]");
        Fails(() => new FrozenDistillation(new() { Blend = Schedule.Constant(-0.5) }), "Blend", "-0.5");
    }

    [Fact]
    public void Momentum_distillation_from_the_network_itself_is_rejected() =>
        Fails(() => new MomentumDistillation(new() { Teacher = TeacherSource.Shared }), "EMA");

    [Fact]
    public void Momentum_distillation_that_begins_with_the_average_alone_is_rejected_as_rounding()
    {
        MomentumDistillationOptions all = new() { Blend = Schedule.Linear(1, 0.5) };
        Fails(() => new MomentumDistillation(all), "Blend", "linear 1 -> 0.5", "rounding");
        _ = new MomentumDistillation(all with { Blend = Schedule.Linear(0.9, 1) });
        _ = new MomentumDistillation(all with { TeacherTemperatureRatio = 0.5 });
        _ = new MomentumDistillation(all with { Teacher = TeacherSource.Frozen });
    }

    [Fact]
    public void A_sum_wants_parts_that_can_share_a_batch()
    {
        Fails(() => new WeightedSum(), "at least one part");
        Fails(() => new WeightedSum((0, new InfoNce())), "InfoNCE", "other than 0");
        Fails(() => new WeightedSum((double.NaN, new InfoNce())), "InfoNCE");
        Fails(() => new WeightedSum((1, new MomentumDistillation()), (1, new FrozenDistillation())), "teachers");
        Fails(() => new WeightedSum((1, new SigLip()), (1, new SigLip())), "bias");
    }

    static ConceptDistillation Concepts() =>
        new(
            new()
            {
                FeatureWidth = 7,
                Objects = 11,
                Attributes = 5,
            }
        );

    static void FailsOn(Func<EmbeddingBatch, EmbeddingBatch> change, params string[] says)
    {
        using var scope = NewDisposeScope();
        var objective = Concepts();
        var batch = change(Every.Batch(Batches.Units(4, 3, 1), Batches.Units(4, 3, 2), 5));
        Fails(() => objective.Forward(batch), [objective.Name, .. says]);
        Fails(() => objective.Gradients(batch, Tiling.Default), [objective.Name, .. says]);
    }

    [Fact]
    public void Concept_targets_that_do_not_fit_are_described()
    {
        FailsOn(b => b with { Objects = null }, "objects");
        FailsOn(b => b with { ImageFeatures = null }, "features");
        FailsOn(b => b with { ImageFeatures = torch.ones(4, 6, dtype: ScalarType.Float64) }, "N x 7", "[4, 6]");
        FailsOn(b => b with { Attributes = b.Objects }, "attributes", "0 to 4");
        FailsOn(b => b with { Objects = b.Objects! with { Probabilities = b.Objects.Probabilities * 2 } }, "sum to 1");
        FailsOn(
            b => b with { Objects = b.Objects! with { Indices = b.Objects.Indices.to(ScalarType.Int32) } },
            "Int64"
        );
        FailsOn(
            b => b with { Objects = b.Objects! with { Indices = b.Objects.Indices.narrow(0, 0, 3) } },
            "4 x k",
            "[3, 4]"
        );
    }

    [Fact]
    public void Features_that_are_not_finite_are_an_error()
    {
        using var scope = NewDisposeScope();
        var objective = Concepts();
        var batch = Every.Batch(Batches.Units(4, 3, 1), Batches.Units(4, 3, 2), 5);
        batch.ImageFeatures![1, 2] = torch.tensor(double.NaN);
        Assert.Throws<NotFiniteNumberException>(() => objective.Gradients(batch, Tiling.Default));
    }

    [Fact]
    public void Concept_settings_out_of_range_are_named()
    {
        ConceptDistillationOptions good = new()
        {
            FeatureWidth = 7,
            Objects = 11,
            Attributes = 5,
        };
        Fails(() => new ConceptDistillation(good with { FeatureWidth = 0 }), "FeatureWidth");
        Fails(() => new ConceptDistillation(good with { Objects = 1 }), "Objects", "2 classes");
        Fails(() => new ConceptDistillation(good with { AttributeWeight = -1 }), "AttributeWeight");
        Fails(() => new ConceptDistillation(good with { LearningRateFactor = 0 }), "LearningRateFactor");
    }

    [Fact]
    public void Concept_heads_learn_faster_and_decay_less() =>
        Assert.All(Concepts().Parameters, p => Assert.Equal((10.0, 0.01), (p.LearningRateFactor, p.WeightDecayFactor)));
}
