// Which objective learns most from noisy pairs? Half of the training captions belong to other pictures. 50 runs, about 40 minutes on
// two cores.
#load "prelude.fsx"

open Research
open Toolkit

sweep "objectives" (small_emoji |> shuffled_captions 0.5) {
    axis "objective" [
        "InfoNCE", objective infonce
        "InfoNCE, smoothed", objective (infonce |> label_smoothing 0.1)
        "SigLIP", objective siglip
        "CyCLIP", objective cyclip
        "DCL", objective dcl
        "HN-NCE", objective (hn_nce |> beta 0.25)
        "debiased NCE", objective (debiased |> tau_plus 0.1)
        "momentum distillation", objective (momentum_distillation |> blend (linear 0 0.4))
        "PSD", objective (psd |> soft_fraction (cosine 0 0.8))
        "PSD + HN-NCE", objective (hn_nce |> beta 0.25) >> self_distilled (cosine 0 0.8)
    ]

    seeds 5
    baseline "InfoNCE"
}
|> report [ table [ test.r1; test.r10; test.top1 ]; forest test.r10 ]
|> titled "Ten objectives on emoji, half of the captions shuffled"
|> main
