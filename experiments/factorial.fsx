// Do soft targets, hard negatives and noise interact? A factorial of the three, with label smoothing as a control.
// 45 runs, about 45 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "factorial" (small_emoji |> steps 700) {
    axis "captions" [
        "clean", shuffled_captions 0.0
        "a quarter wrong", shuffled_captions 0.25
        "half wrong", shuffled_captions 0.5
    ]

    axis "negatives" [ "even", objective infonce; "hard", objective hn_nce ]
    axis "targets" [ "one-hot", id; "PSD", self_distilled (cosine 0 0.8) ]

    given (all_of [ is "negatives" "even"; is "targets" "one-hot" ]) [
        choose "smoothing" [ "none", id; "0.1", objective (infonce |> label_smoothing 0.1) ]
    ]

    seeds 3
}
|> report [
    table [ test.r1; test.r10; test.top1 ]
    small_multiples "captions" (bars test.r10)
]
|> titled "Noise, soft targets and hard negatives"
|> main
