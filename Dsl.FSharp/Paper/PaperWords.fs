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

    /// The arms that stand for a paper's rows: (row's title, arm's name). An unnamed row keeps its own.
    let with_arms pairs table = PaperTable.arms pairs table

    /// The metrics that stand for a paper's columns: (column's title, metric).
    let with_metrics pairs table = PaperTable.metrics pairs table

    /// States that our runs have the paper's data and model, so that figures can be compared.
    let comparable table = PaperTable.comparable table

namespace Research.Papers

open Research.Language

/// The words of papers' tables, for `./research words`.
[<RequireQualifiedAccess>]
module PaperVocabulary =
    let private word = Word.create "paper"

    let words: Word list = [
        word
            "psd_schedule"
            "PSD's ablation of the soft fraction's schedule (Andonian, Chen and Hamid, CVPR 2022)"
            "paper psd_schedule"
        word
            "diht_hard_negatives"
            "DiHT's hard-negative NCE over (alpha, beta) against InfoNCE (Radenovic et al., CVPR 2023)"
            "paper diht_hard_negatives"
        word
            "diht_zero_shot"
            "DiHT's zero-shot figures of the released models (Radenovic et al., CVPR 2023)"
            "paper diht_zero_shot"
        word
            "with_arms"
            "the arms that stand for a paper's rows"
            "paper (diht_hard_negatives |> with_arms [ \"(1, 0.25)\", \"beta 0.25\" ])"
        word
            "with_metrics"
            "the metrics that stand for a paper's columns"
            "paper (diht_hard_negatives |> with_metrics [ \"zero-shot top-1\", validation.top1 ])"
        word
            "comparable"
            "states that our runs have the paper's data and model, so that figures can be compared"
            "paper (psd_schedule |> comparable)"
    ]
