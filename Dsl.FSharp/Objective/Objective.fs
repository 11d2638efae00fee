namespace Research.Language

open System
open System.Text.Json.Nodes

/// What defines a kind of objective; everything that is done with objectives is derived from it.
[<RequireQualifiedAccess>]
type ObjectiveKind<'s> = {
    /// Its word in config.json, such as "psd".
    Kind: string
    Settings: Settings<'s>
    /// The name on an axis.
    Label: 's -> string
    /// The core's name, which stands before the diagnostics of a sum's parts.
    Name: 's -> string
    /// Whose embeddings make its soft targets, if it has any.
    Teacher: 's -> Teacher option
    /// The diagnostics that it logs besides "accuracy".
    Diagnostics: 's -> string list
    /// Whether it learns parameters of its own, so that a sum can hold it only once.
    HasParameters: bool
    /// The version of its code, to be raised when what it computes changes; 1 is not hashed.
    Version: int
    /// The core's objective.
    ToCore: 's -> Research.Objectives.IObjective
}

/// Diagnostics that several kinds of objective log.
[<RequireQualifiedAccess>]
module Diagnostics =
    let hardNegatives = [ "negative_weight"; "effective_negatives" ]
    let softTargets = [ "target_entropy"; "soft_gradient_norm" ]

/// An objective of one kind with its settings, of any type.
[<AbstractClass>]
type ObjectivePart() =
    abstract Kind: string
    abstract Label: string
    abstract Name: string
    abstract Teacher: Teacher option
    abstract Diagnostics: string list
    abstract HasParameters: bool
    abstract Version: int
    abstract Problems: string list
    abstract Keys: string list
    abstract Encode: unit -> JsonNode
    abstract Hash: unit -> JsonNode
    abstract Lines: string -> SettingLine list
    /// The same with another value, which must lie in its range, for the setting of this key and type; None if it has no such setting.
    abstract TrySet: key: string * value: objnull -> ObjectivePart option
    abstract ToCore: unit -> Research.Objectives.IObjective
    /// The record of its settings.
    abstract Settings: objnull
    /// The same kind with another record of settings.
    abstract With: settings: objnull -> ObjectivePart

