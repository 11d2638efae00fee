namespace Research

open Research.Papers

/// Papers' tables in scripts: `paper (diht_hard_negatives |> with_arms [ "(1, 0.25)", "beta 0.25" ])`.
[<AutoOpen>]
module PaperWords =
    /// PSD's ablation of the soft fraction's schedule (Andonian, Chen and Hamid, CVPR 2022).
    let psd_schedule = PsdPaper.scheduleAblation

    /// DiHT's hard-negative NCE over (alpha, beta) against InfoNCE (Radenovic et al., CVPR 2023).
    let diht_hard_negatives = DihtPaper.hardNegatives

    /// DiHT's zero-shot figures of the released models (Radenovic et al., CVPR 2023).
    let diht_zero_shot = DihtPaper.zeroShot

    /// The arms that stand for a paper's rows: (row's title, arm's name). A row that is not named keeps its own.
    let with_arms pairs table = PaperTable.arms pairs table

    /// The metrics that stand for a paper's columns: (column's title, metric).
    let with_metrics pairs table = PaperTable.metrics pairs table

    /// Says that our runs have the paper's data and model, so that figures can be set against each other.
    let comparable table = PaperTable.comparable table
