namespace Research

/// `sweep "name" { base_ clip; axis "objective" [ ... ]; seeds 5; baseline "InfoNCE" }`
type SweepBuilder internal (name: string, unset: Experiment) =
    /// No axes, one seed, no baseline, and no base experiment yet.
    member _.Yield(()) : Sweep = {
        Name = name
        Base = unset
        Axes = []
        Seeds = [ 0 ]
        Baseline = None
    }

    member builder.Zero() = builder.Yield(())

    member _.Run(sweep: Sweep) =
        let problems = [
            if obj.ReferenceEquals(sweep.Base, unset) then
                "base_ is not set; it names the experiment that the axes vary"
            yield! Sweep.problems sweep
        ]

        match problems with
        | [] -> sweep
        | problems -> Mistake.fail ($"sweep \"{name}\": " + System.String.Join("; ", problems))

    /// The experiment that the axes vary.
    [<CustomOperation "base_">]
    member _.Base(sweep: Sweep, experiment: Experiment) = { sweep with Base = experiment }

    /// Vary something: (label, patch) pairs.
    [<CustomOperation "axis">]
    member _.Axis(sweep: Sweep, name: string, values: (string * (Experiment -> Experiment)) list) = {
        sweep with
            Axes = sweep.Axes @ [ { Name = name; Values = values } ]
    }

    /// Vary something: values, which label themselves, and the patch that a value means.
    [<CustomOperation "axis">]
    member _.Axis(sweep: Sweep, name: string, values: 'value list, patch: 'value -> Experiment -> Experiment) = {
        sweep with
            Axes =
                sweep.Axes
                @ [
                    {
                        Name = name
                        Values = values |> List.map (fun value -> Words.label (box value), patch value)
                    }
                ]
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

[<AutoOpen>]
module SweepKeyword =
    /// Declares experiments that belong together under the name of their results folder.
    let sweep name = SweepBuilder(name, experiment { () })
