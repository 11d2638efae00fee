namespace Research

open System
open System.Globalization
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open Spectre.Console

/// `./research runs [--where SQL] [--order SQL] [--show COLUMN,...] [--in FOLDER] [--json | --columns] [--rebuild]`.
[<RequireQualifiedAccess>]
module RunsCommand =
    let private usage =
        "usage: ./research runs [--where SQL] [--order SQL] [--show COLUMN,...] [--in FOLDER] [--json | --columns] [--rebuild]"

    type private Request = {
        Where: string option
        Order: string option
        Show: string list
        Results: string
        Json: bool
        Columns: bool
        Rebuild: bool
    }

    let rec private read (request: Request) (arguments: string list) =
        match arguments with
        | [] -> Ok request
        | "--json" :: rest -> read { request with Json = true } rest
        | "--columns" :: rest -> read { request with Columns = true } rest
        | "--rebuild" :: rest -> read { request with Rebuild = true } rest
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

    /// What is shown without --show, as far as some run has it.
    let private usual = [ "test.retrieval.r10"; "test.zeroshot.top1"; "train.loss" ]

    let private always = [ "sweep"; "arm"; "seed"; "state"; "steps"; "seconds" ]

    let private value (name: string) (row: (string * obj | null) list) =
        row |> List.find (fun (column, _) -> column = name) |> snd

    let private shown (entry: obj | null) =
        match entry with
        | null -> ""
        | :? float as number -> number.ToString("0.####", CultureInfo.InvariantCulture)
        | other -> string other

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
            // A pipe has no width: no line is to be broken there.
            AnsiConsole.Profile.Width <- 1000

        AnsiConsole.Write table
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

                table (List.distinct (always @ extra)) rows

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
        }

        match read request arguments with
        | Error line ->
            eprintfn "%s" line
            eprintfn "%s" usage
            2
        | Ok request ->
            answer request
            0

/// `runs where "..."` in a script: the runs of all sweeps that a condition leaves.
[<AutoOpen>]
module RunsKeyword =
    /// The runs in the repository's results that an SQL condition over `./research runs --columns` leaves:
    /// `runs where "sweep = 'quickstart' and arm = 'PSD'"`. The word `where` is the corpus's keyword, read here as a word.
    let runs (_where: 'word) (condition: string) : RunRecord list =
        RunIndex.where (Path.Combine(Repository.root.Value, "results")) condition
