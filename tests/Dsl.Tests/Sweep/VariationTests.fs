module Research.Tests.VariationTests

open System
open FsCheck
open FsCheck.FSharp
open Xunit
open Research
open Research.Language

let private basis = experiment { () }
let private batchOf n = (batch n)
let private stepsOf n = (steps n)
let private rateOf rate = (adamw rate)

let private names sweep = Sweep.arms sweep |> List.map _.Name

let private refused (build: unit -> Sweep) =
    Assert.Throws<ArgumentException>(fun () -> build () |> ignore).Message

[<Fact>]
let ``zipped axes go together, position by position`` () =
    let sweep =
        sweep "zip" basis {
            zip [
                vary "batch" [ 64; 128; 256 ] batchOf
                vary "rate" [ 1e-3; 2e-3; 4e-3 ] rateOf
            ]
        }

    Assert.Equal<string list>([ "64, 0.001"; "128, 0.002"; "256, 0.004" ], names sweep)

    for arm in Sweep.arms sweep do
        Assert.Equal(float arm.Experiment.Train.Batch / 64e3, arm.Experiment.Train.LearningRate, 12)

[<Fact>]
let ``zips have the count of their axes, grids the product, concatenations the sum`` () =
    let axis name count =
        choose name [
            for i in 1..count -> $"{name}{i}", (fun (e: Experiment) -> { e with Name = $"{e.Name}{name}{i}" })
        ]

    let sizes = Gen.zip (Gen.choose (1, 5)) (Gen.choose (1, 5))

    Check.One(
        Config.QuickThrowOnFailure,
        Prop.forAll (Arb.fromGen sizes) (fun (a, b) ->
            let count (variation: Variation) =
                Variation.expand
                    {
                        Name = ""
                        Axes = []
                        Experiment = basis
                        Trace = []
                        Problem = None
                    }
                    variation
                |> List.length

            count (zip [ axis "a" a; axis "b" a ]) = a
            && count (grid [ axis "a" a; axis "b" b ]) = a * b
            && count (concat [ axis "a" a; axis "b" b ]) = a + b
            && count (grid [ zip [ axis "a" a; axis "b" a ]; concat [ axis "c" b; axis "d" a ] ]) = a * (a + b))
    )

[<Fact>]
let ``zipped axes of different lengths are refused with both`` () =
    Assert.Equal(
        "sweep \"x\": zip: axis \"batch\" has 2 values and axis \"rate\" has 1; zipped axes need equally many",
        refused (fun () -> sweep "x" basis { zip [ vary "batch" [ 64; 128 ] batchOf; vary "rate" [ 1e-3 ] rateOf ] })
    )

[<Fact>]
let ``a conditional axis varies only the arms that meet it`` () =
    let sweep =
        sweep "when" basis {
            axis "objective" [ "InfoNCE", objective infonce; "PSD", objective psd ]

            given (is "objective" "PSD") [
                vary "soft fraction" [ constant 0.5; linear 0.0 0.8 ] (fun s -> objective (psd |> soft_fraction s))
            ]
        }

    Assert.Equal<string list>([ "InfoNCE"; "PSD, constant 0.5"; "PSD, linear 0 -> 0.8" ], names sweep)
    Assert.Equal<(string * string) list>([ "objective", "InfoNCE" ], (Sweep.arms sweep).Head.Axes)

[<Fact>]
let ``conditions combine`` () =
    let sweep condition =
        sweep "when" basis {
            axis "batch" [ 64; 128 ] batchOf
            axis "steps" [ 10; 20 ] stepsOf
            exclude condition
        }
        |> names

    Assert.Equal<string list>(
        [ "64, 10"; "128, 10"; "128, 20" ],
        sweep (all_of [ is "batch" 64; is_one_of "steps" [ 20; 10 ]; is_not "steps" 10 ])
    )

    Assert.Equal<string list>([ "64, 20" ], sweep (any_of [ is "batch" 128; is "steps" 10 ]))
    Assert.Equal<string list>([ "64, 10"; "64, 20" ], sweep (holds "large batch" (fun e -> e.Train.Batch > 100)))

