/// An objective of every kind, with every optional field present, for tests that must not forget one.
module Research.Tests.Objectives

open Research

let examples: Objective list = [
    infoNCE |> label_smoothing 0.125
    psd {
        soft_fraction (linear 0.0 0.75)
        teacher (Ema 0.75)
        tau_ratio 0.5
        hard_negatives 0.5 0.25
    }
    psd { direction IntraModal }
    hnNCE { () }
    dcl
]
