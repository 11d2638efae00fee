// Half of the training captions belong to other pictures. Does an objective that trusts its pairs less learn more?
// Three objectives, two seeds; the test is 32-pixel emoji of concepts that were never trained on. About four minutes on two cores.
#load "prelude.fsx"

open Research

let halfWrong =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ] |> shuffled_captions 0.5)
        image Vit.tiny
        text Transformer.tiny
        train (steps 500 |> batch 128 |> adamw 2e-3)
        evaluate [ retrieval; zero_shot subgroups ]
    }

sweep "quickstart" halfWrong {
    axis "objective" [
        "InfoNCE", objective infonce
        "PSD", objective (psd |> soft_fraction (cosine 0 0.8))
        "HN-NCE", objective (hn_nce |> beta 0.25)
    ]

    seeds 2
    baseline "InfoNCE"
}
|> report [
    table [ test.r1; test.r10; test.top1 ]
    forest test.r10
    curves training.mean_loss
]
|> titled "Emoji, half of the captions shuffled: held-out concepts"
|> main