[<Fact>]
let ``a condition on an unknown axis or value is refused with the known ones`` () =
    let message condition =
        refused (fun () ->
            sweep "x" basis {
                axis "batch" [ 64; 128 ] batchOf
                given condition [ vary "steps" [ 10 ] stepsOf ]
            })

    Assert.Equal("sweep \"x\": given: axis \"bach\" is not declared above; known are batch", message (is "bach" 64))

    Assert.Equal(
        "sweep \"x\": given: axis \"batch\" has no value \"65\"; its values are 64, 128",
        message (is "batch" 65)
    )

[<Fact>]
let ``an exclusion that fits nothing is refused`` () =
    Assert.Equal(
        "sweep \"x\": exclude: no arm has (batch = 64 and not batch = 64)",
        refused (fun () ->
            sweep "x" basis {
                axis "batch" [ 64; 128 ] batchOf
                exclude (all_of [ is "batch" 64; is_not "batch" 64 ])
            })
    )

[<Fact>]
let ``an exclusion of everything is refused`` () =
    Assert.Contains(
        "the sweep is empty",
        refused (fun () ->
            sweep "x" basis {
                axis "batch" [ 64; 128 ] batchOf
                exclude (is_one_of "batch" [ 64; 128 ])
            })
    )

[<Fact>]
let ``a patch that does not apply names its axis and value`` () =
    Assert.Equal(
        "sweep \"x\": axis \"batch\" = 1: batch 1 must be at least 2",
        refused (fun () -> sweep "x" basis { axis "batch" [ 64; 1 ] batchOf })
    )

[<Fact>]
let ``a combination that a builder refuses can be excluded`` () =
    let study =
        sweep "teachers" (basis |> objective psd) {
            zip [
                vary "teacher" [ shared; ema 0.99 ] (fun t -> teacher t)
                vary "ratio" [ 1.0; 0.5 ] (fun r -> tau_ratio r)
            ]

            axis "direction" [ swapped; plain ] direction
            exclude (all_of [ is "teacher" shared; is "direction" plain ])
        }

    Assert.Equal<string list>([ "shared, 1, swapped"; "EMA 0.99, 0.5, swapped"; "EMA 0.99, 0.5, plain" ], names study)

let private cube count seed =
    sweep "cube" basis {
        latin_hypercube count seed [
            uniform "decay" 0.0 1.0 (fun x -> (weight_decay x))
            log_uniform "rate" 1e-4 1e-1 rateOf
        ]
    }

[<Fact>]
let ``a Latin hypercube has one point in each slice of each dimension`` () =
    let sizes = Gen.zip (Gen.choose (2, 40)) (Gen.choose (0, 1000))

    Check.One(
        Config.QuickThrowOnFailure,
        Prop.forAll (Arb.fromGen sizes) (fun (count, seed) ->
            let arms = Sweep.arms (cube count seed)
            let n = float count

            let slices (quantile: Experiment -> float) =
                arms |> List.map (fun arm -> quantile arm.Experiment)

            // The values are rounded to four digits: a point may stand on the border of its slice.
            let covers quantiles =
                quantiles
                |> List.sort
                |> List.indexed
                |> List.forall (fun (i, q) -> q * n > float i - 0.02 && q * n < float i + 1.02)

            arms.Length = count
            && covers (slices _.Train.WeightDecay)
            && covers (slices (fun e -> log10 (e.Train.LearningRate / 1e-4) / 3.0)))
    )

[<Fact>]
let ``samples are a function of their seed`` () =
    Assert.Equal<string list>(names (cube 8 3), names (cube 8 3))
    Assert.NotEqual<string list>(names (cube 8 3), names (cube 8 4))

let private draw count seed dimensions =
    sweep "random" basis { random_sample count seed dimensions }

let private decay = uniform "decay" 0.0 1.0 (fun x -> (weight_decay x))

[<Fact>]
let ``a random sample is the beginning of a larger one, and a new dimension moves no other`` () =
    let small = Sweep.arms (draw 5 1 [ decay ])
    let large = Sweep.arms (draw 9 1 [ decay; whole "steps" 10 1000 stepsOf ])

    Assert.Equal<float list>(
        small |> List.map _.Experiment.Train.WeightDecay,
        large |> List.truncate 5 |> List.map _.Experiment.Train.WeightDecay
    )

[<Fact>]
let ``discrete samples hold no point twice, up to all there are`` () =
    let arms =
        Sweep.arms (draw 6 1 [ whole "steps" 10 12 stepsOf; one_of "batch" [ 64; 128 ] batchOf ])

    Assert.Equal(6, arms |> List.distinctBy _.Axes |> List.length)

    Assert.Contains(
        "random_sample 7: its dimensions have only 6 different points",
        refused (fun () -> draw 7 1 [ whole "steps" 10 12 stepsOf; one_of "batch" [ 64; 128 ] batchOf ])
    )

