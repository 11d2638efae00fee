namespace Research.Papers

open Research
open Research.Language
open Research.Tables
open Research.Evaluation

/// Tables of Radenovic et al., "Filtering, Distillation, and Hard Negatives for Vision-Language Pre-Training", CVPR 2023.
[<RequireQualifiedAccess>]
module DihtPaper =
    let private paper = "Radenovic et al., CVPR 2023"

    let private claim row column mark = {
        PaperClaim.Text = "hard-negative NCE improves on the InfoNCE baseline"
        Mark = mark
        Row = row
        Than = "InfoNCE"
        Column = column
    }

    /// Hard-negative NCE over (alpha, beta) against InfoNCE. The two settings are recalled as those of LAION-CAT and of PMD [R]; the paper's
    /// figures were not read again, so the table has none. The arms are those of experiments/hard-negatives.fsx.
    let hardNegatives: PaperTable = {
        Key = "diht-hard-negatives"
        Paper = paper
        Title = "HN-NCE over (alpha, beta)"
        Columns = PaperColumn.usual
        Rows = [
            PaperRow.setting "InfoNCE" "1, 0" PaperMark.Published
            PaperRow.setting "(1, 0.25)" "1, 0.25" PaperMark.Recalled
            PaperRow.setting "(0.999, 0.5)" "0.999, 0.5" PaperMark.Recalled
            PaperRow.setting "(0, 0)" "0, 0" PaperMark.Ours
        ]
        Claims = [
            for title in [ "image→text R@10"; "text→image R@10"; "zero-shot top-1" ] do
                claim "(1, 0.25)" title PaperMark.Recalled
        ]
        NotComparable = Some "the paper trains on LAION-CAT and PMD and evaluates on 29 public tasks"
        Tolerance = 0.1
        Notes = [
            "(1, 0.25) is recalled as the setting for LAION-CAT and (0.999, 0.5) as that for PMD [R]; (1, 0) is InfoNCE and (0, 0) the decoupled loss."
            "The paper's figures were not read again."
        ]
    }

    let private released (title: string) (figures: float option list) : PaperRow = {
        Title = title
        Mark = PaperMark.Published
        Arm = Some title
        Figures =
            figures
            |> List.map (
                Option.map (fun value -> {
                    Value = value
                    Mark = PaperMark.Published
                })
            )
    }

    let private diht title figures = released title (List.map Some figures)

    let private clip title imageNet coco flickr =
        released title [ Some imageNet; Some coco; None; Some flickr; None ]

    /// Zero-shot figures of the released models, DiHT's and OpenAI's CLIP: ImageNet-1K top-1, and R@1 of COCO and Flickr30K.
    let zeroShot: PaperTable = {
        Key = "diht-zero-shot"
        Paper = paper
        Title = "Zero-shot figures of the released models"
        Columns = [
            PaperColumn.percent "ImageNet-1K top-1"
            PaperColumn.percent "COCO text→image R@1"
            PaperColumn.percent "COCO image→text R@1"
            PaperColumn.percent "Flickr30K text→image R@1"
            PaperColumn.percent "Flickr30K image→text R@1"
        ]
        Rows = [
            clip "CLIP ViT-B/32" 63.3 30.4 58.8
            diht "DiHT ViT-B/32" [ 68.0; 40.6; 59.3; 68.6; 84.4 ]
            clip "CLIP ViT-B/16" 68.3 33.1 62.2
            diht "DiHT ViT-B/16" [ 72.2; 43.3; 60.3; 72.9; 89.8 ]
            clip "CLIP ViT-L/14" 75.5 36.5 65.0
            diht "DiHT ViT-L/14" [ 77.0; 48.0; 65.1; 76.7; 92.0 ]
            clip "CLIP ViT-L/14@336" 76.6 37.1 66.9
            diht "DiHT ViT-L/14@336" [ 77.9; 49.3; 65.3; 78.2; 91.1 ]
        ]
        Claims = []
        NotComparable = Some "these models see hundreds of millions of pairs; runs of this toolkit's own corpora do not"
        Tolerance = 0.1
        Notes = []
    }
