namespace Research.Language

open System.Text.Json
open System.Text.Json.Nodes

/// A value that changes over training, as data: it compares, goes to JSON and names itself on an axis.
/// Progress runs from 0 at the first step to 1 at the last.
type Schedule =
    /// The same value throughout.
    | Constant of float
    /// A straight line between the values at progress 0 and 1.
    | Linear of from: float * towards: float
    /// Half a cosine between the values at progress 0 and 1, flat at both ends.
    | Cosine of from: float * towards: float
    /// A staircase: (progress, the value from there on), the first at progress 0.
    | Step of (float * float) list
    /// Straight lines through (progress, value), the first at progress 0 and the last at 1.
    | Piecewise of (float * float) list
    /// A linear rise from 0 during a fraction of training, then a whole schedule over the rest.
    | WarmUp of fraction: float * after: Schedule

    /// The schedule as it stands on an axis, such as "cosine 0 -> 0.8".
    member schedule.Label =
        let points =
            List.map (fun (at, value) -> $"{Words.number value} at {Words.number at}")
            >> Words.list

        match schedule with
        | Constant value -> $"constant {Words.number value}"
        | Linear(from, towards) -> $"linear {Words.number from} -> {Words.number towards}"
        | Cosine(from, towards) -> $"cosine {Words.number from} -> {Words.number towards}"
        | Step steps -> $"step {points steps}"
        | Piecewise knots -> $"piecewise {points knots}"
        | WarmUp(fraction, after) -> $"warm-up {Words.number fraction}, {after.Label}"

    override schedule.ToString() = schedule.Label

