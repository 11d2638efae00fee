namespace Research

open System
open Research.Evaluation

/// `sweep "name" { base_ clip; axis "objective" [ ... ]; seeds 5; baseline "InfoNCE" }`
type SweepBuilder internal (name: string, unset: Experiment) =
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

    /// No axes, one seed, no baseline, no budget, and no base experiment yet.
    member _.Yield(()) : Sweep = {
        Name = name
        Base = unset
        Variations = []
        Exclusions = []
        Seeds = [ 0 ]
        Baseline = None
        Halving = None
        Budget = None
    }

    member builder.Zero() = builder.Yield(())

    member _.Run(sweep: Sweep) =
        let problems =
            if obj.ReferenceEquals(sweep.Base, unset) then
                "base_ is not set; it names the experiment that the axes vary"
                :: (Sweep.problems sweep
                    |> List.filter (fun problem -> not (problem.StartsWith("arm \"", StringComparison.Ordinal))))
            else
                Sweep.problems sweep

        match problems with
        | [] -> sweep
        | problems -> Mistake.fail ($"sweep \"{name}\": " + String.Join("; ", problems))

    /// The experiment that the axes vary.
    [<CustomOperation "base_">]
    member _.Base(sweep: Sweep, experiment: Experiment) = { sweep with Base = experiment }

    /// Vary something: (label, patch) pairs. Axes that stand one after another make the grid of their values.
    [<CustomOperation "axis">]
    member _.Axis(sweep: Sweep, name: string, values: (string * (Experiment -> Experiment)) list) =
        add (Variation.Axis { Name = name; Values = values }) sweep

    /// Vary something: values, which label themselves, and the patch that a value means.
    [<CustomOperation "axis">]
    member _.Axis(sweep: Sweep, name: string, values: 'value list, patch: 'value -> Experiment -> Experiment) =
        add (vary name values patch) sweep

    /// Vary several axes together, position by position: `zip_ [ vary "batch" [ 64; 128 ] ...; vary "rate" [ 1e-3; 2e-3 ] ... ]`.
    [<CustomOperation "zip_">]
    member _.Zip(sweep: Sweep, axes: Variation list) = add (zip axes) sweep

    /// Vary further where a condition holds: `when_ (is "objective" "PSD") [ vary "soft fraction" ... ]`.
    [<CustomOperation "when_">]
    member _.When(sweep: Sweep, condition: Condition, variations: Variation list) =
        add (Variation.When(condition, variations)) sweep

    /// The arms of one variation after those of another: `concat_ [ grid [ ... ]; vary ... ]`.
    [<CustomOperation "concat_">]
    member _.Concat(sweep: Sweep, parts: Variation list) = add (Variation.Concat parts) sweep

    /// So many random points of these dimensions, drawn with a seed of their own.
    [<CustomOperation "random_sample">]
    member _.RandomSample(sweep: Sweep, count: int, seed: int, dimensions: Dimension list) =
        add (sample SampleKind.Random count seed dimensions) sweep

    /// So many points of a Latin hypercube: in each dimension they lie in different slices of equal probability.
    [<CustomOperation "latin_hypercube">]
    member _.LatinHypercube(sweep: Sweep, count: int, seed: int, dimensions: Dimension list) =
        add (sample SampleKind.LatinHypercube count seed dimensions) sweep

    /// Whole sweeps, each with its own base, as an axis of their names.
    [<CustomOperation "nested">]
    member _.Nested(sweep: Sweep, axis: string, sweeps: Sweep list) = add (nest axis sweeps) sweep

    /// Change every arm, after the axes above and before those below; the note names the change in `--explain`.
    [<CustomOperation "patch">]
    member _.Patch(sweep: Sweep, note: string, change: Experiment -> Experiment) =
        add (Variation.Patch($"patch \"{note}\"", change)) sweep

    /// Leave out the arms of which the condition holds.
    [<CustomOperation "exclude">]
    member _.Exclude(sweep: Sweep, condition: Condition) = {
        sweep with
            Exclusions = sweep.Exclusions @ [ condition ]
    }

    /// Repeat every arm with the seeds 1 to n.
    [<CustomOperation "seeds">]
    member _.Seeds(sweep: Sweep, count: int) = { sweep with Seeds = [ 1..count ] }

    /// Repeat every arm with these seeds.
    [<CustomOperation "seeds">]
    member _.Seeds(sweep: Sweep, seeds: int list) = { sweep with Seeds = seeds }

    /// The arm that the others are compared with.
    [<CustomOperation "baseline">]
    member _.Baseline(sweep: Sweep, arm: string) = { sweep with Baseline = Some arm }

    /// Successive halving: the steps of the rungs, the part of the arms that goes on to the next, and the validation metric that decides.
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

    /// Do not start when the estimated time is more than this, such as `budget (hours 2)`.
    [<CustomOperation "budget">]
    member _.Budget(sweep: Sweep, time: TimeSpan) = { sweep with Budget = Some time }

[<AutoOpen>]
module SweepKeyword =
    /// Declares experiments that belong together under the name of their results folder.
    let sweep name = SweepBuilder(name, experiment { () })
