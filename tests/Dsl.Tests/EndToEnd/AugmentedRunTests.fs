namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Xunit

/// Runs whose training pictures are changed at random, in processes of their own.
[<Collection("engine")>]
type AugmentedRunTests(shapes: ShapesFolder) =
    let changes = [
        random_crop 0.4
        flip 0.5
        colour_jitter 0.4 0.4 0.4 0.1
        random_grey 0.2
        rand_augment 1 9
    ]

    let study = SmallRuns.study shapes
    let short = SmallRuns.short
    let planned = SmallRuns.planned shapes

    interface IClassFixture<ShapesFolder>

    [<Fact>]
    member _.``an augmented run that is killed ends in the same bits as an undisturbed one``() =
        let experiment =
            study (augment changes) (steps 150 |> batch 16 |> log_every 5 |> checkpoint_every 20)

        let calm = planned "calm" experiment
        let ended = Toolkit.finished calm
        Assert.Matches("augmentation: [0-9]+ pictures, .* training waited", ended.Errors)
        let wild = planned "wild" experiment

        // Epochs have 13 steps, which do not divide the checkpoints' 20: each is in mid-epoch.
        Toolkit.killedAt [ 30L; 90L ] wild
        Toolkit.finished wild |> ignore
        Toolkit.sameBits calm wild

    [<Fact>]
    member _.``micro-batches of augmented pictures train as the whole batch does, and the pictures are not those of a plain run``
        ()
        =
        let run name data training =
            let folder = planned name (study data training)
            Toolkit.finished folder |> ignore
            folder

        let whole = Toolkit.losses (run "whole" (augment changes) short)
        let micro = Toolkit.losses (run "micro" (augment changes) (short |> micro_batch 5))
        Assert.Equal(12, whole.Length)

        for expected, actual in List.zip whole micro do
            Assert.Equal(expected, actual, 1e-4 * abs expected)

        let plain = Toolkit.losses (run "plain" id short)
        Assert.True(abs (plain.Head - whole.Head) > 1e-3 * plain.Head, $"both begin with {plain.Head}")

    [<Fact>]
    member _.``evaluation never sees augmented pictures``() =
        // The learning rate is next to nothing, so that both models stay the one that the seed initialises.
        let untrained data =
            study data ({ short with Steps = 1 } |> adamw 1e-12)

        let plain = planned "untrained" (untrained id)
        let changed = planned "untrained-augmented" (untrained (augment changes))

        for folder in [ plain; changed ] do
            Toolkit.finished folder |> ignore

        let measured folder =
            (FinalMetrics.tryRead folder |> Option.get).Metrics
            |> Map.filter (fun name _ -> not (name.StartsWith("train.", StringComparison.Ordinal)))

        Assert.NotEmpty(measured plain)
        Assert.Equal<Map<string, float>>(measured plain, measured changed)
        Assert.NotEqual<float list>(Toolkit.losses plain, Toolkit.losses changed)

    [<Fact>]
    member _.``a streamed augmented run trains, and ends in the same bits whether it was killed or not``() =
        let experiment =
            study (streamed >> augment changes) (steps 100 |> batch 16 |> log_every 5 |> checkpoint_every 15)

        let calm = planned "streamed" experiment
        let ended = Toolkit.finished calm
        Assert.Matches("augmenting [0-9.]+ s", ended.Errors)
        let trained = Toolkit.losses calm
        Assert.True(List.last trained < List.head trained, $"the loss went from {trained.Head} to {List.last trained}")
        let plain = planned "streamed-plain" (study streamed ({ short with Steps = 1 }))
        Toolkit.finished plain |> ignore
        Assert.True(abs (trained.Head - (Toolkit.losses plain).Head) > 1e-3 * trained.Head, "pictures are not changed")
        let wild = planned "streamed-killed" experiment
        Toolkit.killedAt [ 40L ] wild
        Toolkit.finished wild |> ignore
        Toolkit.sameBits calm wild
