namespace Research.Tables

open System
open System.IO
open Spectre.Console
open Spectre.Console.Rendering
open Research.Language
open Research.Runs
open Research.Tables.TableEntry

/// A table of results as text: for the terminal, Markdown, LaTeX and CSV. Each format escapes names, which are user text.
[<RequireQualifiedAccess>]
module Table =
    /// A GitHub-flavoured Markdown table with its notes below.
    let markdown (table: ResultTable) = TableMarkdown.write table

    /// A floating LaTeX `table` for the packages booktabs and siunitx (version 2 or 3): numbers in `S` columns, the best mean of a column in bold,
    /// a star on significant differences, and the notes below.
    let latex (caption: string) (label: string) (table: ResultTable) = TableLatex.write caption label table

    /// One line per arm, for programs: unrounded, fractions as fractions. For each metric its `n`, `mean`, `sd`, `ci_low` and `ci_high`, and
    /// with a baseline `difference`, `difference_ci_low`, `difference_ci_high`, the test's `p` and its Holm-corrected `p_holm` (empty under 5
    /// seeds), and Hedges' `g_z` with `g_z_ci_low` and `g_z_ci_high`, or where the seeds are not the same `g` over all of them, each behind `<metric>.`.
    let csv (table: ResultTable) = TableCsv.writeArms table

    /// One line per run with all its final metrics, for programs.
    let csvRuns (runs: RunRecord list) = TableCsv.writeRuns runs

    /// The finished runs in CLIP_benchmark's columns, one line per run, split and task; `dataset` is the corpus (the test split by its bare name),
    /// `model` the image encoder's preset, `pretrained` the arm with its seed. Image retrieval is text to image, as there.
    let csvBenchmark (runs: RunRecord list) =
        TableCsv.writeBenchmark TableBenchmark.names runs

    /// For a Spectre console.
    let render (table: ResultTable) : IRenderable =
        let grid = Spectre.Console.Table(Border = TableBorder.Simple)

        header table
        |> List.iteri (fun i title ->
            let column = TableColumn(Printed.markup title)

            grid.AddColumn(if i = 0 then column.NoWrap() else column.RightAligned())
            |> ignore)

        for row in table.Rows do
            let cell entry =
                match entry with
                | Nothing -> ""
                | Note text -> $"[grey]{Printed.markup text}[/]"
                | Value(mean, half, best) ->
                    let text = Printed.markup (plusMinus mean half)
                    if best then $"[bold]{text}[/]" else text
                | Change(mean, half, significant) ->
                    Printed.markup (plusMinus mean half + (if significant then " *" else ""))

            let cells =
                Printed.markup row.Arm
                :: string row.Seeds
                :: (entries table row |> List.map cell)

            grid.AddRow(Array.ofList cells) |> ignore

        let notes = Printed.markup (String.Join(" ", table.Notes))
        Rows(grid, Markup $"[grey]{notes}[/]")

    /// The output for a console of 160 columns without colours.
    let internal plain (content: IRenderable) =
        use writer = new StringWriter()

        let console =
            AnsiConsole.Create(
                AnsiConsoleSettings(
                    Ansi = AnsiSupport.No,
                    ColorSystem = ColorSystemSupport.NoColors,
                    Out = AnsiConsoleOutput writer
                )
            )

        console.Profile.Width <- 160
        console.Write content

        writer.ToString().Split('\n') |> Array.map _.TrimEnd() |> String.concat "\n"

    let internal show (content: IRenderable) =
        if Console.IsOutputRedirected then
            Console.Out.Write(plain content)
        else
            AnsiConsole.Write content

    /// The terminal's table as plain text.
    let text (table: ResultTable) = plain (render table)

    /// Writes the table to standard output, in colour on a terminal.
    let print (table: ResultTable) = show (render table)

    /// Writes table.md, table.tex, table.csv (one line per arm), runs.csv (one line per run) and clip_benchmark.csv (CLIP_benchmark's columns) into the
    /// folder and returns their paths.
    let save (folder: string) (caption: string) (table: ResultTable) : string list =
        RunFolder.ensureWritable folder

        let label = DirectoryInfo(folder).Name

        [
            "table.md", markdown table
            "table.tex", latex caption label table
            "table.csv", csv table
            "runs.csv", csvRuns table.Runs
            "clip_benchmark.csv", csvBenchmark table.Runs
        ]
        |> List.map (fun (name, content) ->
            let path = Path.Combine(folder, name)
            AtomicFile.write path content
            path)
