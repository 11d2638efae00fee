using Research.Schedules;
using Xunit;

namespace Core.Tests.Schedules;

public class ScheduleTests
{
    [Fact]
    public void A_constant_is_the_same_at_every_progress()
    {
        foreach (var p in new[] { 0, 0.3, 1 })
            Assert.Equal(0.25, Schedule.Constant(0.25).At(p));
    }

    [Theory]
    [InlineData(0, 2.0)]
    [InlineData(0.25, 1.5)]
    [InlineData(1, 0.0)]
    public void A_line_runs_from_its_start_to_its_end(double progress, double expected) =>
        Assert.Equal(expected, Schedule.Linear(2, 0).At(progress), 15);

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(0.25, 0.8 * 0.14644660940672624)] // (1 - cos(pi/4)) / 2
    [InlineData(0.5, 0.4)]
    [InlineData(1, 0.8)]
    public void A_cosine_is_flat_at_both_ends_and_half_way_in_the_middle(double progress, double expected) =>
        Assert.Equal(expected, Schedule.Cosine(0, 0.8).At(progress), 15);

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.499, 0.1)]
    [InlineData(0.5, 0.4)]
    [InlineData(0.75, 0.9)]
    [InlineData(1, 0.9)]
    public void A_staircase_takes_the_new_value_where_the_step_lies(double progress, double expected) =>
        Assert.Equal(expected, Schedule.Step((0, 0.1), (0.5, 0.4), (0.75, 0.9)).At(progress));

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(0.1, 2.0)]
    [InlineData(0.2, 3.0)]
    [InlineData(0.6, 2.0)]
    [InlineData(1, 1.0)]
    public void Knots_are_joined_by_straight_lines(double progress, double expected) =>
        Assert.Equal(expected, Schedule.Piecewise((0, 1), (0.2, 3), (1, 1)).At(progress), 12);

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(0.05, 1.0)]
    [InlineData(0.1, 2.0)]
    [InlineData(0.55, 1.0)]
    [InlineData(1, 0.0)]
    public void A_warm_up_rises_to_the_inner_start_and_then_runs_the_whole_inner_schedule(
        double progress,
        double expected
    ) => Assert.Equal(expected, Schedule.Warmup(0.1, Schedule.Linear(2, 0)).At(progress), 12);

    [Fact]
    public void A_warm_up_of_no_length_is_the_inner_schedule() =>
        Assert.Equal(2, Schedule.Warmup(0, Schedule.Linear(2, 0)).At(0));

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(0.25, 0.5)]
    [InlineData(0.5, 7.0)]
    [InlineData(0.75, 6.0)]
    [InlineData(1, 5.0)]
    public void Composed_parts_each_run_from_start_to_end_in_their_own_stretch(double progress, double expected) =>
        Assert.Equal(
            expected,
            Schedule.Composed((0.5, Schedule.Linear(0, 1)), (1, Schedule.Linear(7, 5))).At(progress),
            12
        );

    [Fact]
    public void Any_function_of_progress_is_a_schedule_as_long_as_it_is_finite()
    {
        Assert.Equal(0.25, Schedule.Function(p => p * p).At(0.5));
        var error = Assert.Throws<InvalidOperationException>(() => Schedule.Function(p => 1 / p).At(0));
        Assert.Contains("progress 0", error.Message);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.001)]
    [InlineData(1.001)]
    [InlineData(double.PositiveInfinity)]
    public void Progress_outside_its_range_is_an_error_for_every_kind(double progress)
    {
        Schedule[] all =
        [
            Schedule.Constant(1),
            Schedule.Linear(0, 1),
            Schedule.Cosine(0, 1),
            Schedule.Step((0, 1)),
            Schedule.Piecewise((0, 0), (1, 1)),
            Schedule.Warmup(0.1, Schedule.Constant(1)),
            Schedule.Composed((1, Schedule.Constant(1))),
            Schedule.Function(p => p),
        ];
        foreach (var schedule in all)
            Assert.Equal("progress", Assert.Throws<ArgumentOutOfRangeException>(() => schedule.At(progress)).ParamName);
    }

    [Fact]
    public void A_mistake_names_the_argument()
    {
        static void Names(string argument, Func<Schedule> build) =>
            Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(build).ParamName);

        Names("value", () => Schedule.Constant(double.NaN));
        Names("from", () => Schedule.Linear(double.PositiveInfinity, 0));
        Names("to", () => Schedule.Cosine(0, double.NaN));
        Names("fraction", () => Schedule.Warmup(1, Schedule.Constant(1)));
        Names("fraction", () => Schedule.Warmup(double.NaN, Schedule.Constant(1)));
        Names("inner", () => Schedule.Warmup(0.1, null!));
        Names("steps", () => Schedule.Step());
        Names("steps", () => Schedule.Step((0.1, 1)));
        Names("steps", () => Schedule.Step((0, 1), (0.5, 2), (0.5, 3)));
        Names("steps", () => Schedule.Step((0, 1), (1.5, 2)));
        Names("steps", () => Schedule.Step((0, double.NaN)));
        Names("knots", () => Schedule.Piecewise((0, 1)));
        Names("knots", () => Schedule.Piecewise((0, 1), (0.5, 1)));
        Names("knots", () => Schedule.Piecewise((0, 1), (0.6, 1), (0.4, 1), (1, 0)));
        Names("parts", () => Schedule.Composed());
        Names("parts", () => Schedule.Composed((0.5, Schedule.Constant(1))));
        Names("parts", () => Schedule.Composed((0, Schedule.Constant(1)), (1, Schedule.Constant(1))));
        Names("parts", () => Schedule.Composed((1, null!)));
        Names("function", () => Schedule.Function(null!));
    }

    [Fact]
    public void Schedules_with_equal_numbers_are_equal()
    {
        Assert.Equal(Schedule.Step((0, 1), (0.5, 2)), Schedule.Step((0, 1), (0.5, 2)));
        Assert.NotEqual(Schedule.Step((0, 1), (0.5, 2)), Schedule.Step((0, 1), (0.5, 3)));
        Assert.Equal(Schedule.Warmup(0.1, Schedule.Cosine(1, 0)), Schedule.Warmup(0.1, Schedule.Cosine(1, 0)));
    }
}
