namespace Research.Language

open System

/// One varied quantity: a name and its values, each a label and a patch of the experiment.
type Axis = {
    Name: string
    Values: (string * (Experiment -> Experiment)) list
}

/// A combination of axis values.
type Arm = {
    /// The axes' labels, joined by commas; the experiment's name where nothing is varied.
    Name: string
    /// (axis, label), in the order of the axes.
    Axes: (string * string) list
    Experiment: Experiment
    /// The changes from the base to the experiment, in order, with the experiment after each: `axis "batch" = 64`, `change "long"`.
    Trace: (string * Experiment) list
    /// The first patch that did not apply, with its reason: an error, unless the arm is excluded.
    Problem: string option
}

/// Makes arms from an experiment. A sweep's variations apply in order, each to every arm of those before it.
[<RequireQualifiedAccess>]
type Variation =
    /// One arm for each value.
    | Axis of Axis
    /// One arm for each position: the axes vary together and have equally many values.
    | Zip of Axis list
    /// Every combination.
    | Grid of Variation list
    /// The arms of the first, then those of the second, and so on.
    | Concat of Variation list
    /// The grid of these where the condition holds; the arm unchanged where it does not.
    | When of Condition * Variation list
    /// One arm for each point.
    | Sample of Sample
    /// The same change to every arm.
    | Patch of note: string * (Experiment -> Experiment)
    /// Whole sweeps with their own bases, as an axis of their names.
    | Nested of axis: string * (string * Experiment * Variation list * Condition list) list

