// How should PSD's soft fraction grow? Shapes and final values of its schedule against InfoNCE, where half of the captions are wrong.
// 35 runs, about 35 minutes on two cores.
#load "check.fsx"
#load "prelude.fsx"

open Research

let halfWrong =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ] |> shuffled_captions 0.5)
        train (steps 700 |> batch 128 |> adamW 2e-3)
        objective (psd { () })
        evaluate [ retrieval; zero_shot Subgroups ]
    }

sweep "alpha-schedule" {
    base_ halfWrong

    concat_ [
        choose "soft fraction" [ ("InfoNCE", objective infoNCE) ]
        vary
            "soft fraction"
            [
                constant 0.4
                linear 0 0.4
                constant 0.8
                linear 0 0.8
                cosine 0 0.8
                step [ 0.0, 0.0; 0.5, 0.8 ]
            ]
            soft_fraction
    ]

    seeds 5
    baseline "InfoNCE"
}
|> report [
    table [ "test.retrieval.r1"; "test.retrieval.r10"; "test.zeroshot.top1" ]
    bars "test.retrieval.r10"
    curves "train.mean_loss"
]
|> titled "Schedules of the soft fraction, half of the captions shuffled"
|> main fsi.CommandLineArgs
