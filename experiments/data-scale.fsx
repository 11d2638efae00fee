// Does self-distillation pay more with more data? Nested parts of the training pairs, from an eighth to all, each trained for equally
// many epochs.
// 40 runs, about 15 minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "data-scale" (small_emoji |> shuffled_captions 0.5) {
    axis "part of the pairs" [ 0.125; 0.25; 0.5; 1.0 ] (fun part -> fraction part >> steps (int (500.0 * part)))

    axis "objective" [ "InfoNCE", objective infonce; "PSD", objective psd ]
    seeds 5
    baseline "1, InfoNCE"
}
|> report [ table [ test.r1; test.r10; test.top1 ]; line test.r10 "part of the pairs" ]
|> titled "InfoNCE and PSD over the amount of data"
|> main
