// How should PSD's soft fraction grow? Shapes and final values are compared with half of the captions wrong; constant 0 is InfoNCE.
// 35 runs, about 35 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

let shapes = [
    constant 0
    constant 0.4
    linear 0 0.4
    constant 0.8
    linear 0 0.8
    cosine 0 0.8
    step [ 0.0, 0.0; 0.5, 0.8 ]
]

sweep "alpha-schedule" (small_emoji |> shuffled_captions 0.5 |> steps 700 |> objective psd) {
    axis "soft fraction" shapes soft_fraction
    seeds 5
    baseline "constant 0"
}
|> report [
    table [ test.r1; test.r10; test.top1 ]
    forest test.r10
    curves training.mean_loss
]
|> titled "Schedules of the soft fraction, half of the captions shuffled"
|> main
