namespace Research.Papers

open Research
open Research.Language
open Research.Tables
open Research.Evaluation

/// The source of a statement about a paper.
[<RequireQualifiedAccess>]
type PaperMark =
    /// The paper's own words or figures.
    | Published
    /// Recalled from the paper and not read again: shown as such and never as the paper's figure.
    | Recalled
    /// Our own choice, where the paper says nothing.
    | Ours

    /// [P], [R] or [O].
    member this.Label =
        match this with
        | Published -> "[P]"
        | Recalled -> "[R]"
        | Ours -> "[O]"

/// A figure printed in a paper, or recalled from it.
type PaperFigure = {
    /// In the column's unit, with the printed digits.
    Value: float
    Mark: PaperMark
}

/// What a column of a paper's table measures.
type PaperColumn = {
    Title: string
    /// "%" for percentages, "" for plain numbers.
    Unit: string
    /// Decimals in the paper.
    Decimals: int
    Better: Better
    /// Our corresponding metric, such as test.top1; None: we do not measure it.
    Metric: Metric option
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module PaperColumn =
    /// Percentages with one decimal, where higher is better and which we do not measure.
    let percent (title: string) : PaperColumn = {
        Title = title
        Unit = "%"
        Decimals = 1
        Better = Better.Higher
        Metric = None
    }

    /// A column for one of our metrics, with its title and unit.
    let measured (metric: Metric) : PaperColumn = {
        Title = metric.Title
        Unit = metric.Unit.Symbol
        Decimals = metric.Unit.Decimals
        Better = metric.Better
        Metric = Some metric
    }

    /// The three that every sweep of ours has: retrieval both ways and zero-shot top-1.
    let usual: PaperColumn list = [ measured test.i2t.r10; measured test.t2i.r10; measured test.top1 ]

/// A row of a paper's table: a method or a setting.
type PaperRow = {
    Title: string
    /// Whether the setting itself is the paper's, recalled, or ours.
    Mark: PaperMark
    /// Our arm for it; None: there is none.
    Arm: string option
    /// One per column; None where the paper has none, or where we do not know it.
    Figures: PaperFigure option list
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module PaperRow =
    /// A setting in `PaperColumn.usual` without known figures from the paper.
    let setting (title: string) (arm: string) (mark: PaperMark) : PaperRow = {
        Title = title
        Mark = mark
        Arm = Some arm
        Figures = PaperColumn.usual |> List.map (fun _ -> None)
    }

/// A paper's statement that one arm is better than another, which our runs can confirm or contradict, whatever their data.
type PaperClaim = {
    Text: string
    Mark: PaperMark
    /// Row titles.
    Row: string
    Than: string
    /// The column's title.
    Column: string
}

/// A paper's table as data.
type PaperTable = {
    /// The name for its files.
    Key: string
    /// E.g. "Radenovic et al., CVPR 2023".
    Paper: string
    Title: string
    Columns: PaperColumn list
    Rows: PaperRow list
    Claims: PaperClaim list
    /// Why our figures cannot be compared with the paper's, e.g. other training data; None: they can.
    NotComparable: string option
    /// For arms of a single run, which have no interval: the largest distance, in the column's unit, at which figures still agree.
    Tolerance: float
    /// What the reader must know.
    Notes: string list
}

/// The outcome of a paper's figure or claim in our runs.
[<RequireQualifiedAccess>]
type PaperStatus =
    /// Our interval contains the published figure; for a claim: our difference is significant in its direction.
    | Reproduced
    /// Our interval does not contain it; for a claim: our difference is significant in the other direction.
    | Differs
    /// For a claim: our difference is not significant, or has too few seeds.
    | Undecided
    | NotRun
    | NotComparable
    /// Ours has no counterpart: the paper has no figure there, or none that was read again.
    | NoFigure

    member this.Title =
        match this with
        | Reproduced -> "reproduced"
        | Differs -> "differs"
        | Undecided -> "undecided"
        | NotRun -> "not run"
        | NotComparable -> "not comparable"
        | NoFigure -> "no published figure"

/// A paper's table with the arms and metrics of ours that correspond to it.
[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module PaperTable =
    let private known (titles: string list) =
        titles |> List.map (fun title -> $"\"{title}\"") |> Words.list

    /// The mistakes in the table's own data; each line names the offender.
    let problems (table: PaperTable) : string list = [
        let rows, columns =
            table.Rows |> List.map _.Title, table.Columns |> List.map _.Title

        if rows.IsEmpty || columns.IsEmpty then
            $"paper \"{table.Key}\" has no rows or no columns"

        for title, count in List.countBy id (rows @ columns) do
            if count > 1 then
                $"paper \"{table.Key}\" has the title \"{title}\" twice"

        for row in table.Rows do
            if row.Figures.Length <> columns.Length then
                $"paper \"{table.Key}\", row \"{row.Title}\": {row.Figures.Length} figures for {columns.Length} columns"

        for claim in table.Claims do
            for title in [ claim.Row; claim.Than ] do
                if not (List.contains title rows) then
                    $"paper \"{table.Key}\": a claim names the row \"{title}\"; the rows are {known rows}"

            if not (List.contains claim.Column columns) then
                $"paper \"{table.Key}\": a claim names the column \"{claim.Column}\"; the columns are {known columns}"
    ]

    /// The items with the named titles, changed; an unknown title is a mistake.
    let private retitled
        (table: PaperTable)
        kind
        (title: 'item -> string)
        change
        (pairs: (string * 'value) list)
        items
        =
        let titles = items |> List.map title

        for name, _ in pairs do
            if not (List.contains name titles) then
                UserError.fail
                    $"paper \"{table.Key}\" has no {kind} \"{name}\"{Nearest.hint titles name}; its {kind}s are {known titles}"

        items
        |> List.map (fun item ->
            match pairs |> List.tryFind (fst >> (=) (title item)) with
            | Some(_, value) -> change value item
            | None -> item)

    /// The arms of a sweep that stand for rows: (row's title, arm's name). Unnamed rows keep theirs, by default an arm with the row's title.
    let arms (pairs: (string * string) list) (table: PaperTable) : PaperTable = {
        table with
            Rows =
                retitled
                    table
                    "row"
                    (fun (row: PaperRow) -> row.Title)
                    (fun arm row -> { row with Arm = Some arm })
                    pairs
                    table.Rows
    }

    /// The metrics that stand for columns: (column's title, metric).
    let metrics (pairs: (string * Metric) list) (table: PaperTable) : PaperTable = {
        table with
            Columns =
                retitled
                    table
                    "column"
                    (fun (column: PaperColumn) -> column.Title)
                    (fun metric column -> { column with Metric = Some metric })
                    pairs
                    table.Columns
    }

    /// Our runs have the paper's data and model, so that figures can be compared.
    let comparable (table: PaperTable) : PaperTable = { table with NotComparable = None }
