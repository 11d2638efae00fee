using Research.Schedules;

namespace Research.Objectives;

/// <summary>Schedules of fractions.</summary>
static class UnitSchedule
{
    /// <summary>The value at this progress.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside [0, 1].</exception>
    public static double At(Schedule schedule, double progress, string name)
    {
        var fraction = schedule.At(progress);
        return fraction is >= 0 and <= 1
            ? fraction
            : throw new ArgumentOutOfRangeException(
                name,
                fraction,
                $"{name} is a fraction in [0, 1]; its schedule leaves it at progress {progress}."
            );
    }

    /// <summary>Looks at the whole course: a mistake in a schedule should show before training, not at the step that reaches it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside [0, 1].</exception>
    public static void Check(Schedule schedule, string name)
    {
        foreach (var progress in Course)
            _ = At(schedule, progress, name);
    }

    /// <summary>201 points of progress from 0 to 1.</summary>
    public static IEnumerable<double> Course => Enumerable.Range(0, 201).Select(i => i / 200.0);
}