[<Sealed>]
type ObjectivePart<'s when 's: equality>(kind: ObjectiveKind<'s>, settings: 's) =
    inherit ObjectivePart()

    let withKind (node: JsonNode) =
        (node :?> JsonObject).Insert(0, "kind", Json.text kind.Kind)
        node

    member _.Own = settings
    override _.Settings = box settings

    override _.With other =
        ObjectivePart<'s>(kind, unbox<'s> other) :> ObjectivePart

    override _.Kind = kind.Kind
    override _.Label = kind.Label settings
    override _.Name = kind.Name settings
    override _.Teacher = kind.Teacher settings
    override _.Diagnostics = "accuracy" :: kind.Diagnostics settings
    override _.HasParameters = kind.HasParameters
    override _.Version = kind.Version

    override _.Problems =
        Settings.problems kind.Settings settings
        |> List.map (fun problem -> $"{kind.Kind}: {problem}")

    override _.Keys = kind.Settings.Items |> List.map _.Key

    override _.Encode() =
        withKind (Settings.encode kind.Settings settings)

    override _.Hash() =
        withKind (Settings.hash kind.Settings settings)

    override _.Lines path = [
        {
            Path = $"{path}.kind"
            Value = kind.Kind
            IsDefault = false
            Reason = None
        }
        yield! Settings.lines kind.Settings path settings
    ]

    override _.TrySet(key, value) =
        kind.Settings.Items
        |> List.tryFind (fun item -> item.Key = key)
        |> Option.bind (fun item ->
            item.TrySet value settings
            |> Option.map (fun changed ->
                item.Problems changed
                |> List.map (fun problem -> $"{kind.Kind}: {problem}")
                |> UserError.failAny

                ObjectivePart<'s>(kind, changed)))

    override _.ToCore() = kind.ToCore settings

    override _.Equals other =
        match other with
        | :? ObjectivePart<'s> as other -> other.Kind = kind.Kind && other.Settings = settings
        | _ -> false

    override _.GetHashCode() = HashCode.Combine(kind.Kind, settings)

/// What is minimised.
[<NoComparison>]
type Objective =
    | Only of ObjectivePart
    /// A weighted sum over the same batch.
    | Sum of (float * Objective) list

    member private objective.Joined(name: ObjectivePart -> string, number: float -> string) : string =
        match objective with
        | Only part -> name part
        | Sum parts ->
            let words =
                parts
                |> List.map (fun (weight, part) ->
                    let inner = part.Joined(name, number)
                    if weight = 1.0 then inner else $"{number weight} {inner}")

            String.Join(" + ", words)

    /// The name on an axis.
    member objective.Label: string = objective.Joined(_.Label, Words.number)

    /// The core's name.
    member objective.Name: string =
        objective.Joined(_.Name, _.ToString("g4", Globalization.CultureInfo.InvariantCulture))

    override objective.ToString() = objective.Label

    // Earlier versions wrote psd { soft_fraction ... }.
    [<CompilerMessage("settings of an objective are functions: write psd |> soft_fraction (cosine 0 0.8)",
                      10012,
                      IsError = true,
                      IsHidden = true)>]
    member objective.Zero() = objective

    interface IHas<Objective, Objective> with
        member objective.Change change = change objective

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =
    /// An objective of this kind with its defaults.
    let ofKind (kind: ObjectiveKind<'s>) =
        Only(ObjectivePart<'s>(kind, kind.Settings.Defaults))

    /// An objective of this kind with these settings.
    let make (kind: ObjectiveKind<'s>) (settings: 's) = Only(ObjectivePart<'s>(kind, settings))

    /// The settings, where the objective is of this kind.
    let (|OfKind|_|) (_: ObjectiveKind<'s>) objective =
        match objective with
        | Only(:? ObjectivePart<'s> as part) -> Some part.Own
        | _ -> None

    /// The parts that are not sums themselves.
    let rec parts objective : ObjectivePart list =
        match objective with
        | Only part -> [ part ]
        | Sum summands -> summands |> List.collect (snd >> parts)

    /// The teacher that a batch has, if it has one.
    let teacher objective =
        parts objective |> List.tryPick _.Teacher

    /// Whether training keeps a moving average of the weights.
    let hasEma objective =
        match teacher objective with
        | Some(Ema _) -> true
        | _ -> false

    /// The weights of a frozen teacher: a run folder or a file.
    let frozenWeights objective =
        match teacher objective with
        | Some(Frozen weights) -> Some weights
        | _ -> None

    /// Forward passes of a step besides the network's own.
    let extraPasses objective =
        match teacher objective with
        | Some(Ema _)
        | Some(Frozen _) -> 1
        | _ -> 0

    /// The kinds in it with the versions of their code, where that is not 1.
    let versions objective = [
        for part in parts objective do
            if part.Version <> 1 then
                part.Kind, part.Version
    ]

    /// The diagnostics that training logs, without "train." in front.
    let rec diagnostics objective : string list =
        match objective with
        | Only part -> part.Diagnostics
        | Sum parts -> [
            "accuracy"
            for _, part in parts do
                $"loss.{part.Name}"

                for diagnostic in diagnostics part do
                    diagnostic
                    $"{part.Name}.{diagnostic}"
          ]

    let private together (objective: Objective) = [
        let parts = parts objective

        match parts |> List.choose _.Teacher |> List.distinct with
        | first :: second :: _ -> $"plus: the parts have different teachers, {first} and {second}, but a batch has one"
        | _ -> ()

        for kind, count in parts |> List.filter _.HasParameters |> List.countBy _.Kind do
            if count > 1 then
                $"plus: {kind} learns parameters of its own and stands in the sum twice"
    ]

    /// Everything that is wrong.
    let rec problems objective : string list =
        match objective with
        | Only part -> part.Problems
        | Sum parts -> [
            for weight, part in parts do
                if weight = 0.0 || not (Double.IsFinite weight) then
                    $"plus: the weight {Words.number weight} of {part.Label} must be a finite number other than 0"

                yield! problems part
            yield! together objective
          ]

    let rec private json (ofPart: ObjectivePart -> JsonNode) objective : JsonNode =
        match objective with
        | Only part -> ofPart part
        | Sum parts ->
            Json.object [
                "kind", Some(Json.text "sum")
                "parts",
                parts
                |> List.map (fun (weight, part) ->
                    Json.object [ "weight", Some(Json.number weight); "objective", Some(json ofPart part) ])
                |> Json.array
                |> Some
            ]

    let encode objective = json _.Encode() objective

    /// Its contribution to the identity of a run's numbers.
    let hash objective = json _.Hash() objective

    let rec lines (path: string) objective : SettingLine list =
        match objective with
        | Only part -> part.Lines path
        | Sum parts -> [
            {
                Path = $"{path}.kind"
                Value = "sum"
                IsDefault = false
                Reason = None
            }
            for i, (weight, part) in List.indexed parts do
                {
                    Path = $"{path}.parts[{i + 1}].weight"
                    Value = Words.number weight
                    IsDefault = false
                    Reason = None
                }

                yield! lines $"{path}.parts[{i + 1}].objective" part
          ]

    /// The core's objective, which training asks for losses.
    let rec toCore objective : Research.Objectives.IObjective =
        match objective with
        | Only part -> part.ToCore()
        | Sum parts ->
            new Research.Objectives.WeightedSum(
                parts
                |> List.map (fun (weight, part) -> struct (weight, toCore part))
                |> Array.ofList
            )

    /// Sets a value in every part that has a setting of this key; an error if none has.
    let set (key: string) (value: 'v) (objective: Objective) : Objective =
        let mutable found = false

        let rec change objective =
            match objective with
            | Only part ->
                match part.TrySet(key, box value) with
                | Some changed ->
                    found <- true
                    Only changed
                | None -> objective
            | Sum parts -> Sum(parts |> List.map (fun (weight, part) -> weight, change part))

        let changed = change objective

        if found then
            changed
        else
            let keys = parts objective |> List.collect _.Keys |> List.distinct

            let has =
                if keys.IsEmpty then
                    "which has no settings"
                else
                    $"whose settings are {Words.list keys}"

            UserError.fail $"{key} does not apply to the objective {objective.Label}, {has}"

namespace Research

open Research.Language

/// What is done with any objective.
[<AutoOpen>]
module ObjectiveWords =
    /// Add another objective on the same batch, with a weight: `psd |> plus 0.5 cyclip`.
    let plus (weight: float) (added: Objective) target =
        target
        |> Part.change (fun objective ->
            let sum =
                match objective with
                | Sum parts -> Sum(parts @ [ weight, added ])
                | first -> Sum [ 1.0, first; weight, added ]

            Objective.problems sum |> UserError.failAny
            sum)

    /// Take the parts of this kind out of a sum: `without cyclip`.
    let without (removed: Objective) target =
        target
        |> Part.change (fun objective ->
            let kinds = Objective.parts removed |> List.map _.Kind

            let hasOther part =
                Objective.parts part
                |> List.exists (fun part -> not (List.contains part.Kind kinds))

            match objective with
            | Sum parts ->
                match parts |> List.filter (snd >> hasOther) with
                | kept when kept.Length = parts.Length ->
                    UserError.fail $"without: {removed.Label} is no part of {objective.Label}"
                | [] -> UserError.fail $"without: nothing would be left of {objective.Label}"
                | [ _, only ] -> only
                | kept -> Sum kept
            | other -> UserError.fail $"without: {other.Label} is no sum")
