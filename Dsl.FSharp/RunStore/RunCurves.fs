namespace Research.Runs

open Research.Language

open System
open System.Collections.Concurrent
open System.Globalization
open System.IO
open System.Text
open Research

/// curves.csv: what a sweep's runs logged in training, thinned to at most 200 steps per run, with six digits: `arm,seed,hash,step`
/// and a column for each metric, empty where a step has no value. It is committed, so that a figure can be drawn again without the runs.
[<RequireQualifiedAccess>]
module RunCurves =
    /// The most steps kept per run.
    let mostSteps = 200

    /// Joins the lines of one step into one point.
    let private merged (points: MetricPoint list) : MetricPoint list =
        points
        |> List.groupBy _.Step
        |> List.map (fun (step, same) -> {
            Step = step
            Values =
                same
                |> List.fold
                    (fun values point -> Map.fold (fun all key value -> Map.add key value all) values point.Values)
                    Map.empty
        })

    /// At most `count` items, spread evenly from the first to the last.
    let private spread (count: int) (items: 'item[]) : 'item[] =
        if items.Length <= count then
            items
        elif count < 2 then
            Array.truncate count items
        else
            Array.init count (fun i -> items[int (Math.Round(float i * float (items.Length - 1) / float (count - 1)))])

    /// At most 200 steps, spread evenly; steps with validation metrics, which are rare, take precedence.
    let thinned (points: MetricPoint list) : MetricPoint list =
        let points = merged points

        if points.Length <= mostSteps then
            points
        else
            let validated, plain =
                points
                |> Array.ofList
                |> Array.partition (fun point -> point.Values.Keys |> Seq.exists _.StartsWith("val."))

            let validated = spread (mostSteps / 2) validated

            Array.append validated (spread (mostSteps - validated.Length) plain)
            |> Array.sortBy _.Step
            |> List.ofArray

    /// A run's curve.
    type Curve = {
        Arm: string
        Seed: int
        Hash: string
        Points: MetricPoint list
    }

    let private quoted (text: string) =
        let line = text.Replace('\n', ' ').Replace('\r', ' ')

        if line.IndexOfAny [| ','; '"' |] >= 0 || line <> line.Trim() then
            "\"" + line.Replace("\"", "\"\"") + "\""
        else
            line

    let private number (value: float) =
        value.ToString("G6", CultureInfo.InvariantCulture)

    /// The text of the file.
    let render (curves: Curve list) : string =
        let metrics =
            curves
            |> Seq.collect _.Points
            |> Seq.collect _.Values.Keys
            |> Seq.distinct
            |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> Array.ofSeq

        let text = StringBuilder()

        let line (fields: string seq) =
            text.Append(String.Join(',', fields)).Append('\n') |> ignore

        line (Seq.append [ "arm"; "seed"; "hash"; "step" ] (Seq.map quoted metrics))

        for curve in curves do
            let head = [ quoted curve.Arm; string curve.Seed; RunFolder.nameOf curve.Hash ]

            for point in curve.Points do
                line [
                    yield! head
                    string point.Step
                    for metric in metrics do
                        match point.Values.TryFind metric with
                        | Some value -> number value
                        | None -> ""
                ]

        text.ToString()

    /// The fields of a line; None where a quote does not close.
    let private fields (line: string) : string[] option =
        let found = ResizeArray<string>()
        let field = StringBuilder()
        let mutable isQuoted = false
        let mutable i = 0

        while i < line.Length do
            match line[i] with
            | '"' when isQuoted && i + 1 < line.Length && line[i + 1] = '"' ->
                field.Append '"' |> ignore
                i <- i + 1
            | '"' -> isQuoted <- not isQuoted
            | ',' when not isQuoted ->
                found.Add(field.ToString())
                field.Clear() |> ignore
            | c -> field.Append c |> ignore

            i <- i + 1

        found.Add(field.ToString())
        if isQuoted then None else Some(found.ToArray())

    let private parse (text: string) : Map<string, MetricPoint list> =
        let lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)

        match Array.tryHead lines |> Option.bind fields with
        | Some header when header.Length >= 4 && header[2] = "hash" && header[3] = "step" ->
            lines
            |> Array.skip 1
            |> Array.choose (fun line ->
                match fields line with
                | Some cells when cells.Length = header.Length ->
                    match Int64.TryParse(cells[3], CultureInfo.InvariantCulture) with
                    | true, step ->
                        Some(
                            cells[2],
                            {
                                Step = step
                                Values =
                                    Map.ofSeq (
                                        seq {
                                            for i in 4 .. cells.Length - 1 do
                                                match Double.TryParse(cells[i], CultureInfo.InvariantCulture) with
                                                | true, value -> header[i], value
                                                | false, _ -> ()
                                        }
                                    )
                            }
                        )
                    | false, _ -> None
                | _ -> None)
            |> Array.groupBy fst
            |> Array.map (fun (hash, points) -> hash, points |> Array.map snd |> List.ofArray)
            |> Map.ofArray
        | _ -> Map.empty

    let private known =
        ConcurrentDictionary<string * DateTime * int64, Map<string, MetricPoint list>>()

    /// The curves, keyed by `RunFolder.nameOf` the run's hash; none without a curves.csv. Unreadable lines are skipped.
    let read (path: string) : Map<string, MetricPoint list> =
        let info = FileInfo path

        if info.Exists then
            known.GetOrAdd((path, info.LastWriteTimeUtc, info.Length), fun _ -> parse (File.ReadAllText path))
        else
            Map.empty
