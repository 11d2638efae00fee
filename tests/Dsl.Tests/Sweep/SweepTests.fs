module Research.Tests.SweepTests

open System
open FsCheck
open FsCheck.FSharp
open Xunit
open Research
open Research.Language
open Research.Evaluation

let private basis = experiment { () }

/// Values that differ in a setting which no number depends on, so that no two arms are one experiment.
let private axisOf (name: string) count : Variation =
    choose name [
        for i in 1..count -> $"{name}{i}", (fun (e: Experiment) -> { e with Name = $"{e.Name} {name}{i}" })
    ]

let private sweepOf counts seeds : Sweep = {
    Name = "test"
    Base = basis
    Variations = counts |> List.mapi (fun i count -> axisOf $"axis{i}-" count)
    Exclusions = []
    Halving = None
    Budget = None
    CompareWith = []
    Seeds = seeds
    Baseline = None
}

let private plan = SweepPlan.make (fun _ -> "fingerprint")

[<Fact>]
let ``a grid has the product of its axes' values times the seeds`` () =
    let counts = Gen.listOf (Gen.choose (1, 4)) |> Gen.map (List.truncate 4)

    Check.One(
        Config.QuickThrowOnFailure,
        Prop.forAll (Arb.fromGen (Gen.zip counts (Gen.choose (1, 4)))) (fun (counts, seeds) ->
            let runs = (plan (sweepOf counts [ 1..seeds ])).Runs
            runs.Length = List.fold (*) seeds counts)
    )

[<Fact>]
let ``every arm runs with every seed, and no run is planned twice`` () =
    let plan = plan (sweepOf [ 3; 2 ] [ 4; 9; 1 ])

    for arm in plan.Arms do
        let seeds =
            plan.Runs
            |> List.filter (fun run -> run.Arm = arm)
            |> List.map _.Experiment.Seed

        Assert.Equal<int list>([ 4; 9; 1 ], seeds)

    Assert.Equal(
        18,
        plan.Runs
        |> List.distinctBy (fun run -> run.Arm, run.Experiment.Seed)
        |> List.length
    )

[<Fact>]
let ``the runs of one seed come before those of the next`` () =
    let plan = plan (sweepOf [ 3 ] [ 1; 2 ])
    Assert.Equal<int list>([ 1; 1; 1; 2; 2; 2 ], plan.Runs |> List.map _.Seed)

[<Fact>]
let ``patches apply in the order of the axes and values label themselves`` () =
    let sweep =
        sweep "two axes" basis {
            axis "soft fraction" [ constant 0.0; cosine 0.0 0.8 ] (fun s -> objective (psd |> soft_fraction s))
            axis "batch" [ 64; 128 ] (fun n -> (batch n))
            seeds 2
            baseline "constant 0, 64"
        }

    let plan = plan sweep

    Assert.Equal<string list>(
        [
            "constant 0, 64"
            "constant 0, 128"
            "cosine 0 -> 0.8, 64"
            "cosine 0 -> 0.8, 128"
        ],
        plan.Arms
    )

    let last = List.last plan.Runs
    Assert.Equal(128, last.Experiment.Train.Batch)
    Assert.Equal(psd, last.Experiment.Objective)
    Assert.Equal<(string * string) list>([ "soft fraction", "cosine 0 -> 0.8"; "batch", "128" ], last.Axes)
    Assert.Equal(2, last.Seed)

[<Fact>]
let ``a sweep without axes is its base experiment`` () =
    let sweep = sweep "one" (experiment { name "plain" }) { seeds [ 5 ] }

    Assert.Equal<string list>([ "plain" ], (plan sweep).Arms)

[<Fact>]
let ``renaming a sweep does not change its runs' hashes`` () =
    let hashes name =
        (plan {
            sweepOf [ 2 ] [ 1; 2 ] with
                Name = name
        })
            .Runs
        |> List.map _.Hash

    Assert.Equal<string list>(hashes "a", hashes "b")

let private refused (build: unit -> Sweep) =
    Assert.Throws<ArgumentException>(fun () -> build () |> ignore).Message

[<Fact>]
let ``compare_with names the baseline by its values`` () =
    let compared values =
        sweep "x" basis {
            axis "batch" [ 64; 256 ] batch
            axis "decay" [ 0.0; 0.2 ] weight_decay
            compare_with values
        }

    let study = compared [ "batch", "64"; "decay", "0.2" ]
    Assert.Equal(Some "64, 0.2", (SweepPlan.make (fun _ -> "f") study).Baseline)

    Assert.Contains(
        "compare_with: 2 arms have batch = 64, such as 64, 0 and 64, 0.2; name a value of every axis",
        refused (fun () -> compared [ "batch", "64" ])
    )

    Assert.Contains("compare_with: no arm has batch = 65", refused (fun () -> compared [ "batch", "65" ]))

[<Fact>]
let ``an axis without values is refused`` () =
    let none: (string * (Experiment -> Experiment)) list = []

    Assert.Equal(
        "sweep \"x\": axis \"objective\" has no values, so the sweep is empty",
        refused (fun () -> sweep "x" basis { axis "objective" none })
    )

[<Fact>]
let ``no seeds are refused`` () =
    Assert.Contains("seeds: the list is empty", refused (fun () -> sweep "x" basis { seeds 0 }))

[<Fact>]
let ``two arms of one name are refused`` () =
    Assert.Contains(
        "axis \"objective\" has two arms named \"PSD\"",
        refused (fun () -> sweep "x" basis { axis "objective" [ "PSD", objective psd; "PSD", objective dcl ] })
    )

[<Fact>]
let ``two axes of one name are refused`` () =
    Assert.Contains(
        "two axes have the name \"batch\"",
        refused (fun () ->
            sweep "x" basis {
                axis "batch" [ 64; 128 ] (fun n -> (batch n))
                axis "batch" [ 32 ] (fun n -> (batch n))
            })
    )

[<Fact>]
let ``two arms that are one experiment are refused`` () =
    Assert.Contains(
        "the arms \"a\" and \"b\" are the same experiment",
        refused (fun () -> sweep "x" basis { axis "objective" [ "a", objective dcl; "b", objective dcl ] })
    )

[<Fact>]
let ``an unknown baseline is refused with the arms`` () =
    Assert.Equal(
        "sweep \"x\": baseline \"infonce\" is not an arm of the sweep; its arms are InfoNCE, DCL",
        refused (fun () ->
            sweep "x" basis {
                axis "objective" [ "InfoNCE", objective infonce; "DCL", objective dcl ]
                baseline "infonce"
            })
    )

[<Fact>]
let ``a mistake in an arm names the arm`` () =
    Assert.Contains(
        "arm \"none\": evaluate: the list is empty",
        refused (fun () ->
            sweep "x" basis { axis "evaluation" [ "none", (fun (e: Experiment) -> { e with Evaluate = [] }) ] })
    )

[<Fact>]
let ``a name that is no folder's name is refused`` () =
    Assert.Contains("without slashes", refused (fun () -> sweep "a/b" basis { }))
