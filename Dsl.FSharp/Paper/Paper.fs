namespace Research.Papers

open System
open System.IO
open System.Text
open Spectre.Console
open Spectre.Console.Rendering
open Research.Language
open Research.Runs
open Research.Tables

/// A paper's table beside our runs, as text.
[<RequireQualifiedAccess>]
module Paper =
    let private title (comparison: PaperComparison) =
        $"{comparison.Table.Title} ({comparison.Table.Paper})"

    let private claims (comparison: PaperComparison) =
        comparison.Verdicts |> List.map (PaperText.claim comparison.Table)

    /// A GitHub-flavoured Markdown section: the table, the claims as a list, the notes.
    let markdown (comparison: PaperComparison) : string =
        let text = StringBuilder()

        let line (content: string) =
            text.Append(content).Append('\n') |> ignore

        let row (cells: string list) =
            line ("| " + String.Join(" | ", cells |> List.map TableMarkdown.text) + " |")

        let header = PaperText.header comparison.Table
        line $"**{TableMarkdown.text (title comparison)}**"
        line ""
        row header

        line (
            "| "
            + String.Join(" | ", header |> List.mapi (fun i _ -> if i = 0 then ":---" else "---:"))
            + " |"
        )

        for own in comparison.Rows do
            row (PaperText.cells comparison own)

        line ""

        for claim in claims comparison do
            line $"* {TableMarkdown.text claim}"

        if not comparison.Verdicts.IsEmpty then
            line ""

        line (TableMarkdown.text (String.Join(" ", PaperText.notes comparison)))
        text.ToString()

    /// A floating LaTeX `table` for booktabs with the claims and the notes below.
    let latex (comparison: PaperComparison) : string =
        let text = StringBuilder()

        let line (content: string) =
            text.Append(content).Append('\n') |> ignore

        let row (cells: string list) =
            line (
                "    "
                + String.Join(" & ", cells |> List.map (fun cell -> $"{{{TableLatex.text cell}}}"))
                + @" \\"
            )

        let columns = comparison.Table.Columns

        let titles =
            columns
            |> List.map (fun column ->
                $@"\multicolumn{{2}}{{c}}{{{TableLatex.stacked (PaperText.columnTitle column)}}}")

        line @"% needs \usepackage{booktabs}"
        line @"\begin{table}[t]"
        line @"  \centering"
        // Five figures beside ours fill a page's width, even in small print.
        line (
            if columns.Length > 2 then
                @"  \footnotesize"
            else
                @"  \normalsize"
        )

        line @"  \setlength{\tabcolsep}{4pt}"
        line $@"  \caption{{{TableLatex.text (title comparison)}}}"
        line $@"  \label{{tab:{comparison.Table.Key}}}"
        line $@"  \begin{{tabular}}{{l{String('r', 2 * columns.Length)}}}"
        line @"    \toprule"
        line ("    {} & " + String.Join(" & ", titles) + @" \\")
        row ("row" :: (columns |> List.collect (fun _ -> [ "paper"; "ours" ])))
        line @"    \midrule"

        for own in comparison.Rows do
            row (PaperText.cells comparison own)

        line @"    \bottomrule"
        line @"  \end{tabular}"
        line @"  \par\smallskip"

        let below =
            claims comparison @ PaperText.notes comparison |> List.map TableLatex.text

        line $"""  {{\footnotesize {String.Join(" ", below)}\par}}"""
        line @"\end{table}"
        text.ToString()

    /// For a Spectre console.
    let render (comparison: PaperComparison) : IRenderable =
        let grid =
            Spectre.Console.Table(Border = TableBorder.Simple, Title = TableTitle(Printed.markup (title comparison)))

        PaperText.header comparison.Table
        |> List.iteri (fun i title ->
            let column = TableColumn(Printed.markup title)

            grid.AddColumn(if i = 0 then column.NoWrap() else column.RightAligned())
            |> ignore)

        for own in comparison.Rows do
            grid.AddRow(PaperText.cells comparison own |> List.map Printed.markup |> Array.ofList)
            |> ignore

        let below =
            claims comparison @ PaperText.notes comparison |> List.map Printed.markup

        Rows(grid, Markup $"""[grey]{String.Join("\n", below)}[/]""")

    /// The terminal's table as plain text.
    let text (comparison: PaperComparison) : string = Table.plain (render comparison)

    /// Writes it to standard output, in colour on a terminal.
    let print (comparison: PaperComparison) = Table.show (render comparison)

    /// Writes paper-<key>.md and paper-<key>.tex into the folder and returns their paths.
    let save (folder: string) (comparison: PaperComparison) : string list =
        RunFolder.ensureWritable folder

        [ ".md", markdown comparison; ".tex", latex comparison ]
        |> List.map (fun (extension, content) ->
            let path =
                Path.Combine(folder, "paper-" + Slug.ofText comparison.Table.Key + extension)

            AtomicFile.write path content
            path)
