namespace Research.Papers

open Research
open Research.Language
open Research.Tables
open Research.Evaluation

/// Tables of Andonian, Chen and Hamid, "Robust Cross-Modal Representation Learning with Progressive Self-Distillation", CVPR 2022.
[<RequireQualifiedAccess>]
module PsdPaper =
    let private paper = "Andonian, Chen and Hamid, CVPR 2022"

    let private claim row column text mark = {
        PaperClaim.Text = text
        Mark = mark
        Row = row
        Than = "CLIP"
        Column = column
    }

    /// The ablation of the soft fraction's schedule. The paper says that the fraction of softly labelled pairs grows over training [P]; its
    /// figures were not read again, so the table has none. The rows' schedules are ours, those of experiments/alpha-schedule.fsx.
    let scheduleAblation: PaperTable = {
        Key = "psd-schedule"
        Paper = paper
        Title = "Progressive self-distillation: schedule of the soft fraction"
        Columns = PaperColumn.usual
        Rows = [
            PaperRow.setting "CLIP" "constant 0" PaperMark.Published
            PaperRow.setting "constant, 0.8" "constant 0.8" PaperMark.Ours
            PaperRow.setting "linear, 0 to 0.8" "linear 0 -> 0.8" PaperMark.Ours
            PaperRow.setting "cosine, 0 to 0.8" "cosine 0 -> 0.8" PaperMark.Ours
            PaperRow.setting "step to 0.8" "step 0 at 0, 0.8 at 0.5" PaperMark.Ours
        ]
        Claims = [
            claim
                "cosine, 0 to 0.8"
                "zero-shot top-1"
                "PSD outperforms its CLIP counterpart in zero-shot classification"
                PaperMark.Published
            claim
                "cosine, 0 to 0.8"
                "image→text R@10"
                "PSD outperforms its CLIP counterpart in retrieval"
                PaperMark.Published
            claim
                "cosine, 0 to 0.8"
                "text→image R@10"
                "PSD outperforms its CLIP counterpart in retrieval"
                PaperMark.Published
        ]
        NotComparable = Some "the paper trains on web-scale captions and evaluates on 14 public benchmarks"
        Tolerance = 0.1
        Notes = [
            "The paper's figures were not read again; its claims are those of its abstract."
        ]
    }