[<RequireQualifiedAccess>]
module Variation =
    let private patched (source: string) (patch: Experiment -> Experiment) (arm: Arm) =
        match arm.Problem with
        | Some _ -> arm
        | None ->
            match UserError.attempt (fun () -> patch arm.Experiment) with
            | Ok experiment -> {
                arm with
                    Experiment = experiment
                    Trace = arm.Trace @ [ source, experiment ]
              }
            | Error message -> {
                arm with
                    Problem = Some $"{source}: {message}"
              }

    let private choose (axis: string) (label: string) patch (arm: Arm) =
        let arm = patched $"axis \"{axis}\" = {label}" patch arm

        {
            arm with
                Name = if arm.Axes.IsEmpty then label else $"{arm.Name}, {label}"
                Axes = arm.Axes @ [ axis, label ]
        }

    /// The arms that a variation makes from one. An arm whose patch does not apply records that.
    let rec expand (arm: Arm) (variation: Variation) : Arm list =
        match variation with
        | Variation.Axis axis -> [ for label, patch in axis.Values -> choose axis.Name label patch arm ]
        | Variation.Zip axes ->
            let length = axes |> List.map _.Values.Length |> List.min

            [
                for i in 0 .. length - 1 ->
                    axes
                    |> List.fold
                        (fun arm axis ->
                            let label, patch = axis.Values[i]
                            choose axis.Name label patch arm)
                        arm
            ]
        | Variation.Grid inner -> expandAll [ arm ] inner
        | Variation.Concat parts -> parts |> List.collect (expand arm)
        | Variation.When(condition, inner) ->
            if Condition.holds arm.Axes arm.Experiment condition then
                expandAll [ arm ] inner
            else
                [ arm ]
        | Variation.Sample sample ->
            Sample.points sample
            |> List.map (List.fold (fun arm (axis, label, patch) -> choose axis label patch arm) arm)
        | Variation.Patch(note, patch) -> [ patched note patch arm ]
        | Variation.Nested(axis, sweeps) -> [
            for name, basis, inner, exclusions in sweeps do
                let start = choose axis name (fun _ -> basis) arm

                yield!
                    expandAll [ start ] inner
                    |> List.filter (fun arm ->
                        exclusions |> List.forall (Condition.holds arm.Axes arm.Experiment >> not))
          ]

    /// Applies variations one after another, each to every arm.
    and expandAll (arms: Arm list) (variations: Variation list) : Arm list =
        variations
        |> List.fold (fun arms variation -> arms |> List.collect (fun arm -> expand arm variation)) arms

    /// The axes with their labels, in order of appearance.
    let rec axes (variation: Variation) : (string * string list) list =
        match variation with
        | Variation.Axis axis -> [ axis.Name, List.map fst axis.Values ]
        | Variation.Zip axes -> axes |> List.map (fun axis -> axis.Name, List.map fst axis.Values)
        | Variation.Grid inner
        | Variation.Concat inner
        | Variation.When(_, inner) -> inner |> List.collect axes
        | Variation.Sample sample ->
            match Sample.problems sample with
            | [] ->
                Sample.points sample
                |> List.collect (List.map (fun (axis, label, _) -> axis, label))
                |> List.groupBy fst
                |> List.map (fun (axis, labels) -> axis, labels |> List.map snd |> List.distinct)
            | _ -> []
        | Variation.Patch _ -> []
        | Variation.Nested(axis, sweeps) ->
            (axis, sweeps |> List.map (fun (name, _, _, _) -> name))
            :: (sweeps |> List.collect (fun (_, _, inner, _) -> inner |> List.collect axes))

    let private repeated items =
        items
        |> List.countBy id
        |> List.filter (fun (_, count) -> count > 1)
        |> List.map fst

    let private axisProblems (axis: Axis) = [
        if String.IsNullOrWhiteSpace axis.Name then
            "axis: the name is empty"

        if axis.Values.IsEmpty then
            $"axis \"{axis.Name}\" has no values, so the sweep is empty"

        for label in repeated (List.map fst axis.Values) do
            $"axis \"{axis.Name}\" has two arms named \"{label}\""

        if axis.Values |> List.exists (fst >> String.IsNullOrWhiteSpace) then
            $"axis \"{axis.Name}\" has a value without a label"
    ]

    /// What is wrong with consecutive variations; `known` are the axes above them.
    let rec problems (known: (string * string list) list) (variations: Variation list) : string list =
        match variations with
        | [] -> []
        | variation :: rest -> own known variation @ problems (known @ axes variation) rest

    and private own known variation : string list =
        let empty keyword items =
            if List.isEmpty items then
                [ $"{keyword}: the list is empty" ]
            else
                []

        match variation with
        | Variation.Axis axis -> axisProblems axis
        | Variation.Zip axes -> [
            yield! empty "zip" axes
            yield! List.collect axisProblems axes

            match axes |> List.distinctBy _.Values.Length with
            | first :: other :: _ ->
                $"zip: axis \"{first.Name}\" has {first.Values.Length} values and axis \"{other.Name}\" has {other.Values.Length}; zipped axes need equally many"
            | _ -> ()
          ]
        | Variation.Grid inner -> empty "grid" inner @ problems known inner
        | Variation.Concat parts ->
            empty "concat" parts
            @ (parts |> List.collect (fun part -> problems known [ part ]))
        | Variation.When(condition, inner) -> [
            yield!
                Condition.problems known condition
                |> List.map (fun problem -> $"given: {problem}")
            yield! empty "given" inner
            yield! problems known inner
          ]
        | Variation.Sample sample -> Sample.problems sample
        | Variation.Patch _ -> []
        | Variation.Nested(axis, sweeps) -> [
            yield! empty "nested" sweeps

            for name in repeated (sweeps |> List.map (fun (name, _, _, _) -> name)) do
                $"nested \"{axis}\" has two sweeps named \"{name}\""

            for name, _, inner, exclusions in sweeps do
                let place problem =
                    $"nested \"{axis}\", sweep \"{name}\": {problem}"

                yield! problems [] inner |> List.map place

                for condition in exclusions do
                    yield!
                        Condition.problems (List.collect axes inner) condition
                        |> List.map (fun problem -> place $"exclude: {problem}")
          ]
