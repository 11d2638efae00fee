// Half of the training captions belong to other pictures. Does an objective that trusts its pairs less learn more?
// Three objectives, two seeds, 32-pixel emoji of concepts that were never trained on. About four minutes on two cores.
#load "check.fsx"
#load "prelude.fsx"

open Research

let halfWrong =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ] |> shuffled_captions 0.5)
        image Vit.tiny
        text Transformer.tiny
        train (steps 500 |> batch 128 |> adamW 2e-3)
        evaluate [ retrieval; zero_shot Subgroups ]
    }

sweep "quickstart" {
    base_ halfWrong

    axis "objective" [
        "InfoNCE", objective infoNCE
        "PSD", objective (psd { soft_fraction (cosine 0 0.8) })
        "HN-NCE", objective (hnNCE { beta 0.25 })
    ]

    seeds 2
    baseline "InfoNCE"
}
|> report [
    table [ "test.retrieval.r1"; "test.retrieval.r10"; "test.zeroshot.top1" ]
    forest "test.retrieval.r10"
    curves "train.mean_loss"
]
|> titled "Emoji, half of the captions shuffled: held-out concepts"
|> main fsi.CommandLineArgs
