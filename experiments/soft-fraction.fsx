// How many soft targets should PSD use, and does that depend on how many captions are wrong? Final soft fractions at two noise levels.
// 50 runs, about 50 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "soft-fraction" (small_emoji |> steps 700 |> objective psd) {
    axis "captions" [ "clean", shuffled_captions 0.0; "half wrong", shuffled_captions 0.5 ]
    axis "final soft fraction" [ 0.0; 0.2; 0.4; 0.6; 0.8 ] (cosine 0 >> soft_fraction)
    seeds 5
}
|> report [ table [ test.r1; test.r10; test.top1 ]; line test.r10 "final soft fraction" ]
|> titled "Final soft fraction of PSD, with clean and with shuffled captions"
|> main
