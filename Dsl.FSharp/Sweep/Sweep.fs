namespace Research.Language

open System

/// Experiments that belong together: arms, repeated over seeds.
type Sweep = {
    Name: string
    Base: Experiment
    /// The variations that make arms from the base, in order.
    Variations: Variation list
    /// Conditions that leave out an arm if any of them holds.
    Exclusions: Condition list
    /// The repeats; each arm runs with each seed, so that arms compare seed by seed.
    Seeds: int list
    /// The arm to compare the others with.
    Baseline: string option
    /// The same, by its values (axis, label).
    CompareWith: (string * string) list
    /// Arms drop out rung by rung.
    Halving: Halving option
    /// Training does not start if its estimated time exceeds this.
    Budget: TimeSpan option
}

[<RequireQualifiedAccess>]
module Sweep =
    let private expanded (sweep: Sweep) : Arm list =
        Variation.expandAll
            [
                {
                    Name = sweep.Base.Name
                    Axes = []
                    Experiment = sweep.Base
                    Trace = []
                    Problem = None
                }
            ]
            sweep.Variations

    let private excluded (sweep: Sweep) (arm: Arm) =
        sweep.Exclusions |> List.exists (Condition.holds arm.Axes arm.Experiment)

    let private tryExpand sweep =
        UserError.attempt (fun () -> expanded sweep)

    /// The arms in table order, without the excluded ones.
    let arms (sweep: Sweep) : Arm list =
        match tryExpand sweep with
        | Error message -> UserError.fail $"sweep \"{sweep.Name}\": {message}"
        | Ok arms ->
            let arms = arms |> List.filter (excluded sweep >> not)

            match arms |> List.tryPick _.Problem with
            | Some problem -> UserError.fail $"sweep \"{sweep.Name}\": {problem}"
            | None -> arms

    /// The axes with the labels that occur in arms, in order of appearance.
    let axes (arms: Arm list) : (string * string list) list =
        arms
        |> List.collect _.Axes
        |> List.groupBy fst
        |> List.map (fun (axis, labels) -> axis, labels |> List.map snd |> List.distinct)

    let private matches (sweep: Sweep) (arms: Arm list) =
        arms
        |> List.filter (fun arm -> sweep.CompareWith |> List.forall (fun value -> List.contains value arm.Axes))

    /// The name of the arm to compare the others with, if there is one: `baseline "InfoNCE"`.
    let baseline (sweep: Sweep) (arms: Arm list) : string option =
        match sweep.Baseline, sweep.CompareWith with
        | None, _ :: _ -> matches sweep arms |> List.tryHead |> Option.map _.Name
        | named, _ -> named

    let private comparisonProblems (sweep: Sweep) (arms: Arm list) = [
        let named =
            sweep.CompareWith
            |> List.map (fun (axis, label) -> $"{axis} = {label}")
            |> Words.list

        if not sweep.CompareWith.IsEmpty then
            if sweep.Baseline.IsSome then
                "compare_with and baseline both name the arm to compare with; keep one"
            else
                match matches sweep arms with
                | [ _ ] -> ()
                | [] -> $"compare_with: no arm has {named}"
                | several ->
                    $"compare_with: {several.Length} arms have {named}, such as {several[0].Name} and {several[1].Name}; name a value of every axis"
    ]

    let private repeated items =
        items
        |> List.countBy id
        |> List.filter (fun (_, count) -> count > 1)
        |> List.map fst

    let private exclusionProblems (sweep: Sweep) (all: Arm list) = [
        let known = sweep.Variations |> List.collect Variation.axes

        for condition in sweep.Exclusions do
            match Condition.problems known condition with
            | [] ->
                if
                    all
                    |> List.forall (fun arm -> not (Condition.holds arm.Axes arm.Experiment condition))
                then
                    $"exclude: no arm has {Condition.describe condition}"
            | problems ->
                for problem in problems do
                    $"exclude: {problem}"

        if not all.IsEmpty && List.forall (excluded sweep) all then
            "exclude: no arm is left, so the sweep is empty"
    ]

    let private nameProblems (names: string list) = [
        for name in List.distinct names do
            if not (Research.Printing.PrintableText.IsPrintable name) then
                $"the name \"{Research.Printing.PrintableText.Of name}\" has a control or invisible formatting character, shown here as \\u and its code, which tables, figures and terminals cannot show: remove it"
    ]

    let private armProblems (sweep: Sweep) (arms: Arm list) = [
        // An arm's name consists of its labels, which are checked separately.
        yield!
            nameProblems [
                for arm in arms do
                    if arm.Axes.IsEmpty then
                        arm.Name

                    for axis, label in arm.Axes do
                        axis
                        label
            ]

        for arm in arms do
            yield! Option.toList arm.Problem

            for axis in repeated (List.map fst arm.Axes) do
                $"arm \"{arm.Name}\": two axes have the name \"{axis}\""

        yield! comparisonProblems sweep arms

        for name in repeated (arms |> List.map _.Name) do
            $"two arms have the name \"{name}\""

        match sweep.Baseline with
        | Some baseline when arms |> List.forall (fun arm -> arm.Name <> baseline) ->
            $"baseline \"{baseline}\" is not an arm of the sweep; its arms are {Words.list (arms |> List.map _.Name)}"
        | _ -> ()

        for _, same in arms |> List.filter _.Problem.IsNone |> List.groupBy _.Experiment do
            match same with
            | first :: second :: _ when first.Name <> second.Name ->
                $"the arms \"{first.Name}\" and \"{second.Name}\" are the same experiment"
            | _ -> ()

        for arm in arms |> List.filter _.Problem.IsNone do
            for problem in Experiment.problems arm.Experiment do
                $"arm \"{arm.Name}\": {problem}"
    ]

    /// Reports a mistake that every arm repeats only once.
    let private fewer (problems: string list) = List.distinct problems

    let problems (sweep: Sweep) = [
        if String.IsNullOrWhiteSpace sweep.Name then
            "the sweep's name is empty, but it names the results folder"
        elif sweep.Name.IndexOfAny [| '/'; '\\'; '\000' |] >= 0 || sweep.Name.StartsWith '.' then
            $"the sweep's name \"{sweep.Name}\" must be a folder name without slashes and without a leading dot"

        yield! nameProblems [ sweep.Name ]

        if sweep.Seeds.IsEmpty then
            "seeds: the list is empty, so the sweep is empty"
        for seed in sweep.Seeds do
            if seed < 0 then
                $"seeds: {seed} must be at least 0"
        for seed in repeated sweep.Seeds do
            $"seeds: {seed} is named twice"
        match sweep.Budget with
        | Some budget when budget <= TimeSpan.Zero -> "budget: the time must be positive"
        | _ -> ()
        yield! sweep.Halving |> Option.map Halving.problems |> Option.defaultValue []

        let standing =
            repeated (
                sweep.Variations
                |> List.choose (fun variation ->
                    match variation with
                    | Variation.Axis axis -> Some axis.Name
                    | _ -> None)
            )

        if
            sweep.Halving.IsSome
            && sweep.Variations
               |> List.collect Variation.axes
               |> List.exists (fun (axis, _) -> axis = "rung")
        then
            "halving makes its own axis \"rung\"; give the sweep's axis another name"

        for axis in standing do
            $"two axes have the name \"{axis}\""

        match Variation.problems [] sweep.Variations with
        | [] when standing.IsEmpty ->
            match tryExpand sweep with
            | Error message -> message
            | Ok all ->
                match exclusionProblems sweep all with
                | [] -> yield! fewer (armProblems sweep (all |> List.filter (excluded sweep >> not)))
                | problems -> yield! problems
        | problems -> yield! problems
    ]
