/// An objective of every kind, with every optional field present, for tests that must not forget one.
module Research.Tests.Objectives

open System.IO
open Research
open Research.Language

/// Files that stand for a trained teacher's weights; the second one is where a changed path leads.
let private weights =
    lazy
        (let path =
            Path.Combine(Directory.CreateTempSubdirectory("research-teacher-").FullName, "weights.safetensors")

         File.WriteAllText(path, "one")
         File.WriteAllText(path + " changed", "two")
         path)

/// A path to weights, and to others behind it with " changed".
let teacherWeights () = weights.Value

let private chosen: Objective list = [
    infonce |> label_smoothing 0.125
    (psd
     |> soft_fraction (linear 0.0 0.75)
     |> teacher (ema 0.75)
     |> tau_ratio 0.5
     |> hard_negatives 0.5 0.25)
    (psd |> direction intra_modal |> teacher (frozen weights.Value))
    hn_nce
    dcl
    (debiased |> tau_plus 0.25 |> beta 0.5 |> weight_gradient false)
    siglip |> initial_bias -5.0
    (momentum_distillation
     |> blend (constant 0.5)
     |> teacher (ema 0.75)
     |> tau_ratio 0.5)
    (cyclip |> in_modal 0.5 |> cross_modal 0.75)
    (frozen_distillation weights.Value
     |> blend (constant 0.25)
     |> temperature 0.5
     |> distance cross_entropy)
    custom "half" (fun batch -> (batch.Image * batch.Text).sum().neg())
    infonce
    |> plus 0.5 cyclip
    |> plus 0.25 (psd |> soft_fraction (constant 0.5) |> direction intra_modal)
]

/// Those, and every kind that says enough by its defaults.
let examples: Objective list =
    let complete =
        Objectives.defaults
        |> List.filter (fun objective -> Objective.problems objective |> List.isEmpty)

    List.distinct (chosen @ complete)
