module Research.Tests.ScheduleTests

open System
open FsCheck
open FsCheck.FSharp
open Xunit
open Research
open Research.Language

[<Fact>]
let ``a schedule names itself on an axis`` () =
    Assert.Equal("constant 0", (constant 0.0).Label)
    Assert.Equal("cosine 0 -> 0.8", (cosine 0.0 0.8).Label)
    Assert.Equal("linear 0.8 -> 0", string (linear 0.8 0.0))
    Assert.Equal("step 0 at 0, 0.5 at 0.25", (step [ 0.0, 0.0; 0.25, 0.5 ]).Label)
    Assert.Equal("warm-up 0.1, cosine 1 -> 0", (warm_up 0.1 (cosine 1.0 0.0)).Label)

[<Fact>]
let ``different schedules have different labels`` () =
    Check.One(
        Config.QuickThrowOnFailure,
        Prop.forAll (Arb.fromGen (Gen.two Generators.schedule)) (fun (a, b) -> (a = b) = (a.Label = b.Label))
    )

[<Fact>]
let ``a function of progress is a schedule under its name`` () =
    let square = schedule "square" (fun progress -> progress ** 2.0)
    Assert.Equal("square", square.Label)
    Assert.Equal(0.25, square.At 0.5, 12)
    let psd = psd |> soft_fraction square
    Assert.Equal(psd, (Experiment.ofJson "test" (Experiment.toJson (experiment { objective psd }))).Objective)

let private message (action: unit -> unit) =
    Assert.Throws<ArgumentException>(action).Message

[<Fact>]
let ``a staircase that does not start at progress 0 is refused`` () =
    Assert.Equal(
        "step starts at progress 0.1, but the first point lies at 0",
        message (fun () -> step [ 0.1, 0.0 ] |> ignore)
    )

[<Fact>]
let ``knots out of order are refused`` () =
    Assert.Equal(
        "piecewise goes from progress 0.5 to 0.5, but positions rise within [0, 1]",
        message (fun () -> piecewise [ 0.0, 0.0; 0.5, 1.0; 0.5, 0.0; 1.0, 0.0 ] |> ignore)
    )

[<Fact>]
let ``knots that do not reach the end are refused`` () =
    Assert.Contains("its last", message (fun () -> piecewise [ 0.0, 0.0; 0.5, 1.0 ] |> ignore))

[<Fact>]
let ``a warm-up of the whole training is refused`` () =
    Assert.Contains(
        "warm_up takes the fraction 1 of training; allowed is [0, 1)",
        message (fun () -> warm_up 1.0 (constant 1.0) |> ignore)
    )

[<Fact>]
let ``a value that is no number is refused`` () =
    Assert.Contains("a value that is not finite", message (fun () -> constant nan |> ignore))
