// Which random changes of the pictures help when pairs are few? Five kinds of change on a quarter of the emoji, with clean captions.
// Mirroring may do harm, since arrows, flags and letters change their meaning. 30 runs, 46 minutes on two busy cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "augmentation" (small_emoji |> fraction 0.25 |> steps 400) {
    axis "augmentation" [
        "none", augment []
        "crop", augment [ random_crop 0.5 ]
        "flip", augment [ flip 0.5 ]
        "colour", augment [ colour_jitter 0.4 0.4 0.4 0.1; random_grey 0.2 ]
        "RandAugment", augment [ rand_augment 2 9 ]
        "crop and colour", augment [ random_crop 0.5; colour_jitter 0.4 0.4 0.4 0.1 ]
    ]

    seeds 5
    baseline "none"
}
|> report [
    table [ test.r1; test.r10; test.top1 ]
    forest test.r10
    curves training.mean_loss
]
|> titled "Augmentation on a quarter of the emoji"
|> main
