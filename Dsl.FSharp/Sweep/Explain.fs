namespace Research.Language

/// The source of a value.
[<RequireQualifiedAccess>]
type Source =
    /// The default, with its reason if one is recorded.
    | Default of reason: string option
    /// The encoder's preset.
    | Preset of name: string
    /// The sweep's base experiment.
    | Base
    /// An axis, a patch or an option of the command line.
    | Change of string

    override source.ToString() =
        match source with
        | Source.Default None -> "default"
        | Source.Default(Some reason) -> $"default {reason}"
        | Source.Preset name -> $"preset {name}"
        | Source.Base -> "base"
        | Source.Change what -> what

/// One value of an arm with its source.
type Explained = {
    /// Its path in config.json, such as "train.batch".
    Path: string
    Value: string
    Source: Source
}

/// Every value of every arm with its source, for `--explain`.
[<RequireQualifiedAccess>]
module Explain =
    let private values (experiment: Experiment) =
        Experiment.lines experiment
        |> List.map (fun line -> line.Path, line.Value)
        |> Map.ofList

    let private kindPath = "objective.kind"

    let private ofObjective (path: string) =
        path.StartsWith("objective.", System.StringComparison.Ordinal)
        && path <> kindPath

    /// `axis "batch"` of `axis "batch" = 64`.
    let private changer (source: string) =
        match source.IndexOf(" = ", System.StringComparison.Ordinal) with
        | -1 -> source
        | at -> source.Substring(0, at)

    /// The steps from the base to the arm: the change, the values before and after, and whether the kind of objective changed.
    let private steps (sweep: Sweep) (arm: Arm) =
        arm.Trace
        |> List.fold
            (fun (before, steps) (source, experiment) ->
                let after = values experiment
                let otherKind = Map.tryFind kindPath before <> Map.tryFind kindPath after
                after, (source, before, after, otherKind) :: steps)
            (values sweep.Base, [])
        |> snd
        |> List.rev

    /// The paths that an axis or a patch changes in any arm: even if a value equals the base's, its source is the axis.
    let private touched (sweep: Sweep) (arms: Arm list) : Set<string * string> =
        set [
            for arm in arms do
                for source, before, after, otherKind in steps sweep arm do
                    for KeyValue(path, value) in after do
                        if Map.tryFind path before <> Some value && not (otherKind && ofObjective path) then
                            changer source, path
        ]

    let private explain (sweep: Sweep) (touched: Set<string * string>) (arm: Arm) : Explained list =
        let steps = steps sweep arm

        let plain (line: SettingLine) otherwise =
            if line.IsDefault then
                Source.Default line.Reason
            else
                otherwise

        let source (line: SettingLine) =
            steps
            |> List.fold
                (fun found (source, _, _, otherKind) ->
                    if otherKind && ofObjective line.Path then
                        plain line (Source.Change source)
                    elif touched.Contains(changer source, line.Path) then
                        Source.Change source
                    else
                        found)
                (plain line Source.Base)

        [
            for line in Experiment.lines arm.Experiment do
                {
                    Path = line.Path
                    Value = line.Value
                    Source = source line
                }

            for path, value, preset in Experiment.presets arm.Experiment do
                {
                    Path = path
                    Value = value
                    Source = Source.Preset preset
                }
        ]

    /// The values common to all arms, and each arm's others.
    let sweep (sweep: Sweep) : Explained list * (string * Explained list) list =
        let all = Sweep.arms sweep
        let touched = touched sweep all
        let arms = all |> List.map (fun arm -> arm.Name, explain sweep touched arm)

        let shared =
            match arms with
            | [] -> []
            | (_, first) :: rest ->
                first
                |> List.filter (fun value -> rest |> List.forall (fun (_, values) -> List.contains value values))

        shared,
        arms
        |> List.map (fun (name, values) -> name, values |> List.filter (fun value -> not (List.contains value shared)))
