// Which teacher should PSD's soft rows have, and which of its distributions goes where? A shared teacher with plain targets has no
// gradient, so that arm is left out. 40 runs, about 45 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "teachers" (small_emoji |> shuffled_captions 0.5 |> steps 700 |> objective psd) {
    axis "teacher" [ shared; ema 0.99; ema 0.999 ] teacher
    axis "direction" [ swapped; plain; intra_modal ] direction
    exclude (all_of [ is "teacher" shared; is "direction" plain ])
    seeds 5
    baseline "shared, swapped"
}
|> report [
    table [ test.r1; test.r10; test.top1 ]
    small_multiples "teacher" (bars test.r10)
    curves training.target_entropy
]
|> titled "Teachers of PSD and the direction of its targets"
|> main
