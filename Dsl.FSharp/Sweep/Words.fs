namespace Research

open System
open Research.Language

/// The parts of sweeps as values, for `zip`, `given`, `concat` and for use in several sweeps.
[<AutoOpen>]
module VariationWords =
    /// An axis of values, which serve as labels, and a function from a value to its patch: `vary "batch" [ 64; 128 ] batch`.
    let vary (name: string) (values: 'value list) (patch: 'value -> Experiment -> Experiment) : Variation =
        Variation.Axis {
            Name = name
            Values = values |> List.map (fun value -> Words.label (box value), patch value)
        }

    /// An axis of (label, patch) pairs: `choose "objective" [ "InfoNCE", objective infonce; "PSD", objective psd ]`.
    let choose (name: string) (values: (string * (Experiment -> Experiment)) list) : Variation =
        Variation.Axis { Name = name; Values = values }

    /// Axes that vary together, position by position: `zip [ vary "batch" [ 64; 128 ] batch; vary "rate" [ 1e-3; 2e-3 ] adamw ]`.
    let zip (axes: Variation list) : Variation =
        axes
        |> List.map (fun axis ->
            match axis with
            | Variation.Axis axis -> axis
            | _ -> UserError.fail "zip: only axes can be zipped; make each part with vary or choose")
        |> Variation.Zip

    /// Every combination: `grid [ vary "beta" [ 0.25; 0.5 ] beta; vary "alpha" [ 0.9; 1.0 ] alpha ]`.
    let grid (parts: Variation list) : Variation = Variation.Grid parts

    /// The arms of the first, then those of the second, and so on: `concat [ vary "beta" [ 0.25; 0.5 ] beta; vary "alpha" [ 0.9; 1.0 ] alpha ]`.
    let concat (parts: Variation list) : Variation = Variation.Concat parts

    /// Varied where the condition holds: `given (is "objective" "PSD") [ vary "tau ratio" [ 0.5; 1.0 ] tau_ratio ]`.
    let given (condition: Condition) (parts: Variation list) : Variation = Variation.When(condition, parts)

    /// The same change to every arm: `change "twice the batch" (batch 256)`.
    let change (note: string) (change: Experiment -> Experiment) : Variation =
        Variation.Patch($"change \"{note}\"", change)

    /// Whole sweeps, each with its own base, as an axis of their names. Seeds, baseline, halving and budget come from the outer sweep.
    /// `nested "corpus" [ onEmoji; onPictograms ]`
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

    /// A time for `budget`: `budget (hours 2.0)`.
    let hours (count: float) = TimeSpan.FromHours count

    /// A time for `budget`: `budget (minutes 30.0)`.
    let minutes (count: float) = TimeSpan.FromMinutes count
