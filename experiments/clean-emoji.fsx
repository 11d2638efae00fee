// A sanity check: InfoNCE on clean pairs of twelve renderers, 400 steps. Chance at R@10 is 4 %. 4 runs, 2 min 30 s on two cores.
#load "prelude.fsx"

open Research

let clean =
    experiment {
        corpus emoji
        image Vit.tiny
        text Transformer.tiny
        train (steps 400 |> batch 128 |> adamw 2e-3)
        evaluate [ retrieval; zero_shot groups ]
    }

sweep "clean-emoji" clean {
    axis "objective" [ "InfoNCE", objective infonce ]
    seeds 4
}
|> report [
    table [ test.r1; test.r5; test.r10; test.groups.top1 ]
    bars test.r10
    curves training.mean_loss
]
|> titled "Emoji, clean pairs: held-out concepts"
|> main
