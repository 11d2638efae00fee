module Research.Tests.HalvingTests

open System
open FsCheck
open FsCheck.FSharp
open Xunit
open Research
open Research.Language
open Research.Evaluation

let private halving: Halving = {
    Rungs = [ 10; 20; 40 ]
    Keep = 0.5
    Metric = validation.r10
}

let private tournament baselineArm =
    let whole =
        sweep "tournament" (experiment { () }) {
            axis "batch" [ 16; 32; 64; 128; 256 ] (fun n -> (batch n))
            seeds 2
            halving [ 10; 20; 40 ] 0.5 validation.r10
        }

    { whole with Baseline = baselineArm }

[<Fact>]
let ``each rung has the arms that went on, with its own steps and hashes`` () =
    let sweep = tournament None
    let first = SweepPlan.make (fun _ -> "f") sweep
    Assert.Equal(5, first.Arms.Length)
    Assert.All(first.Runs, fun run -> Assert.Equal(10, run.Experiment.Train.Steps))
    let second = SweepPlan.rung (fun _ -> "f") sweep halving 1 [ "32"; "128"; "256" ]
    Assert.Equal<string list>([ "32"; "128"; "256" ], second.Arms)
    Assert.Equal(6, second.Runs.Length)
    Assert.All(second.Runs, fun run -> Assert.Equal(20, run.Experiment.Train.Steps))
    Assert.All(second.Runs, fun run -> Assert.Equal(("rung", "2"), List.last run.Axes))

    Assert.Empty(
        Set.intersect (first.Runs |> List.map _.Hash |> Set.ofList) (second.Runs |> List.map _.Hash |> Set.ofList)
    )

[<Fact>]
let ``the better half by the mean over seeds goes on, in the arms' order`` () =
    let figures = [
        "a", 0.1
        "a", 0.3
        "b", 0.5
        "b", 0.1
        "c", 0.9
        "c", nan
        "d", 0.25
        "d", 0.25
    ]

    let survivors = Halving.survivors halving None [ "a"; "b"; "c"; "d" ] figures
    Assert.Equal<string list>([ "b"; "d" ], survivors)

[<Fact>]
let ``where lower is better the lower go on, and the baseline in any case`` () =
    let figures = [ "a", 1.0; "b", 2.0; "c", 3.0; "d", 4.0 ]

    Assert.Equal<string list>(
        [ "a"; "b"; "d" ],
        Halving.survivors
            {
                halving with
                    Metric = validation.median_rank
            }
            (Some "d")
            [ "a"; "b"; "c"; "d" ]
            figures
    )

[<Fact>]
let ``as many survive as the counts said, and never none`` () =
    let cases = Gen.zip (Gen.choose (1, 60)) (Gen.choose (1, 99))

    Check.One(
        Config.QuickThrowOnFailure,
        Prop.forAll (Arb.fromGen cases) (fun (arms, percent) ->
            let halving = {
                halving with
                    Keep = float percent / 100.0
            }

            let names = [ for i in 1..arms -> $"arm{i}" ]
            let figures = names |> List.mapi (fun i name -> name, float ((i * 37) % 61))
            let survivors = Halving.survivors halving None names figures

            survivors.Length = Halving.kept halving arms
            && survivors.Length >= 1
            && Halving.counts halving arms = [
                arms
                Halving.kept halving arms
                Halving.kept halving (Halving.kept halving arms)
            ])
    )

[<Fact>]
let ``impossible halvings are refused`` () =
    let message rungs keep metric =
        Assert
            .Throws<ArgumentException>(fun () ->
                sweep "x" (experiment { () }) {
                    axis "batch" [ 16; 32 ] (fun n -> (batch n))
                    halving rungs keep metric
                }
                |> ignore)
            .Message

    Assert.Contains("at least two rungs", message [ 10 ] 0.5 validation.r10)
    Assert.Contains("20 comes before 10", message [ 20; 10 ] 0.5 validation.r10)
    Assert.Contains("the share of arms kept is 1", message [ 10; 20 ] 1.0 validation.r10)
    Assert.Contains("test.r10 is not a validation metric", message [ 10; 20 ] 0.5 test.r10)
    Assert.Contains("no better direction", message [ 10; 20 ] 0.5 validation.chance_r10)
