namespace Research.Language

open System
open Research
open Research.Evaluation

/// `sweep "name" clip { axis "objective" [ ... ]; seeds 5; baseline "InfoNCE" }`
type SweepBuilder internal (name: string, basis: Experiment) =
    let add variation (sweep: Sweep) = {
        sweep with
            Variations = sweep.Variations @ [ variation ]
    }

    let sample kind count seed dimensions =
        Variation.Sample {
            Kind = kind
            Count = count
            Seed = seed
            Dimensions = dimensions
        }

    /// No axes, one seed, no baseline and no budget.
    member _.Yield(()) : Sweep = {
        Name = name
        Base = basis
        Variations = []
        Exclusions = []
        Seeds = [ 0 ]
        Baseline = None
        CompareWith = []
        Halving = None
        Budget = None
    }

    member builder.Zero() = builder.Yield(())

    member _.Run(sweep: Sweep) =
        match Sweep.problems sweep with
        | [] -> sweep
        | problems -> UserError.fail ($"sweep \"{name}\": " + String.Join("; ", problems))

    /// Vary something: (label, patch) pairs. Consecutive axes make the grid of their values.
    /// `axis "objective" [ "InfoNCE", objective infonce; "PSD", objective psd ]`
    [<CustomOperation "axis">]
    member _.Axis(sweep: Sweep, name: string, values: (string * (Experiment -> Experiment)) list) =
        add (Variation.Axis { Name = name; Values = values }) sweep

    /// Vary something: values, which serve as labels, and a function from a value to its patch.
    [<CustomOperation "axis">]
    member _.Axis(sweep: Sweep, name: string, values: 'value list, patch: 'value -> Experiment -> Experiment) =
        add (vary name values patch) sweep

    /// Vary several axes together, position by position: `zip [ vary "batch" [ 64; 128 ] ...; vary "rate" [ 1e-3; 2e-3 ] ... ]`.
    [<CustomOperation "zip">]
    member _.Zip(sweep: Sweep, axes: Variation list) = add (zip axes) sweep

    /// Vary more where a condition holds: `given (is "objective" "PSD") [ vary "soft fraction" ... ]`.
    [<CustomOperation "given">]
    member _.When(sweep: Sweep, condition: Condition, variations: Variation list) =
        add (Variation.When(condition, variations)) sweep

    /// The arms of one variation, then those of another: `concat [ grid [ ... ]; vary ... ]`.
    [<CustomOperation "concat">]
    member _.Concat(sweep: Sweep, parts: Variation list) = add (Variation.Concat parts) sweep

    /// This many random points of these dimensions, drawn with their own seed: `random_sample 20 1 [ log_uniform "learning rate" 1e-4 1e-2 adamw ]`.
    [<CustomOperation "random_sample">]
    member _.RandomSample(sweep: Sweep, count: int, seed: int, dimensions: Dimension list) =
        add (sample SampleKind.Random count seed dimensions) sweep

    /// This many points of a Latin hypercube: in each dimension they lie in different slices of equal probability.
    /// `latin_hypercube 12 1 [ log_uniform "rate" 1e-4 1e-2 adamw ]`
    [<CustomOperation "latin_hypercube">]
    member _.LatinHypercube(sweep: Sweep, count: int, seed: int, dimensions: Dimension list) =
        add (sample SampleKind.LatinHypercube count seed dimensions) sweep

    /// Whole sweeps, each with its own base, as an axis of their names: `nested "corpus" [ onEmoji; onPictograms ]`.
    [<CustomOperation "nested">]
    member _.Nested(sweep: Sweep, axis: string, sweeps: Sweep list) = add (nested axis sweeps) sweep

    /// Change every arm, after the axes above and before those below; `--explain` shows the change under the note.
    /// `change "twice the batch" (batch 256)`
    [<CustomOperation "change">]
    member _.Change(sweep: Sweep, note: string, change: Experiment -> Experiment) =
        add (Variation.Patch($"change \"{note}\"", change)) sweep

    /// Leave out the arms for which the condition holds: `exclude (is "objective" "InfoNCE")`.
    [<CustomOperation "exclude">]
    member _.Exclude(sweep: Sweep, condition: Condition) = {
        sweep with
            Exclusions = sweep.Exclusions @ [ condition ]
    }

    /// Repeat every arm with the seeds 1 to n: `seeds 5`.
    [<CustomOperation "seeds">]
    member _.Seeds(sweep: Sweep, count: int) = { sweep with Seeds = [ 1..count ] }

    /// Repeat every arm with these seeds.
    [<CustomOperation "seeds">]
    member _.Seeds(sweep: Sweep, seeds: int list) = { sweep with Seeds = seeds }

    /// The arm to compare the others with: `baseline "InfoNCE"`.
    [<CustomOperation "baseline">]
    member _.Baseline(sweep: Sweep, arm: string) = { sweep with Baseline = Some arm }

    /// The same by its values: `compare_with [ "filter", "all"; "concepts", "none" ]`.
    [<CustomOperation "compare_with">]
    member _.CompareWith(sweep: Sweep, values: (string * string) list) = { sweep with CompareWith = values }

    /// Successive halving: the steps of the rungs, the share of arms that reaches the next rung, and the validation metric that decides.
    /// `halving [ 100; 300; 900 ] 3.0 validation.r10`
    [<CustomOperation "halving">]
    member _.Halving(sweep: Sweep, rungs: int list, keep: float, metric: Metric) = {
        sweep with
            Halving =
                Some {
                    Rungs = rungs
                    Keep = keep
                    Metric = metric
                }
    }

    /// Refuse to start if the estimated time exceeds this, such as `budget (hours 2)`.
    [<CustomOperation "budget">]
    member _.Budget(sweep: Sweep, time: TimeSpan) = { sweep with Budget = Some time }

namespace Research

open Research.Language

[<AutoOpen>]
module SweepWords =
    /// Declares variations of one experiment, under the name of their results folder.
    /// `sweep "noise" clip { axis "wrong" [ 0.0; 0.5 ] shuffled_captions; seeds 5 }`
    let sweep (name: string) (basis: Experiment) = SweepBuilder(name, basis)
