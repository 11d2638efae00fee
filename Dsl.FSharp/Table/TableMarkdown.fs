namespace Research.Tables

open System
open System.Text
open Research.Language
open Research.Tables.TableEntry

module internal TableMarkdown =
    /// User text as Markdown text, inside a table or outside.
    let text (text: string) =
        let escaped = StringBuilder()

        for c in Research.Printing.PrintableText.Of(text, lines = true) do
            match c with
            | '\n'
            | '\r'
            | '\t' -> escaped.Append ' ' |> ignore
            | '<' -> escaped.Append "&lt;" |> ignore
            | '>' -> escaped.Append "&gt;" |> ignore
            | '&' -> escaped.Append "&amp;" |> ignore
            | c when @"\`*_[]|~$#".Contains c -> escaped.Append('\\').Append(c) |> ignore
            | c -> escaped.Append c |> ignore

        escaped.ToString()

    let private markdownEntry entry =
        match entry with
        | Nothing -> ""
        | Note text -> text
        | Value(mean, half, true) -> $"**{plusMinus mean half}**"
        | Value(mean, half, false) -> plusMinus mean half
        | Change(mean, half, significant) -> plusMinus mean half + (if significant then @" \*" else "")

    /// A GitHub-flavoured Markdown table with its notes below.
    let write (table: ResultTable) =
        let builder = StringBuilder()

        let line (cells: string list) =
            builder.Append("| ").Append(String.Join(" | ", cells)).Append(" |\n") |> ignore

        let titles = header table
        line (titles |> List.map text)
        line (titles |> List.mapi (fun i _ -> if i = 0 then ":---" else "---:"))

        for row in table.Rows do
            line (
                text row.Arm
                :: string row.Seeds
                :: (entries table row |> List.map markdownEntry)
            )

        let notes = String.Join(" ", table.Notes |> List.map text)
        builder.Append("\n").Append(notes).Append("\n").ToString()
