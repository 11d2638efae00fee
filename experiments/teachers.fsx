// Which teacher should PSD's soft rows have, and which of its distributions goes where? A shared teacher with plain targets has no
// gradient, so that arm is left out. 40 runs, about 45 minutes on two cores.
#load "prelude.fsx"

open Research

let halfWrong =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ] |> shuffled_captions 0.5)
        train (steps 700 |> batch 128 |> adamw 2e-3)
        objective psd
    }

sweep "teachers" halfWrong {
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
