module Research.Tests.ObjectiveTests

open System
open Xunit
open Research
open Research.Language
open Research.Evaluation

let private message (action: unit -> Objective) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``an empty psd is the documented default`` () =
    let expected: Psd = {
        SoftFraction = cosine 0.0 0.8
        Teacher = Shared
        Direction = Swapped
        TauRatio = 1.0
        Sampling = Joint
        Negatives = WholeBatch
        HardNegatives = None
    }

    Assert.Equal(Objective.make Psd.kind expected, psd)

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
    Assert.Contains(
        "exactly zero gradient",
        message (fun () -> (experiment { objective (psd |> direction plain) }).Objective)
    )

[<Theory>]
[<InlineData("teacher")>]
[<InlineData("ratio")>]
[<InlineData("direction")>]
let ``each remedy against the missing gradient is accepted`` remedy =
    let objective =
        match remedy with
        | "teacher" -> (psd |> direction plain |> teacher (ema 0.99))
        | "ratio" -> (psd |> direction plain |> tau_ratio 0.5)
        | _ -> (psd |> direction intra_modal)

    Assert.Empty(Objective.problems objective)

[<Fact>]
let ``an EMA momentum of 1 is refused`` () =
    Assert.Contains(
        "teacher: ema 1 is outside the allowed range (0, 1)",
        message (fun () -> (psd |> teacher (ema 1.0)))
    )

[<Fact>]
let ``hard negatives do not go with subset negatives`` () =
    Assert.Contains(
        "hard_negatives",
        message (fun () ->
            (experiment { objective (psd |> negatives own_subset |> hard_negatives 1.0 0.25) }).Objective)
    )

[<Fact>]
let ``hn_nce refuses alpha and beta out of range`` () =
    Assert.Equal("hn_nce: alpha 2 is outside the allowed range [0, 1]", message (fun () -> hn_nce |> alpha 2.0))

    Assert.Equal("hn_nce: beta -1 must be a finite number of at least 0", message (fun () -> hn_nce |> beta -1.0))

[<Fact>]
let ``label smoothing belongs to InfoNCE`` () =
    Assert.Equal(Objective.make InfoNce.kind { LabelSmoothing = 0.1 }, infonce |> label_smoothing 0.1)

    Assert.Equal(
        "label_smoothing does not apply to the objective DCL, which has no settings",
        message (fun () -> dcl |> label_smoothing 0.1)
    )

    Assert.Equal(
        "beta does not apply to the objective PSD cosine 0 -> 0.8, whose settings are soft_fraction, teacher, direction, tau_ratio, sampling, negatives, hard_negatives",
        message (fun () -> psd |> beta 0.5)
    )

[<Fact>]
let ``the examples hold every kind, and the core takes each`` () =
    for objective in Objectives.examples do
        Assert.Empty(Objective.problems objective)
        let core = Objective.toCore objective
        Assert.Equal(objective.Name, core.Name)

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
    Assert.Contains(
        "exactly zero gradient",
        message (fun () -> (experiment { objective (momentum_distillation |> teacher shared) }).Objective)
    )

[<Fact>]
let ``the rivals refuse settings out of range, naming the keyword`` () =
    Assert.Equal(
        "debiased: tau_plus 1 is outside the allowed range [0, 1)",
        message (fun () -> (debiased |> tau_plus 1.0))
    )

    Assert.StartsWith("cyclip: in_modal -1", message (fun () -> (cyclip |> in_modal -1.0)))
    Assert.StartsWith("siglip: initial_bias NaN", message (fun () -> siglip |> initial_bias nan))

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
    Assert.Contains("the weight 0 of CyCLIP", message (fun () -> infonce |> plus 0.0 cyclip))

    Assert.Contains(
        "different teachers",
        message (fun () ->
            psd
            |> teacher (ema 0.9)
            |> plus 1.0 (momentum_distillation |> teacher (ema 0.99)))
    )

    Assert.Contains(
        "siglip learns parameters of its own and stands in the sum twice",
        message (fun () -> siglip |> plus 0.5 siglip)
    )

[<Fact>]
let ``a part is taken out of a sum by its kind, and a setting reaches into it`` () =
    let sum = psd |> plus 0.5 cyclip |> plus 0.25 siglip
    Assert.Equal(psd |> plus 0.25 siglip, sum |> without cyclip)
    Assert.Equal(psd, sum |> without cyclip |> without siglip)
    Assert.Contains("debiased (0.1, 1) is no part of", message (fun () -> sum |> without debiased))
    Assert.Contains("is no sum", message (fun () -> psd |> without psd))

    Assert.Equal(
        psd |> soft_fraction (constant 0.5) |> plus 0.5 (cyclip |> in_modal 1.0),
        psd |> plus 0.5 cyclip |> soft_fraction (constant 0.5) |> in_modal 1.0
    )
