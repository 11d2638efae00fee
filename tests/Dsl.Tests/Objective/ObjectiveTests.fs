module Research.Tests.ObjectiveTests

open System
open Xunit
open Research

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

    Assert.Equal(Psd expected, psd { () })

[<Fact>]
let ``a soft fraction above 1 is refused with its schedule`` () =
    Assert.Equal(
        "psd: soft_fraction (linear 0 -> 1.2) reaches 1.2; allowed are values in [0, 1]",
        message (fun () -> psd { soft_fraction (linear 0.0 1.2) })
    )

[<Fact>]
let ``a soft fraction below 0 is refused with its schedule`` () =
    Assert.Contains("reaches -0.1", message (fun () -> psd { soft_fraction (constant -0.1) }))

[<Fact>]
let ``the setting whose soft part has no gradient is refused`` () =
    Assert.Contains("exactly zero gradient", message (fun () -> psd { direction Plain }))

[<Theory>]
[<InlineData("teacher")>]
[<InlineData("ratio")>]
[<InlineData("direction")>]
let ``each remedy against the missing gradient is accepted`` remedy =
    let objective =
        match remedy with
        | "teacher" ->
            psd {
                direction Plain
                teacher (Ema 0.99)
            }
        | "ratio" ->
            psd {
                direction Plain
                tau_ratio 0.5
            }
        | _ -> psd { direction IntraModal }

    Assert.Empty(Objective.problems objective)

[<Fact>]
let ``an EMA momentum of 1 is refused`` () =
    Assert.Contains("momentum outside (0, 1)", message (fun () -> psd { teacher (Ema 1.0) }))

[<Fact>]
let ``hard negatives do not go with subset negatives`` () =
    Assert.Contains(
        "hard_negatives",
        message (fun () ->
            psd {
                negatives OwnSubset
                hard_negatives 1.0 0.25
            })
    )

[<Fact>]
let ``hnNCE refuses alpha and beta out of range, both in one message`` () =
    Assert.Equal(
        "hnNCE: alpha 2 is outside the allowed range [0, 1]; hnNCE: beta -1 must be a finite number of at least 0",
        message (fun () ->
            hnNCE {
                alpha 2.0
                beta -1.0
            })
    )

[<Fact>]
let ``label smoothing belongs to InfoNCE`` () =
    Assert.Equal(InfoNce { LabelSmoothing = 0.1 }, infoNCE |> label_smoothing 0.1)

    Assert.Equal("label_smoothing applies to infoNCE, not to DCL", message (fun () -> dcl |> label_smoothing 0.1))
