module Research.Tests.FindingsTests

open System
open Research
open Research.Language
open Xunit

let private own soft =
    psd |> negatives own_subset |> soft_fraction soft

let private study pairs steps chosen =
    experiment {
        objective chosen
        train (TrainSettings.defaults |> batch pairs |> fun t -> { t with Steps = steps })
    }

let private refused (action: unit -> Experiment) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``steps at which a row of its own subset is alone are told, with the remedy`` () =
    // Of 16 rows 0, 1, 2, ... 8 are unaligned at the steps 1 to 9.
    let growing = study 16 9 (own (linear 0 0.5))
    let finding = Assert.Single(Findings.ofExperiment growing)
    Assert.Contains("own_subset leaves one of the 16 rows alone at step 2:", finding)
    Assert.Contains("take negatives whole_batch", finding)

    let slow = study 16 81 (own (linear 0 0.5))
    Assert.Matches("alone at 10 steps between 6 and 15:", Assert.Single(Findings.ofExperiment slow))

[<Fact>]
let ``a pool that always has two rows or none is no finding, nor is the whole batch`` () =
    for quiet in [ own (constant 0.25); own (step [ 0.0, 0.0; 0.5, 0.25 ]); psd; infonce ] do
        Assert.Empty(Findings.ofExperiment (study 16 81 quiet))

[<Fact>]
let ``the part of a sum has its findings`` () =
    Assert.Single(Findings.ofExperiment (study 16 9 (own (linear 0 0.5) |> plus 0.5 cyclip)))
    |> ignore

[<Fact>]
let ``a batch that leaves a row alone to the end is refused where it is written`` () =
    let message = refused (fun () -> study 8 9 (own (constant 0.125)))
    Assert.StartsWith("experiment: psd: ", message)
    Assert.Contains("a batch of 8 has 1 unaligned and 7 aligned rows", message)

[<Fact>]
let ``a first step that trains on rounding alone is refused where it is written`` () =
    let soft =
        psd |> direction plain |> teacher (ema 0.99) |> soft_fraction (linear 0.99 0.5)

    let message = refused (fun () -> study 16 9 soft)
    Assert.Contains("for rounding", message)
    // A larger batch has an aligned row.
    study 128 9 soft |> ignore

[<Fact>]
let ``open_clip's AdamW and limits of the logit scale are settings of the training`` () =
    let ours = TrainSettings.toCore 1 TrainSettings.defaults
    Assert.Equal(1e-8, ours.Epsilon)
    Assert.False ours.DecayPositions
    Assert.False ours.MinimalLogitScale.HasValue

    let theirs =
        TrainSettings.defaults
        |> epsilon 1e-6
        |> decay_positions true
        |> min_logit_scale 1.0
        |> TrainSettings.toCore 1

    Assert.Equal(1e-6, theirs.Epsilon)
    Assert.True theirs.DecayPositions
    Assert.Equal(Nullable 1.0, theirs.MinimalLogitScale)

    let config =
        Experiment.modelConfig (Experiment.defaults |> max_logit_scale 50.0) 4000 3999

    Assert.Equal(50.0, config.MaximalLogitScale)
    Assert.Equal(100.0, (Experiment.modelConfig Experiment.defaults 4000 3999).MaximalLogitScale)

[<Fact>]
let ``their ranges are named`` () =
    let refused change =
        Assert
            .Throws<ArgumentException>(fun () -> experiment { train (TrainSettings.defaults |> change) } |> ignore)
            .Message

    Assert.Contains("epsilon 0 must be a positive number", refused (epsilon 0.0))
    Assert.Contains("min_logit_scale -1 must be a positive number", refused (min_logit_scale -1.0))

    Assert.Contains(
        "min_logit_scale 60 lies above max_logit_scale 50",
        refused (min_logit_scale 60.0 >> max_logit_scale 50.0)
    )

    Assert.Contains("max_logit_scale 10 lies below 14.29, where the logit scale starts", refused (max_logit_scale 10.0))

[<Fact>]
let ``each says what open_clip has`` () =
    for word, theirs in
        [
            "epsilon", "1e-6"
            "decay_positions", "open_clip decays them"
            "min_logit_scale", "open_clip's is 1"
        ] do
        let line =
            Experiment.lines Experiment.defaults
            |> List.find (fun line -> line.Path = $"train.{word}")

        Assert.True line.IsDefault
        Assert.Contains(theirs, defaultArg line.Reason "")
