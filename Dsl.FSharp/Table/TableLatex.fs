namespace Research

open System
open System.Text
open Research.TableEntry

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
            '\n', " "
            '\r', " "
            '\t', " "
            '→', @"$\rightarrow$"
            '±', @"$\pm$"
            '×', @"$\times$"
            '−', @"$-$"
            '≤', @"$\leq$"
            '≥', @"$\geq$"
            'Δ', @"$\Delta$"
            'α', @"$\alpha$"
            'β', @"$\beta$"
            'γ', @"$\gamma$"
            'δ', @"$\delta$"
            'λ', @"$\lambda$"
            'μ', @"$\mu$"
            'σ', @"$\sigma$"
            'τ', @"$\tau$"
        ]

    let private latexText (text: string) =
        let escaped = StringBuilder()

        for c in text do
            match latexSymbols.TryGetValue c with
            | true, replacement -> escaped.Append replacement |> ignore
            | false, _ -> escaped.Append c |> ignore

        escaped.ToString()

    let private latexEntry entry =
        let spread half =
            match half with
            | Some half -> $@" \pm {half}"
            | None -> ""

        match entry with
        | Nothing -> "{--}"
        | Note text -> $"{{{latexText text}}}"
        | Value(mean, half, true) -> $@"$\mathbf{{{mean}}}{spread half}$"
        | Value(mean, half, false) -> $"${mean}{spread half}$"
        | Change(mean, half, significant) -> $"""${mean}{spread half}{if significant then "^{*}" else ""}$"""

    /// A LaTeX `table` for the booktabs package. Text cells stand in braces, so that columns may become siunitx's `S` columns.
    let write (caption: string) (label: string) (table: ResultTable) =
        let titles = header table
        let text = StringBuilder()

        let line (content: string) =
            text.Append(content).Append('\n') |> ignore

        let row (cells: string list) =
            "    " + String.Join(" & ", cells) + @" \\"

        line @"\begin{table}[t]"
        line @"  \centering"
        line $@"  \caption{{{latexText caption}}}"
        line $@"  \label{{tab:{Slug.ofText label}}}"
        line $@"  \begin{{tabular}}{{l{String('r', titles.Length - 1)}}}"
        line @"    \toprule"
        line (row (titles |> List.map (fun title -> $"{{{latexText title}}}")))
        line @"    \midrule"

        for arm in table.Rows do
            line (
                row (
                    $"{{{latexText arm.Arm}}}"
                    :: string arm.Seeds
                    :: (entries table arm |> List.map latexEntry)
                )
            )

        line @"    \bottomrule"
        line @"  \end{tabular}"
        line @"  \par\smallskip"
        let notes = String.Join(" ", table.Notes |> List.map latexText)
        line $@"  {{\footnotesize {notes}\par}}"
        line @"\end{table}"
        text.ToString()
