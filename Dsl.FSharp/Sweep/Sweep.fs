namespace Research

/// One thing that is varied: a name and its values, each a label and a patch of the base experiment.
type Axis = {
    Name: string
    Values: (string * (Experiment -> Experiment)) list
}

/// Experiments that belong together: every combination of the axes' values (an arm), repeated over seeds.
type Sweep = {
    Name: string
    Base: Experiment
    Axes: Axis list
    /// The repeats; each arm runs with each of them, so that arms compare seed by seed.
    Seeds: int list
    /// The arm that the others are compared with.
    Baseline: string option
}

/// A combination of axis values.
type Arm = {
    /// The axes' labels, joined by commas; the experiment's name where nothing is varied.
    Name: string
    /// (axis, label), in the order of the axes.
    Axes: (string * string) list
    Experiment: Experiment
}

[<RequireQualifiedAccess>]
module Sweep =
    let arms (sweep: Sweep) : Arm list =
        let extend arms (axis: Axis) = [
            for arm in arms do
                for label, patch in axis.Values do
                    {
                        Name = if arm.Axes.IsEmpty then label else $"{arm.Name}, {label}"
                        Axes = arm.Axes @ [ axis.Name, label ]
                        Experiment = patch arm.Experiment
                    }
        ]

        let start: Arm = {
            Name = sweep.Base.Name
            Axes = []
            Experiment = sweep.Base
        }

        List.fold extend [ start ] sweep.Axes

    let private repeated items =
        items
        |> List.countBy id
        |> List.filter (fun (_, count) -> count > 1)
        |> List.map fst

    let problems (sweep: Sweep) = [
        if System.String.IsNullOrWhiteSpace sweep.Name then
            "the sweep's name is empty; its results need a folder"
        elif sweep.Name.IndexOfAny [| '/'; '\\'; '\000' |] >= 0 || sweep.Name.StartsWith '.' then
            $"the sweep's name \"{sweep.Name}\" is to be a folder's name, without slashes and without a leading dot"
        for axis in sweep.Axes do
            if System.String.IsNullOrWhiteSpace axis.Name then
                "axis: the name is empty"

            if axis.Values.IsEmpty then
                $"axis \"{axis.Name}\" has no values: the sweep is empty"

            for label in repeated (List.map fst axis.Values) do
                $"axis \"{axis.Name}\" has two arms of the name \"{label}\""

            if axis.Values |> List.exists (fst >> System.String.IsNullOrWhiteSpace) then
                $"axis \"{axis.Name}\" has a value without a label"
        for axis in repeated (sweep.Axes |> List.map _.Name) do
            $"two axes have the name \"{axis}\""
        if sweep.Seeds.IsEmpty then
            "seeds: the list is empty: the sweep is empty"
        for seed in sweep.Seeds do
            if seed < 0 then
                $"seeds: {seed} must be at least 0"
        for seed in repeated sweep.Seeds do
            $"seeds: {seed} is named twice"

        if sweep.Axes |> List.forall (fun axis -> not axis.Values.IsEmpty) then
            let arms = arms sweep

            match sweep.Baseline with
            | Some baseline when arms |> List.forall (fun arm -> arm.Name <> baseline) ->
                $"baseline \"{baseline}\" is no arm of the sweep; its arms are {Words.list (arms |> List.map _.Name)}"
            | _ -> ()

            for _, same in arms |> List.groupBy _.Experiment do
                match same with
                | first :: second :: _ -> $"the arms \"{first.Name}\" and \"{second.Name}\" are the same experiment"
                | _ -> ()

            for arm in arms do
                for problem in Experiment.problems arm.Experiment do
                    $"arm \"{arm.Name}\": {problem}"
    ]
