namespace Research.Tables

open System
open System.Text
open Research.Language
open Research.Runs
open Research.Tables.TableEntry

/// A table for LaTeX with booktabs and siunitx. A value takes four columns, mean, ±, half width and mark, so that siunitx aligns both
/// numbers at the decimal point and a bold mean stays aligned.
module internal TableLatex =
    let private latexSymbols =
        dict [
            '\\', @"\textbackslash{}"
            '{', @"\{"
            '}', @"\}"
            '$', @"\$"
            '&', @"\&"
            '#', @"\#"
            '%', @"\%"
            '_', @"\_"
            '^', @"\textasciicircum{}"
            '~', @"\textasciitilde{}"
            '<', @"$<$"
            '>', @"$>$"
            '|', @"$|$"
            '"', @"''"
            '[', @"{[}" // or \\ before it would read it as its argument
            ']', @"{]}"
            '\n', " "
            '\r', " "
            '\t', " "
            '→', @"$\rightarrow$"
            '±', @"$\pm$"
            '×', @"$\times$"
            '−', @"$-$"
            '≤', @"$\leq$"
            '≥', @"$\geq$"
            '≈', @"$\approx$"
            'Δ', @"$\Delta$"
            'α', @"$\alpha$"
            'β', @"$\beta$"
            'γ', @"$\gamma$"
            'δ', @"$\delta$"
            'λ', @"$\lambda$"
            'μ', @"$\mu$"
            'ρ', @"$\rho$"
            'σ', @"$\sigma$"
            'τ', @"$\tau$"
            '–', "--"
            '—', "---"
        ]

    /// User text as LaTeX text. Characters outside LaTeX's default encoding stay: its input encoding is UTF-8.
    let text (value: string) =
        let escaped = StringBuilder()

        for c in Research.Printing.PrintableText.Of(value, lines = true) do
            match latexSymbols.TryGetValue c with
            | true, replacement -> escaped.Append replacement |> ignore
            | false, _ -> escaped.Append c |> ignore

        escaped.ToString()

    /// A title as LaTeX text, on several lines when long: a heading wider than its numbers would pull them apart.
    let stacked (value: string) =
        let rec lines (words: string list) (line: string) =
            match words with
            | [] -> [ line ]
            | word :: rest when line = "" -> lines rest word
            | word :: rest when line.Length + 1 + word.Length <= 14 -> lines rest $"{line} {word}"
            | word :: rest -> line :: lines rest word

        match lines (List.ofArray (value.Split(' ', StringSplitOptions.RemoveEmptyEntries))) "" with
        | [ line ] -> text line
        | several ->
            let stack = String.Join(@"\\", List.map text several)
            $@"\shortstack{{{stack}}}"

    /// siunitx's table-format for these numbers: a sign if one has it, digits before and after the point.
    let private format (numbers: string list) =
        let parts =
            numbers
            |> List.map (fun number ->
                let digits = number.TrimStart('-', '+')

                match digits.Split '.' with
                | [| whole; fraction |] -> whole.Length, fraction.Length
                | _ -> digits.Length, 0)

        let sign =
            if
                numbers
                |> List.exists (fun number -> number.StartsWith '-' || number.StartsWith '+')
            then
                "+" // siunitx reserves room for either sign
            else
                ""

        match parts with
        | [] -> "1.0"
        | parts -> $"{sign}{parts |> List.map fst |> List.max}.{parts |> List.map snd |> List.max}"

    let private numbersOf (entries: Entry list) =
        entries
        |> List.map (fun entry ->
            match entry with
            | Value(mean, half, _)
            | Change(mean, half, _) -> [ mean ], Option.toList half
            | Nothing
            | Note _ -> [], [])
        |> List.unzip
        |> fun (means, halves) -> List.concat means, List.concat halves

    /// The last of the four holds the mark and absorbs the extra width of a wide heading.
    let private columnType (entries: Entry list) =
        let means, halves = numbersOf entries
        $"S[table-format={format means}]@{{}}c@{{}}S[table-format={format halves}]@{{}}l"

    let private across (content: string) = $@"\multicolumn{{4}}{{c}}{{{content}}}"

    let private cells entry =
        let numbers (mean: string) half mark =
            match half with
            | Some half -> [ mean; @"$\,\pm\,$"; half; mark ]
            | None -> [ mean; ""; ""; mark ]

        match entry with
        | Value(mean, half, true) -> numbers $@"\bfseries {mean}" half ""
        | Value(mean, half, false) -> numbers mean half ""
        | Change(mean, half, significant) -> numbers mean half (if significant then "$^{*}$" else "")
        | Note note -> [ across (text note) ]
        | Nothing -> [ across "--" ]

    /// A floating `table` with its notes below it. It needs only `\usepackage{booktabs,siunitx}`; `caption` and `label` are user text.
    let write (caption: string) (label: string) (table: ResultTable) =
        let rows = table.Rows |> List.map (fun row -> row, entries table row)
        let builder = StringBuilder()

        let line (content: string) =
            builder.Append(content).Append('\n') |> ignore

        let row (cells: string list) =
            "    " + String.Join(" & ", cells) + @" \\"

        let titles =
            match header table with
            | arm :: n :: metrics ->
                $"{{{text arm}}}"
                :: $"{{{text n}}}"
                :: (metrics |> List.map (stacked >> across))
            | other -> List.map text other

        let columns = [
            for i in 0 .. (header table).Length - 3 do
                columnType (rows |> List.map (fun (_, entries) -> entries[i]))
        ]

        line @"% needs \usepackage{booktabs,siunitx}"
        line @"\begin{table}[t]"
        line @"  \centering"
        line @"  \sisetup{mode=text, detect-weight=true, retain-explicit-plus=true}"
        line $@"  \caption{{{text caption}}}"
        line $@"  \label{{tab:{(Slug.ofText label).Replace('_', '-')}}}"
        line @"  \begin{tabular}{"
        line $"    lS[table-format={format (rows |> List.map (fun (own, _) -> string own.Seeds))}]"

        for column in columns do
            line $"    {column}"

        line @"  }"
        line @"    \toprule"
        line (row titles)
        line @"    \midrule"

        for own, entries in rows do
            line (row ($"{{{text own.Arm}}}" :: string own.Seeds :: List.collect cells entries))

        line @"    \bottomrule"
        line @"  \end{tabular}"
        line @"  \par\smallskip"
        let notes = String.Join(" ", table.Notes |> List.map text)
        line $@"  {{\footnotesize {notes}\par}}"
        line @"\end{table}"
        builder.ToString()
