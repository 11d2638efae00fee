namespace Research.Language

/// A value that changes over training, the core's: progress runs from 0 at the first step to 1 at the last.
type Schedule = Research.Schedules.Schedule

[<RequireQualifiedAccess>]
module Schedule =
    /// The schedule that `build` makes; what the core refuses is the script's mistake.
    let make (build: unit -> Schedule) : Schedule =
        try
            build ()
        with :? System.ArgumentException as error ->
            UserError.fail (Words.message error)

    /// A setting that is a schedule with values in [low, high].
    let value (low: float) (high: float) : Value<Schedule> = {
        Allowed = $"a schedule with values in [{Words.number low}, {Words.number high}]"
        Encode = fun schedule -> schedule.ToJson()
        Decode =
            fun at ->
                try
                    Schedule.FromJson at.Node
                with :? System.IO.InvalidDataException as error ->
                    at.Fail $"is no schedule: {error.Message}"
        Text = _.Label
        Problems = fun key schedule -> schedule.Outside(key, low, high) |> Option.ofObj |> Option.toList
    }

namespace Research

open Research.Language

/// Schedules: values that change over training.
[<AutoOpen>]
module ScheduleWords =
    let private points (points: (float * float) list) =
        points |> List.map (fun (at, value) -> struct (at, value)) |> Array.ofList

    /// The same value throughout training: `soft_fraction (constant 0.5)`.
    let constant (value: float) =
        Schedule.make (fun () -> Schedule.Constant value)

    /// A straight line from the value at the first step to the value at the last: `linear 0 0.4`.
    let linear (from: float) (towards: float) =
        Schedule.make (fun () -> Schedule.Linear(from, towards))

    /// Half a cosine from the value at the first step to the value at the last, flat at both ends: `cosine 0 0.8`.
    let cosine (from: float) (towards: float) =
        Schedule.make (fun () -> Schedule.Cosine(from, towards))

    /// A staircase of (progress, the value from there on), the first at progress 0: `step [ 0.0, 0.0; 0.5, 0.8 ]`.
    let step (steps: (float * float) list) =
        Schedule.make (fun () -> Schedule.Step(points steps))

    /// Straight lines through (progress, value), from progress 0 to 1: `piecewise [ 0.0, 0.0; 0.1, 0.4; 1.0, 0.4 ]`.
    let piecewise (knots: (float * float) list) =
        Schedule.make (fun () -> Schedule.Piecewise(points knots))

    /// A linear rise from 0 over a fraction of training, then another schedule over the rest: `warm_up 0.1 (cosine 1 0)`.
    let warm_up (fraction: float) (after: Schedule) =
        Schedule.make (fun () -> Schedule.Warmup(fraction, after))

    /// Any function of progress, under a name: `schedule "square" (fun progress -> progress ** 2.0)`. It is asked at 101 points and runs
    /// straight between them.
    let schedule (name: string) (value: float -> float) =
        Schedule.make (fun () -> Schedule.Of(name, value))
