// Which alpha and beta suit HN-NCE? (1, 0) is InfoNCE and (0, 0) is DCL. 48 runs, about 35 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "hard-negatives" (small_emoji |> objective hn_nce) {
    axis "alpha" [ 0.0; 0.5; 0.999; 1.0 ] alpha
    axis "beta" [ 0.0; 0.25; 0.5; 1.0 ] beta
    seeds 3
    baseline "1, 0"
}
|> report [
    table [ test.r1; test.r10; test.top1 ]
    heat_map test.r10 "beta" "alpha"
    paper (
        diht_hard_negatives
        |> with_arms [
            "InfoNCE", "1, 0"
            "(1, 0.25)", "1, 0.25"
            "(0.999, 0.5)", "0.999, 0.5"
            "(0, 0)", "0, 0"
        ]
    )
]
|> titled "HN-NCE over alpha and beta, clean captions"
|> main
