// Which wrong captions do most harm? A third of the training captions is made wrong in one of four ways, for InfoNCE and for PSD.
// 50 runs, about 50 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "wrong-captions" (small_emoji |> steps 700) {
    axis "captions" [
        "clean", id
        "of any picture", shuffled_captions 0.33
        "of the same subgroup", swapped_captions 0.33
        "boiler-plate", boilerplate_captions 0.33
        "empty", dropped_captions 0.33
    ]

    axis "objective" [
        "InfoNCE", objective infonce
        "PSD", objective (psd |> soft_fraction (cosine 0 0.8))
    ]

    seeds 5
}
|> report [ table [ test.r1; test.r10; test.top1 ]; bars test.r10 ]
|> titled "A third of the captions wrong, in four ways"
|> main
