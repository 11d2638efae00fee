using System.Text.Json.Nodes;
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
    public void Parts_of_a_sequence_each_run_from_start_to_end_in_their_own_stretch(double progress, double expected) =>
        Assert.Equal(
            expected,
            Schedule.Sequence((0.5, Schedule.Linear(0, 1)), (1, Schedule.Linear(7, 5))).At(progress),
            12
        );

    [Fact]
    public void A_product_multiplies_and_a_factor_scales_every_kind()
    {
        Assert.Equal(0.8 * 0.5, Schedule.Product(Schedule.Constant(0.8), Schedule.Linear(0, 1)).At(0.5), 12);
        foreach (var schedule in Every)
        foreach (var progress in new[] { 0, 0.13, 0.5, 0.77, 1 })
            Assert.Equal(3 * schedule.At(progress), schedule.Times(3).At(progress), 1e-12);
        Assert.Equal(Schedule.Cosine(0, 1.5), Schedule.Cosine(0, 0.5).Times(3));
    }

    [Fact]
    public void A_function_is_taken_at_101_points_once_and_runs_straight_between_them()
    {
        var asked = 0;
        var square = Schedule.Of(
            "square",
            p =>
            {
                asked++;
                return p * p;
            }
        );
        Assert.Equal(101, asked);
        Assert.Equal(0.25, square.At(0.5));
        Assert.Equal((0.25 + 0.51 * 0.51) / 2, square.At(0.505), 1e-12);
        Assert.Equal(1, square.At(1));
        Assert.Equal(101, asked);
        Assert.Equal(square, Schedule.Of("square", p => p * p));
        Assert.NotEqual(square, Schedule.Of("square", p => p * p * p));
        Assert.NotEqual(square, Schedule.Of("other", p => p * p));
        Assert.NotEqual(square.ToJson().ToJsonString(), Schedule.Of("square", p => p * p * p).ToJson().ToJsonString());
        Assert.StartsWith("inverse is Infinity at progress 0, but", Message(() => Schedule.Of("inverse", p => 1 / p)));
        Assert.Contains("name", Message(() => Schedule.Of(" ", p => p)));
        Assert.Contains("one line", Message(() => Schedule.Of("a\nb", p => p)));
    }

    /// <summary>One of every kind.</summary>
    static readonly Schedule[] Every =
    [
        Schedule.Constant(0.5),
        Schedule.Linear(0.8, 0),
        Schedule.Cosine(0, 0.8),
        Schedule.Step((0, 0), (0.25, 0.5)),
        Schedule.Piecewise((0, 0), (0.1, 0.4), (1, 0.3)),
        Schedule.Of("square root", Math.Sqrt),
        Schedule.Warmup(0.1, Schedule.Cosine(1, 0)),
        Schedule.Sequence((0.5, Schedule.Linear(0, 1)), (1, Schedule.Warmup(0.5, Schedule.Constant(1)))),
        Schedule.Product(
            Schedule.Cosine(0, 0.8),
            Schedule.Sequence((0.2, Schedule.Linear(0, 1)), (1, Schedule.Constant(1)))
        ),
    ];

    [Fact]
    public void A_schedule_names_itself_on_an_axis()
    {
        Assert.Equal(
            [
                "constant 0.5",
                "linear 0.8 -> 0",
                "cosine 0 -> 0.8",
                "step 0 at 0, 0.5 at 0.25",
                "piecewise 0 at 0, 0.4 at 0.1, 0.3 at 1",
                "square root",
                "warm-up 0.1, cosine 1 -> 0",
                "linear 0 -> 1 until 0.5, then (warm-up 0.5, constant 1)",
                "cosine 0 -> 0.8 times (linear 0 -> 1 until 0.2, then constant 1)",
            ],
            Every.Select(s => s.Label)
        );
        Assert.All(Every, s => Assert.Equal(s.Label, s.ToString()));
    }

    [Fact]
    public void The_range_holds_every_value_and_is_reached()
    {
        foreach (var schedule in Every)
        {
            var values = Enumerable.Range(0, 1001).Select(i => schedule.At(i / 1000.0)).ToArray();
            var (least, most) = schedule.Range;
            Assert.Equal(values.Min(), least, 1e-12);
            Assert.Equal(values.Max(), most, 1e-12);
        }
        Assert.Equal((0.5, 2), Schedule.Warmup(0, Schedule.Linear(2, 0.5)).Range);
        Assert.Null(Schedule.Cosine(0, 0.8).Outside("psd: soft_fraction", 0, 1));
        Assert.Equal(
            "psd: soft_fraction (linear 0 -> 1.2) reaches 1.2; allowed are values in [0, 1]",
            Schedule.Linear(0, 1.2).Outside("psd: soft_fraction", 0, 1)
        );
        Assert.Equal(
            "blend (constant -0.1) reaches -0.1; allowed are values in [0, 1]",
            Message(() => Schedule.Constant(-0.1).RequireWithin("blend", 0, 1))
        );
    }

    /// <summary>What committed configurations hold: it stays as it is.</summary>
    [Fact]
    public void Its_JSON_is_this_and_reads_back_to_an_equal_schedule()
    {
        string[] expected =
        [
            """{"kind":"constant","value":0.5}""",
            """{"kind":"linear","from":0.8,"to":0}""",
            """{"kind":"cosine","from":0,"to":0.8}""",
            """{"kind":"step","points":[[0,0],[0.25,0.5]]}""",
            """{"kind":"piecewise","points":[[0,0],[0.1,0.4],[1,0.3]]}""",
            """{"kind":"function","name":"square root","values":[""",
            """{"kind":"warm_up","fraction":0.1,"after":{"kind":"cosine","from":1,"to":0}}""",
            """{"kind":"sequence","parts":[{"until":0.5,"schedule":{"kind":"linear","from":0,"to":1}},""",
            """{"kind":"product","factors":[{"kind":"cosine","from":0,"to":0.8},{"kind":"sequence",""",
        ];
        foreach (var (schedule, json) in Every.Zip(expected))
        {
            var written = schedule.ToJson().ToJsonString();
            Assert.StartsWith(json, written);
            var read = Schedule.FromJson(JsonNode.Parse(written));
            Assert.Equal(schedule, read);
            Assert.Equal(schedule.GetHashCode(), read.GetHashCode());
        }
        Assert.All(
            Every.Zip(expected).Where(p => p.Second.EndsWith('}')),
            p => Assert.Equal(p.Second, p.First.ToJson().ToJsonString())
        );
    }

    [Theory]
    [InlineData("""7""", "an object is expected here.")]
    [InlineData("""{"value":1}""", "\"kind\" is missing.")]
    [InlineData("""{"kind":"sine"}""", "\"kind\" is \"sine\"; allowed are constant, linear, cosine, step, piecewise,")]
    [InlineData("""{"kind":"linear","from":0}""", "\"to\" is missing.")]
    [InlineData("""{"kind":"linear","from":0,"to":"1"}""", "\"to\" is \"1\", but a number is expected.")]
    [InlineData("""{"kind":"constant","value":1,"valeu":2}""", "unknown key valeu; known here are kind, value.")]
    [InlineData("""{"kind":"step","points":[[0,1],[0.5]]}""", "points[1] must be a pair [progress, value].")]
    [InlineData(
        """{"kind":"step","points":[[0.5,1]]}""",
        "step starts at progress 0.5, but the first point lies at 0."
    )]
    [InlineData("""{"kind":"function","name":"f","values":[1]}""", "\"values\" must be a list of 101 numbers.")]
    [InlineData("""{"kind":"warm_up","fraction":0.1,"after":{"kind":"constant"}}""", "after: \"value\" is missing.")]
    [InlineData("""{"kind":"product","factors":[]}""", "\"factors\" must be a list of two schedules.")]
    [InlineData("""{"kind":"sequence","parts":[{"until":1}]}""", "parts[0]: schedule: an object is expected here.")]
    public void JSON_that_is_no_schedule_says_where_and_why(string json, string says) =>
        Assert.StartsWith(
            says,
            Assert.Throws<InvalidDataException>(() => Schedule.FromJson(JsonNode.Parse(json))).Message
        );

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.001)]
    [InlineData(1.001)]
    [InlineData(double.PositiveInfinity)]
    public void Progress_outside_its_range_is_an_error_for_every_kind(double progress)
    {
        foreach (var schedule in Every)
            Assert.Equal("progress", Assert.Throws<ArgumentOutOfRangeException>(() => schedule.At(progress)).ParamName);
    }

    static string Message(Action build)
    {
        var error = Assert.Throws<ArgumentException>(build);
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }

    static string Message(Func<Schedule> build) => Message((Action)(() => build()));

    [Fact]
    public void A_mistake_names_the_keyword_and_the_value()
    {
        const string notFinite = "holds a value that is not finite";
        static void Says(string message, Func<Schedule> build) => Assert.Equal(message, Message(build));

        Says($"constant NaN {notFinite}", () => Schedule.Constant(double.NaN));
        Says($"linear Infinity -> 0 {notFinite}", () => Schedule.Linear(double.PositiveInfinity, 0));
        Says($"cosine 0 -> NaN {notFinite}", () => Schedule.Cosine(0, double.NaN));
        Says($"step NaN at 0 {notFinite}", () => Schedule.Step((0, double.NaN)));
        Says("warm_up takes the fraction 1 of training; allowed is [0, 1)", () => Schedule.Warmup(1, Every[0]));
        Says($"warm-up NaN, constant 0.5 {notFinite}", () => Schedule.Warmup(double.NaN, Every[0]));
        Says("step needs at least one (progress, value)", () => Schedule.Step());
        Says("step starts at progress 0.1, but the first point lies at 0", () => Schedule.Step((0.1, 1)));
        Says(
            "step goes from progress 0.5 to 0.5, but positions rise within [0, 1]",
            () => Schedule.Step((0, 1), (0.5, 2), (0.5, 3))
        );
        Says(
            "step goes from progress 0 to 1.5, but positions rise within [0, 1]",
            () => Schedule.Step((0, 1), (1.5, 2))
        );
        Says(
            "piecewise ends at progress 0, but its last of two or more points lies at 1",
            () => Schedule.Piecewise((0, 1))
        );
        Says(
            "piecewise ends at progress 0.5, but its last of two or more points lies at 1",
            () => Schedule.Piecewise((0, 1), (0.5, 1))
        );
        Says(
            "piecewise goes from progress 0.6 to 0.4, but positions rise within [0, 1]",
            () => Schedule.Piecewise((0, 1), (0.6, 1), (0.4, 1), (1, 0))
        );
        Says("sequence needs at least one (until, schedule)", () => Schedule.Sequence());
        Says("sequence ends at progress 0.5, but its last part ends at 1", () => Schedule.Sequence((0.5, Every[0])));
        Says(
            "sequence goes from progress 0 to 0, but the ends of its parts rise within (0, 1]",
            () => Schedule.Sequence((0, Every[0]), (1, Every[0]))
        );
        Assert.Throws<ArgumentNullException>(() => Schedule.Warmup(0.1, null!));
        Assert.Throws<ArgumentNullException>(() => Schedule.Sequence((1, null!)));
        Assert.Throws<ArgumentNullException>(() => Schedule.Product(null!, Every[0]));
        Assert.Throws<ArgumentNullException>(() => Schedule.Of("f", null!));
    }

    [Fact]
    public void Schedules_with_equal_numbers_are_equal()
    {
        Assert.Equal(Schedule.Step((0, 1), (0.5, 2)), Schedule.Step((0, 1), (0.5, 2)));
        Assert.NotEqual(Schedule.Step((0, 1), (0.5, 2)), Schedule.Step((0, 1), (0.5, 3)));
        Assert.Equal(Schedule.Warmup(0.1, Schedule.Cosine(1, 0)), Schedule.Warmup(0.1, Schedule.Cosine(1, 0)));
    }
}
