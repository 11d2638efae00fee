// Which random changes of the pictures help where pairs are few? A quarter of the emoji with clean captions, five kinds of change.
// Mirroring may well harm: arrows, flags and letters mean something else then. 30 runs, 46 minutes on two cores
// that did other work too.
#load "prelude.fsx"

open Research
open Prelude

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
