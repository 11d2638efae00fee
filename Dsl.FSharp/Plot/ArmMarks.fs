namespace Research.Plots

open Research
open Research.Language
open Research.Evaluation
open Research.Tables

/// Arms along an axis: their marks, and what stands for those whose runs have not all been finished.
[<RequireQualifiedAccess>]
module internal ArmMarks =
    /// An arm's seeds.
    let dots (column: Metric) (row: ResultRow, cell: ResultCell) : Dot list =
        cell.Values
        |> List.map (fun (seed, value) -> {
            Dot.Category = row.Arm
            Value = column.Shown value
            Label = $"seed {seed}"
        })

    /// An arm's mean with its interval; None without a value.
    let mean (column: Metric) (row: ResultRow, cell: ResultCell) : Bar option =
        cell.Summary
        |> Option.map (fun summary -> {
            Bar.Category = row.Arm
            Value = column.Shown summary.Mean
            Interval = ResultTable.band column summary.Interval
        })

    let private isEmpty (_, cell: ResultCell) = cell.Values.IsEmpty

    /// The axis of arms, with those below it of which some seeds are missing: `axis "objective" [ "InfoNCE", objective infonce; "PSD", objective psd ]`.
    let axis (rows: (ResultRow * ResultCell) list) : PlotAxis =
        let partly =
            rows
            |> List.filter (isEmpty >> not)
            |> List.choose (fun (row, _) -> row.Unfinished |> Option.map (fun words -> row.Arm, words))

        PlotAxis.create "arm" "" |> PlotAxis.remark (Unfinished.line partly)

    /// What stands in the place of an arm without a value.
    let reason (row: ResultRow) : string =
        row.Unfinished |> Option.defaultValue "no finite value"

    /// The arms without a value, each with the reason; no layer where there is none.
    let gaps (rows: (ResultRow * ResultCell) list) : Layer list =
        match rows |> List.filter isEmpty with
        | [] -> []
        | empty -> [ Layer.Vacant(empty |> List.map (fun (row, _) -> row.Arm, reason row)) ]
