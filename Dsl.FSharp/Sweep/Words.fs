namespace Research

open System
open Research.Language

/// The parts of sweeps as values, for `zip`, `given`, `concat` and for use in several sweeps.
[<AutoOpen>]
module VariationWords =
    /// An axis of values, which serve as labels, and a function from a value to its patch.
    let vary (name: string) (values: 'value list) (patch: 'value -> Experiment -> Experiment) : Variation =
        Variation.Axis {
            Name = name
            Values = values |> List.map (fun value -> Words.label (box value), patch value)
        }

    /// An axis of (label, patch) pairs.
    let choose (name: string) (values: (string * (Experiment -> Experiment)) list) : Variation =
        Variation.Axis { Name = name; Values = values }

    /// Axes that vary together, position by position.
    let zip (axes: Variation list) : Variation =
        axes
        |> List.map (fun axis ->
            match axis with
            | Variation.Axis axis -> axis
            | _ -> UserError.fail "zip: only axes can be zipped; make each part with vary or choose")
        |> Variation.Zip

    /// Every combination.
    let grid (parts: Variation list) : Variation = Variation.Grid parts

    /// The arms of the first, then those of the second, and so on.
    let concat (parts: Variation list) : Variation = Variation.Concat parts

    /// Varied where the condition holds.
    let given (condition: Condition) (parts: Variation list) : Variation = Variation.When(condition, parts)

    /// The same change to every arm.
    let change (note: string) (change: Experiment -> Experiment) : Variation =
        Variation.Patch($"change \"{note}\"", change)

    /// Whole sweeps, each with its own base, as an axis of their names. Seeds, baseline, halving and budget come from the outer sweep.
    let nested (axis: string) (sweeps: Sweep list) : Variation =
        for sweep in sweeps do
            for keyword, isSet in
                [
                    "seeds", sweep.Seeds <> [ 0 ]
                    "baseline", sweep.Baseline.IsSome || not sweep.CompareWith.IsEmpty
                    "halving", sweep.Halving.IsSome
                    "budget", sweep.Budget.IsSome
                ] do
                if isSet then
                    UserError.fail
                        $"nested \"{axis}\": sweep \"{sweep.Name}\" sets {keyword}, which only the outer sweep can set"

        Variation.Nested(
            axis,
            sweeps
            |> List.map (fun sweep -> sweep.Name, sweep.Base, sweep.Variations, sweep.Exclusions)
        )

    /// A time for `budget`.
    let hours (count: float) = TimeSpan.FromHours count

    /// A time for `budget`.
    let minutes (count: float) = TimeSpan.FromMinutes count
