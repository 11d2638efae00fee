namespace Research

open System
open System.Globalization
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open Spectre.Console
open Research.Language
open Research.Runs
open Research.Commands
open Research.Estimates

/// `./research runs`: the runs of a results folder, both those in its pool and the published ones of its sweeps.
[<RequireQualifiedAccess>]
module RunsCommand =
    let usage =
        """usage: ./research runs [--where SQL] [--order SQL] [--show COLUMN,...] [--in FOLDER] [--json | --columns] [--rebuild]
       ./research runs --prune [--yes] [--in FOLDER]
  --where SQL    only the runs that meet the condition, e.g. "arm = 'PSD' and \"test.retrieval.r10\" > 0.1"
  --order SQL    sort by this expression (default: by sweep, in the sweep's order)
  --show A,B     also these columns; --columns lists them all
  --in FOLDER    the results folder, which holds sweeps and the pool .runs (default: results of the repository)
  --json         as JSON, a row for each sweep that names a run
  --rebuild      rebuild the index
  --prune        show the runs that no sweep names, with size and age; with --yes delete them"""

    type private Request = {
        Where: string option
        Order: string option
        Show: string list
        Results: string
        Json: bool
        Columns: bool
        Rebuild: bool
        Prune: bool
        Yes: bool
    }

    let rec private read (request: Request) (arguments: string list) =
        match arguments with
        | [] when request.Yes && not request.Prune -> Error "--yes works only with --prune"
        | [] when
            request.Prune
            && (request.Json || request.Columns || request.Where.IsSome || request.Order.IsSome)
            ->
            Error "--prune works only with --yes and --in"
        | [] -> Ok request
        | "--json" :: rest -> read { request with Json = true } rest
        | "--columns" :: rest -> read { request with Columns = true } rest
        | "--rebuild" :: rest -> read { request with Rebuild = true } rest
        | "--prune" :: rest -> read { request with Prune = true } rest
        | "--yes" :: rest -> read { request with Yes = true } rest
        | "--where" :: text :: rest -> read { request with Where = Some text } rest
        | "--order" :: text :: rest -> read { request with Order = Some text } rest
        | "--in" :: folder :: rest ->
            read
                {
                    request with
                        Results = Path.GetFullPath folder
                }
                rest
        | "--show" :: (names: string) :: rest ->
            read
                {
                    request with
                        Show =
                            names.Split(',', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
                            |> List.ofArray
                }
                rest
        | [ "--where" | "--order" | "--in" | "--show" as option ] -> Error $"{option} needs a value"
        | (word: string) :: _ -> Error $"unknown option \"{word}\""

    /// The columns shown without --show, if any run has them.
    let private usual = [ "test.retrieval.r10"; "test.zeroshot.top1"; "train.loss" ]

    let private always = [ "sweeps"; "arm"; "seed"; "state"; "steps"; "seconds" ]

    let private value (name: string) (row: (string * obj | null) list) =
        row |> List.find (fun (column, _) -> column = name) |> snd

    let private shown (entry: obj | null) =
        match entry with
        | null -> ""
        | :? float as number -> number.ToString("0.####", CultureInfo.InvariantCulture)
        | other -> string other

    /// A pool run that several sweeps or arms name is one line, with the arms' names side by side. A published run is a separate line of its
    /// sweep, since another sweep's row of the same run may differ.
    let private merged (rows: (string * obj | null) list list) : (string * obj | null) list list =
        let isPublished row = isNull (value "folder" row)

        rows
        |> List.groupBy (fun row ->
            shown (value "place" row), (if isPublished row then shown (value "sweep" row) else ""))
        |> List.map (fun (_, same) ->
            let arms =
                same |> List.map (value "arm" >> shown) |> List.distinct |> String.concat ", "

            let arm = if arms = "" then shown (value "name" same.Head) else arms

            same.Head
            |> List.map (fun (column, entry) ->
                match column with
                | "arm" -> column, box arm
                | "sweeps" when isPublished same.Head -> column, value "sweep" same.Head
                | _ -> column, entry))

    let private table (columns: string list) (rows: (string * obj | null) list list) =
        let table = Table(Border = TableBorder.Simple)

        for column in columns do
            let title = TableColumn(Printed.markup column)

            let numeric =
                rows
                |> List.exists (fun row ->
                    match value column row with
                    | :? float
                    | :? int64 -> true
                    | _ -> false)

            table.AddColumn(if numeric then title.RightAligned() else title) |> ignore

        for row in rows do
            table.AddRow [| for column in columns -> Printed.markup (shown (value column row)) |]
            |> ignore

        if Console.IsOutputRedirected then
            // A pipe has no width, so lines are not broken there.
            AnsiConsole.Profile.Width <- 1000

        AnsiConsole.Write table

        let unnamed =
            rows |> List.filter (fun row -> isNull (value "sweeps" row)) |> List.length

        if unnamed > 0 then
            printfn "%d runs; no sweep names %d of them (--prune shows those)" rows.Length unnamed
        else
            printfn "%d runs" rows.Length

    let private layout = JsonSerializerOptions(WriteIndented = true, IndentSize = 2)

    let private node (name: string, entry: obj | null) : string * (JsonNode | null) =
        name,
        match entry with
        | null -> null
        | :? float as number -> RunJson.ofNumber number
        | :? int64 as number -> JsonValue.Create number
        | text when name = "axes" -> JsonNode.Parse(string text)
        | text -> JsonValue.Create(string text)

    let private json (rows: (string * obj | null) list list) =
        let list = JsonArray()

        for row in rows do
            let fields = JsonObject()

            for name, entry in List.map node row do
                fields[name] <- entry

            list.Add fields

        printfn "%s" (list.ToJsonString layout)

    let private answer (request: Request) =
        let file = RunIndex.refresh request.Rebuild request.Results
        let known = IndexQuery.columns file

        match request.Show |> List.tryFind (fun name -> not (List.contains name known)) with
        | Some name ->
            raise (ArgumentException $"--show {name}: no run has such a column; './research runs --columns' lists them")
        | None -> ()

        if request.Columns then
            known |> List.iter (printfn "%s")
        else
            let rows = IndexQuery.rows file request.Where request.Order

            if request.Json then
                json rows
            else
                let extra =
                    match request.Show with
                    | [] -> usual |> List.filter (fun name -> List.contains name known)
                    | names -> names

                table (List.distinct (always @ extra)) (merged rows)

    let private prune (request: Request) =
        if not (Directory.Exists request.Results) then
            raise (DirectoryNotFoundException $"There is no results folder '{request.Results}'.")

        let total (runs: UnnamedRun list) =
            $"{runs.Length} runs, {Estimate.size (runs |> List.sumBy _.Bytes)}"

        match RunPool.unnamed request.Results with
        | [] -> printfn "a sweep names every run of %s" (Repository.shown (RunFolder.poolOf request.Results))
        | runs when request.Yes ->
            let removed = RunPool.remove request.Results runs
            printfn "deleted %s" (total removed)

            if removed.Length < runs.Length then
                printfn
                    "%d runs stay, because a sweep now names them or they are running"
                    (runs.Length - removed.Length)
        | runs ->
            for run in runs do
                printfn
                    "%s  %-11s %8s  %8s ago  %s"
                    (string (Path.GetFileName run.Folder))
                    (string run.State)
                    (Estimate.size run.Bytes)
                    (Estimate.words run.Age)
                    run.Name

            printfn
                "%s in %s that no sweep names; --prune --yes deletes them"
                (total runs)
                (Repository.shown (RunFolder.poolOf request.Results))

    /// Runs the command and returns the exit code.
    let run (arguments: string list) : int =
        let request = {
            Where = None
            Order = None
            Show = []
            Results = Path.Combine(Repository.root.Value, "results")
            Json = false
            Columns = false
            Rebuild = false
            Prune = false
            Yes = false
        }

        match read request arguments with
        | Error line ->
            eprintfn "%s" line
            eprintfn "%s" usage
            2
        | Ok request ->
            if request.Prune then prune request else answer request
            0

/// `runs where "..."` in a script: the runs of all sweeps that meet the condition.
[<AutoOpen>]
module RunsKeyword =
    /// The runs in the repository's results that meet an SQL condition over `./research runs --columns`:
    /// `runs where "sweep = 'quickstart' and arm = 'PSD'"`. `where` is the corpus's keyword; here it only makes the line readable.
    let runs (_where: 'word) (condition: string) : RunRecord list =
        RunIndex.where (Path.Combine(Repository.root.Value, "results")) condition