[<Fact>]
let ``a dimension's label is exactly its value`` () =
    for arm in Sweep.arms (draw 50 9 [ log_uniform "rate" 1e-5 1e-1 rateOf ]) do
        Assert.Equal(arm.Experiment.Train.LearningRate, float (snd arm.Axes.Head))
        Assert.InRange(arm.Experiment.Train.LearningRate, 1e-5, 1e-1)

[<Fact>]
let ``dimensions with impossible bounds are refused`` () =
    Assert.Contains(
        "\"decay\" goes from 1 to 0",
        refused (fun () -> draw 3 1 [ uniform "decay" 1.0 0.0 (fun x -> (weight_decay x)) ])
    )

    Assert.Contains(
        "log_uniform needs a positive lower bound, not 0",
        refused (fun () -> draw 3 1 [ log_uniform "rate" 0.0 1.0 rateOf ])
    )

    Assert.Contains("the list of dimensions is empty", refused (fun () -> draw 3 1 []))
    Assert.Contains("the sweep is empty", refused (fun () -> draw 0 1 [ decay ]))

let private part name (axes: Variation) =
    sweep name (basis |> objective (if name = "dcl" then dcl else infonce)) { concat [ axes ] }

[<Fact>]
let ``nested sweeps keep their own bases, variations and exclusions`` () =
    let inner =
        sweep "dcl" (basis |> objective dcl) {
            axis "batch" [ 64; 128 ] batchOf
            exclude (is "batch" 128)
        }

    let outer =
        sweep "outer" basis {
            nested "part" [ inner; part "plain" (vary "batch" [ 32 ] batchOf) ]
            axis "steps" [ 10; 20 ] stepsOf
        }

    Assert.Equal<string list>([ "dcl, 64, 10"; "dcl, 64, 20"; "plain, 32, 10"; "plain, 32, 20" ], names outer)

    Assert.Equal<Objective list>([ dcl; dcl; infonce; infonce ], Sweep.arms outer |> List.map _.Experiment.Objective)

[<Fact>]
let ``a nested sweep with seeds of its own is refused`` () =
    let inner = sweep "a" basis { seeds 3 }

    Assert.Equal(
        "nested \"part\": sweep \"a\" sets seeds, which only the outer sweep can set",
        refused (fun () -> sweep "x" basis { nested "part" [ inner ] })
    )

[<Fact>]
let ``parts of concatenations with one name are refused`` () =
    Assert.Contains(
        "two arms have the name \"64\"",
        refused (fun () -> sweep "x" basis { concat [ vary "batch" [ 64 ] batchOf; vary "steps" [ 64 ] stepsOf ] })
    )

[<Fact>]
let ``a patch changes every arm and leaves its note, not a coordinate`` () =
    let sweep =
        sweep "x" basis {
            axis "batch" [ 64; 128 ] batchOf
            change "short" (stepsOf 7)
        }

    for arm in Sweep.arms sweep do
        Assert.Equal(7, arm.Experiment.Train.Steps)
        Assert.Equal<string list>([ "batch" ], arm.Axes |> List.map fst)
        Assert.Equal("change \"short\"", fst (List.last arm.Trace))

[<Fact>]
let ``arms are paired: every seed has all arms, with nothing but the arm's own patches between them`` () =
    let sweep =
        sweep "x" basis {
            axis "batch" [ 64; 128 ] batchOf
            zip [ vary "steps" [ 10; 20 ] stepsOf; vary "rate" [ 1e-3; 2e-3 ] rateOf ]
            seeds [ 3; 8; 5 ]
        }

    let plan = SweepPlan.make (fun _ -> "fingerprint") sweep

    for seed, runs in plan.Runs |> List.groupBy _.Seed do
        Assert.Equal<string list>(plan.Arms, runs |> List.map _.Arm)

        for run in runs do
            let other = plan.Runs |> List.find (fun other -> other.Arm = run.Arm)
            Assert.Equal({ other.Experiment with Seed = seed }, run.Experiment)

    Assert.Equal(12, plan.Runs |> List.distinctBy _.Hash |> List.length)
