module Research.Tests.ObjectiveTests

open System
open Xunit
open Research
open Research.Evaluation

let private message (action: unit -> Objective) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``an empty psd is the documented default`` () =
    let expected: Psd = {
        SoftFraction = Cosine(0.0, 0.8)
        Teacher = Shared
        Direction = Swapped
        TauRatio = 1.0
        Sampling = Joint
        Negatives = WholeBatch
        HardNegatives = None
    }

    Assert.Equal(Psd expected, psd)

[<Fact>]
let ``a soft fraction above 1 is refused with its schedule`` () =
    Assert.Equal(
        "psd: soft_fraction (linear 0 -> 1.2) reaches 1.2; allowed are values in [0, 1]",
        message (fun () -> (psd |> soft_fraction (linear 0.0 1.2)))
    )

[<Fact>]
let ``a soft fraction below 0 is refused with its schedule`` () =
    Assert.Contains("reaches -0.1", message (fun () -> (psd |> soft_fraction (constant -0.1))))

[<Fact>]
let ``the setting whose soft part has no gradient is refused`` () =
    Assert.Contains("exactly zero gradient", message (fun () -> (psd |> direction plain)))

[<Theory>]
[<InlineData("teacher")>]
[<InlineData("ratio")>]
[<InlineData("direction")>]
let ``each remedy against the missing gradient is accepted`` remedy =
    let objective =
        match remedy with
        | "teacher" ->
            (psd |> direction plain |> teacher (ema 0.99))
        | "ratio" ->
            (psd |> direction plain |> tau_ratio 0.5)
        | _ -> (psd |> direction intra_modal)

    Assert.Empty(Objective.problems objective)

[<Fact>]
let ``an EMA momentum of 1 is refused`` () =
    Assert.Contains("momentum outside (0, 1)", message (fun () -> (psd |> teacher (ema 1.0))))

[<Fact>]
let ``hard negatives do not go with subset negatives`` () =
    Assert.Contains(
        "hard_negatives",
        message (fun () ->
            (psd |> negatives own_subset |> hard_negatives 1.0 0.25))
    )

[<Fact>]
let ``hn_nce refuses alpha and beta out of range, both in one message`` () =
    Assert.Equal(
        "hnNCE: alpha 2 is outside the allowed range [0, 1]; hn_nce: beta -1 must be a finite number of at least 0",
        message (fun () ->
            (hn_nce |> alpha 2.0 |> beta -1.0))
    )

[<Fact>]
let ``label smoothing belongs to InfoNCE`` () =
    Assert.Equal(InfoNce { LabelSmoothing = 0.1 }, infonce |> label_smoothing 0.1)

    Assert.Equal("label_smoothing applies to infonce, not to DCL", message (fun () -> dcl |> label_smoothing 0.1))

[<Fact>]
let ``the examples hold every kind, and the core takes each`` () =
    for objective in Objectives.examples do
        Assert.Empty(Objective.problems objective)
        let core = Objective.toCore objective
        Assert.Equal(TrainingMetrics.nameOf objective, core.Name)

[<Fact>]
let ``the defaults of the builders are the core's own`` () =
    let same (ours: Objective) (core: Research.Objectives.IObjective) =
        Assert.Equal(core.ToString(), (Objective.toCore ours).ToString())

    same (debiased) (Research.Objectives.DebiasedNce())
    same (momentum_distillation) (Research.Objectives.MomentumDistillation())
    same (cyclip) (Research.Objectives.CyClip())
    same (frozen_distillation "x") (Research.Objectives.FrozenDistillation())
    use core = new Research.Objectives.SigLip()
    use ours = Objective.toCore siglip :?> Research.Objectives.SigLip
    Assert.Equal(core.Bias.item<float32>(), ours.Bias.item<float32>())

[<Fact>]
let ``momentum distillation refuses the network as its own teacher`` () =
    Assert.Contains("exactly zero gradient", message (fun () -> (momentum_distillation |> teacher shared)))

[<Fact>]
let ``the rivals refuse settings out of range, naming the keyword`` () =
    Assert.Equal(
        "debiased: tau_plus 1 is outside the allowed range [0, 1)",
        message (fun () -> (debiased |> tau_plus 1.0))
    )

    Assert.StartsWith("cyCLIP: in_modal -1", message (fun () -> (cyclip |> in_modal -1.0)))
    Assert.StartsWith("initial_bias NaN", message (fun () -> siglip |> initial_bias nan))

    Assert.StartsWith(
        "momentum_distillation: blend (constant 2) reaches 2",
        message (fun () -> (momentum_distillation |> blend (constant 2.0)))
    )

    Assert.StartsWith(
        "frozen_distillation: temperature 0",
        message (fun () -> (frozen_distillation "x" |> temperature 0.0))
    )

[<Fact>]
let ``a sum refuses parts that cannot share a batch`` () =
    Assert.Equal("weighted: the list is empty", message (fun () -> weighted []))
    Assert.Contains("the weight 0 of InfoNCE", message (fun () -> weighted [ 0.0, infonce ]))

    Assert.Contains(
        "different teachers",
        message (fun () ->
            weighted [
                1.0, (psd |> teacher (ema 0.9))
                1.0, (momentum_distillation |> teacher (ema 0.99))
            ])
    )

    Assert.Contains(
        "different unaligned subsets",
        message (fun () ->
            weighted [
                1.0, (psd |> soft_fraction (constant 0.1))
                1.0, (psd |> soft_fraction (constant 0.2))
            ])
    )