[<RequireQualifiedAccess>]
module Schedule =
    /// The smallest and the largest value over training.
    let rec range schedule =
        match schedule with
        | Constant value -> value, value
        | Linear(from, towards)
        | Cosine(from, towards) -> min from towards, max from towards
        | Step points
        | Piecewise points ->
            let values = List.map snd points
            List.min values, List.max values
        | WarmUp(_, after) ->
            let low, high = range after
            min 0.0 low, max 0.0 high

    let rec private points schedule =
        match schedule with
        | Constant value -> [ value ]
        | Linear(from, towards)
        | Cosine(from, towards) -> [ from; towards ]
        | Step points
        | Piecewise points -> points |> List.collect (fun (at, value) -> [ at; value ])
        | WarmUp(fraction, after) -> fraction :: points after

    /// What is wrong with the schedule itself, wherever it is used.
    let rec problems schedule =
        let order keyword points =
            match points with
            | [] -> [ $"{keyword} needs at least one (progress, value)" ]
            | (first, _) :: _ when first <> 0.0 -> [
                $"{keyword} starts at progress {Words.number first}, but the first point lies at 0"
              ]
            | points ->
                points
                |> List.pairwise
                |> List.tryFind (fun ((a, _), (b, _)) -> not (a < b && b <= 1.0))
                |> Option.map (fun ((a, _), (b, _)) ->
                    $"{keyword} goes from progress {Words.number a} to {Words.number b}, but positions rise within [0, 1]")
                |> Option.toList

        if points schedule |> List.exists (System.Double.IsFinite >> not) then
            [ $"{schedule.Label} holds a value that is no finite number" ]
        else
            match schedule with
            | Step points -> order "step" points
            | Piecewise points ->
                match order "piecewise" points with
                | [] when points.Length < 2 || fst (List.last points) <> 1.0 -> [
                    $"piecewise ends at progress {Words.number (fst (List.last points))}, but its last of two or more points lies at 1"
                  ]
                | problems -> problems
            | WarmUp(fraction, after) -> [
                if not (fraction >= 0.0 && fraction < 1.0) then
                    $"warm_up takes the fraction {Words.number fraction} of training; allowed is [0, 1)"
                yield! problems after
              ]
            | Constant _
            | Linear _
            | Cosine _ -> []

    /// What is wrong with the schedule where its values must lie in [low, high].
    let problemsWithin keyword low high schedule =
        match problems schedule with
        | [] ->
            let least, most = range schedule

            if least >= low && most <= high then
                []
            else
                let offender = if least < low then least else most

                [
                    $"{keyword} ({schedule.Label}) reaches {Words.number offender}; allowed are values in [{Words.number low}, {Words.number high}]"
                ]
        | problems -> problems |> List.map (fun problem -> $"{keyword}: {problem}")

    /// The schedule with every value times a factor.
    let rec scale factor schedule =
        let values = List.map (fun (at, value) -> at, factor * value)

        match schedule with
        | Constant value -> Constant(factor * value)
        | Linear(from, towards) -> Linear(factor * from, factor * towards)
        | Cosine(from, towards) -> Cosine(factor * from, factor * towards)
        | Step steps -> Step(values steps)
        | Piecewise knots -> Piecewise(values knots)
        | WarmUp(fraction, after) -> WarmUp(fraction, scale factor after)

    /// The core's schedule, which training asks for values.
    let rec toCore schedule : Research.Schedules.Schedule =
        let points points =
            points |> List.map (fun (at, value) -> struct (at, value)) |> List.toArray

        match schedule with
        | Constant value -> Research.Schedules.Schedule.Constant value
        | Linear(from, towards) -> Research.Schedules.Schedule.Linear(from, towards)
        | Cosine(from, towards) -> Research.Schedules.Schedule.Cosine(from, towards)
        | Step steps -> Research.Schedules.Schedule.Step(points steps)
        | Piecewise knots -> Research.Schedules.Schedule.Piecewise(points knots)
        | WarmUp(fraction, after) -> Research.Schedules.Schedule.Warmup(fraction, toCore after)

    let rec encode schedule =
        let points (points: (float * float) list) =
            points
            |> List.map (fun (at, value) -> Json.array [ Json.number at; Json.number value ])
            |> Json.array

        let kind name fields =
            Json.object (("kind", Some(Json.text name)) :: fields)

        let ends from towards = [ "from", Some(Json.number from); "to", Some(Json.number towards) ]

        match schedule with
        | Constant value -> kind "constant" [ "value", Some(Json.number value) ]
        | Linear(from, towards) -> kind "linear" (ends from towards)
        | Cosine(from, towards) -> kind "cosine" (ends from towards)
        | Step steps -> kind "step" [ "points", Some(points steps) ]
        | Piecewise knots -> kind "piecewise" [ "points", Some(points knots) ]
        | WarmUp(fraction, after) ->
            kind "warm_up" [ "fraction", Some(Json.number fraction); "after", Some(encode after) ]

    let rec decode (fields: JsonFields) =
        let points () =
            fields.Items "points"
            |> List.map (fun (place, item) ->
                let number (node: JsonNode | null) =
                    match node with
                    | :? JsonValue as value when value.GetValueKind() = JsonValueKind.Number -> value.GetValue<float>()
                    | _ -> fields.Fail $"{place} must be a pair [progress, value]."

                match item with
                | :? JsonArray as pair when pair.Count = 2 -> number pair[0], number pair[1]
                | _ -> fields.Fail $"{place} must be a pair [progress, value].")

        let ends () =
            fields.Number "from", fields.Number "to"

        let schedule =
            fields.Choice
                ("kind",
                 [
                     "constant", (fun () -> Constant(fields.Number "value"))
                     "linear", ends >> Linear
                     "cosine", ends >> Cosine
                     "step", points >> Step
                     "piecewise", points >> Piecewise
                     "warm_up", (fun () -> WarmUp(fields.Number "fraction", decode (fields.Object "after")))
                 ])
                ()

        fields.Done()
        schedule

    /// A setting that is a schedule with values in [low, high].
    let value (low: float) (high: float) : Value<Schedule> = {
        Allowed = $"a schedule with values in [{Words.number low}, {Words.number high}]"
        Encode = encode
        Decode = fun at -> decode (JsonFields(at.Place, at.Node))
        Text = _.Label
        Problems = fun key schedule -> problemsWithin key low high schedule
    }

namespace Research

open Research.Language

/// The schedules' names in scripts.
[<AutoOpen>]
module ScheduleKeywords =
    let private valid schedule =
        Schedule.problems schedule |> UserError.failAny
        schedule

    /// The same value throughout training.
    let constant value = valid (Constant value)

    /// A straight line from the value at the first step to the value at the last.
    let linear from towards = valid (Linear(from, towards))

    /// Half a cosine from the value at the first step to the value at the last, flat at both ends.
    let cosine from towards = valid (Cosine(from, towards))

    /// A staircase of (progress, the value from there on), the first at progress 0.
    let step points = valid (Step points)

    /// Straight lines through (progress, value), from progress 0 to 1.
    let piecewise points = valid (Piecewise points)

    /// A linear rise from 0 over a fraction of training, then another schedule over the rest.
    let warm_up fraction after = valid (WarmUp(fraction, after))
