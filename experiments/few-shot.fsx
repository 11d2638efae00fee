// Do prompts help when there are a few labelled pictures of each class? DiHT's probe starts from the zero-shot classifier and stays near it; the others
// start there and go where they will, are pulled back, or start from zero. Five seeds, about ten minutes on two cores.
#load "prelude.fsx"

open Research
open Toolkit

let probed =
    small_emoji
    |> evaluate [ retrieval; zero_shot subgroups; few_shot subgroups ]
    |> evaluate_on [ test ]

sweep "few-shot" probed { seeds 5 }
|> report [
    table [
        test.r10
        test.top1
        test.few_shot.zero_shot
        test.few_shot.prompt.k4
        test.few_shot.zero.k4
    ]
    k_table test.few_shot
    k_curve test.few_shot
]
|> titled "Emoji subgroups: probes on a few pictures of each"
|> main
