namespace Research.Language

/// A condition on an arm, for `given` and `exclude`.
[<RequireQualifiedAccess>]
type Condition =
    /// The axis has one of these labels; false if the arm does not have the axis.
    | Is of axis: string * labels: string list
    | Not of Condition
    | All of Condition list
    | Any of Condition list
    /// Any other test of the experiment, with a description.
    | Holds of description: string * (Experiment -> bool)

[<RequireQualifiedAccess>]
module Condition =
    /// Whether it holds for an arm with these coordinates (axis, label) and this experiment.
    let rec holds (axes: (string * string) list) (experiment: Experiment) condition =
        match condition with
        | Condition.Is(axis, labels) ->
            axes
            |> List.exists (fun (name, label) -> name = axis && List.contains label labels)
        | Condition.Not inner -> not (holds axes experiment inner)
        | Condition.All inner -> List.forall (holds axes experiment) inner
        | Condition.Any inner -> List.exists (holds axes experiment) inner
        | Condition.Holds(_, question) -> question experiment

    /// The condition in words.
    let rec describe condition =
        let joined (word: string) conditions =
            "(" + System.String.Join($" {word} ", List.map describe conditions) + ")"

        match condition with
        | Condition.Is(axis, [ label ]) -> $"{axis} = {label}"
        | Condition.Is(axis, labels) -> $"{axis} in [{Words.list labels}]"
        | Condition.Not inner -> $"not {describe inner}"
        | Condition.All inner -> joined "and" inner
        | Condition.Any inner -> joined "or" inner
        | Condition.Holds(description, _) -> description

    /// What the condition asks for but no arm can have; `known` are the axes with their labels.
    let rec problems (known: (string * string list) list) condition : string list =
        match condition with
        | Condition.Is(axis, labels) ->
            match known |> List.filter (fun (name, _) -> name = axis) with
            | [] ->
                let names = known |> List.map fst |> List.distinct

                [
                    if names.IsEmpty then
                        $"axis \"{axis}\" is not declared above"
                    else
                        $"axis \"{axis}\" is not declared above; known are {Words.list names}"
                ]
            | found ->
                let values = found |> List.collect snd |> List.distinct

                [
                    if labels.IsEmpty then
                        $"axis \"{axis}\": the list of values is empty"
                    for label in labels do
                        if not (List.contains label values) then
                            $"axis \"{axis}\" has no value \"{label}\"; its values are {Words.list values}"
                ]
        | Condition.Not inner -> problems known inner
        | Condition.All inner
        | Condition.Any inner -> List.collect (problems known) inner
        | Condition.Holds _ -> []

namespace Research

open Research.Language

/// Conditions in scripts: `given (is "objective" "PSD") [ ... ]`.
[<AutoOpen>]
module ConditionWords =
    /// The axis has this value, given by its label or as the value itself: `exclude (is "objective" "PSD")`.
    let is (axis: string) (value: 'value) =
        Condition.Is(axis, [ Words.label (box value) ])

    /// The axis has one of these values: `exclude (is_one_of "objective" [ "PSD"; "HN-NCE" ])`.
    let is_one_of (axis: string) (values: 'value list) =
        Condition.Is(axis, values |> List.map (fun value -> Words.label (box value)))

    /// The axis has a value other than this, or the arm does not have the axis: `exclude (is_not "objective" "PSD")`.
    let is_not (axis: string) (value: 'value) = Condition.Not(is axis value)

    /// All of them hold: `exclude (all_of [ is "objective" "PSD"; is "noise" "0" ])`.
    let all_of conditions = Condition.All conditions

    /// At least one of them holds: `exclude (any_of [ is "objective" "PSD"; is "noise" "0" ])`.
    let any_of conditions = Condition.Any conditions

    /// Any other test of the experiment, with a description for messages: `holds "large batch" (fun e -> e.Train.Batch > 256)`.
    let holds description question = Condition.Holds(description, question)
