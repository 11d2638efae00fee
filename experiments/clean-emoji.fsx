// The sanity check: InfoNCE on clean pairs, twelve renderers, 400 steps. Chance is 4 % at R@10.
#load "check.fsx"
#load "prelude.fsx"

open Research

let clean =
    experiment {
        corpus emoji
        image Vit.tiny
        text Transformer.tiny
        train (steps 400 |> batch 128 |> adamW 2e-3)
        evaluate [ retrieval; zero_shot Groups ]
    }

sweep "clean-emoji" {
    base_ clean
    axis "objective" [ "InfoNCE", objective infoNCE ]
    seeds 4
}
|> report [
    table [
        "test.retrieval.r1"
        "test.retrieval.r5"
        "test.retrieval.r10"
        "test.zeroshot.groups.top1"
    ]
    bars "test.retrieval.r10"
    curves "train.mean_loss"
]
|> titled "Emoji, clean pairs: held-out concepts"
|> main fsi.CommandLineArgs
