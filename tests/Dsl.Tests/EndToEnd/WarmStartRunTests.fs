namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Encoders
open Xunit

/// Runs that start from another's weights, and models that are only measured.
type WarmStartRunTests(shapes: ShapesFolder) =
    let folderOf = SmallRuns.planned shapes

    let study change =
        SmallRuns.study shapes change SmallRuns.short

    let finished name experiment =
        let folder = folderOf name experiment
        Toolkit.finished folder |> ignore
        folder

    let values folder =
        (FinalMetrics.tryRead folder |> Option.get).Metrics
        |> Map.filter (fun key _ -> key <> "train.loss")

    let weights (folder: string) =
        use file = RunModels.openAt folder (CheckpointOptions())
        let model = file.Load()
        model

    let failure experiment name =
        let ended = Toolkit.worker (folderOf name experiment) (fun _ _ -> ())
        Assert.Equal(2, ended.Code)
        Assert.DoesNotContain("   at ", ended.Errors)
        ended.Errors

    [<Fact>]
    member _.``a model that starts from a run and is not trained measures as the run does``() =
        let trained = finished "trained" (study id)
        let measured = finished "measured" (study id |> start_from trained |> steps 0)
        Assert.Equal<Map<string, float>>(values trained, values measured)

    [<Fact>]
    member _.``LiT keeps the image encoder to the bit and trains the other``() =
        let trained = finished "source" (study id)

        let lit =
            finished "lit" (study id |> start_image_from trained |> image_tower locked |> steps 6)

        use before = weights trained
        use after = weights lit

        let same (part: TorchSharp.torch.nn.Module) (other: TorchSharp.torch.nn.Module) =
            Seq.forall2
                (fun (struct (_, one: TorchSharp.Modules.Parameter)) (struct (_, two: TorchSharp.Modules.Parameter)) ->
                    one.Equals two)
                (part.named_parameters ())
                (other.named_parameters ())

        Assert.True(same before.visual after.visual)
        Assert.False(same before.text after.text)

    [<Fact>]
    member _.``a checkpoint that says its architecture is measured as an arm``() =
        let trained = finished "full" (study (vocabulary full))
        let file = shapes.Scratch.File "public"
        use model = weights trained
        Checkpoints.Save(model, file, CheckpointLayout.Research) |> ignore
        let other = study (vocabulary full) |> image Vit.tiny |> text Transformer.tiny
        let measured = finished "public arm" (other |> pretrained file)
        Assert.Equal<Map<string, float>>(values trained, values measured)

    [<Fact>]
    member _.``text of another vocabulary is refused with the remedy``() =
        let trained = finished "all captions" (study id)

        let other =
            study (boilerplate_captions 0.5) |> start_from trained |> failure
            <| "other captions"

        Assert.Contains("numbers its tokens otherwise", other)
        Assert.Contains("start_image_from", other)
        let full = study (vocabulary full) |> start_from trained |> failure <| "other kind"
        Assert.Contains("it has a compact vocabulary, this experiment the full one", full)

    [<Fact>]
    member _.``an encoder of another shape is named``() =
        let trained = finished "narrow" (study id)

        let wide =
            study id
            |> image (Vit.small16 |> width 32 |> layers 1 |> heads 2 |> patch 4)
            |> start_image_from trained
            |> failure
            <| "wide"

        Assert.Contains("Width 32, there 24", wide)

    [<Fact>]
    member _.``hashes see the weights and not their place``() =
        let trained = finished "here" (study id)
        let file = WeightFiles.file trained
        let copy = shapes.Scratch.File "copy.safetensors"
        File.Copy(file, copy)
        let hash = ExperimentHash.compute "fingerprint"
        Assert.Equal(hash (study id |> start_from file), hash (study id |> start_from copy))
        Assert.NotEqual<string>(hash (study id), hash (study id |> start_from file))
        File.AppendAllText(copy, " ")
        Assert.NotEqual<string>(hash (study id |> start_from file), hash (study id |> start_from copy))

    interface IClassFixture<ShapesFolder>

/// What the settings of encoders refuse.
type TowerSettingTests() =
    let problem (change: Experiment -> Experiment) =
        change Experiment.defaults |> Experiment.problems |> String.concat "; "

    [<Fact>]
    member _.``settings of a lock need the lock``() =
        let refused =
            Assert.Throws<ArgumentException>(fun () ->
                image_tower { trained with UnlockedGroups = 2 } Experiment.defaults |> ignore)

        Assert.Contains("unlocked_groups needs a lock", refused.Message)
        Assert.Equal("", problem (image_tower (locked |> unlocked_groups 2 |> unlock_at 0.5)))

    [<Fact>]
    member _.``what has no effect on a residual network is refused``() =
        Assert.Contains("patch_dropout", problem (image (ResNet.tiny |> patch_dropout 0.5)))
        Assert.Contains("layers 3 has no effect", problem (image (ResNet.tiny |> layers 3)))

    [<Fact>]
    member _.``a checkpoint that is not there is a line``() =
        Assert.Contains(
            "'/nowhere/model.safetensors' holds no trained weights",
            problem (pretrained "/nowhere/model.safetensors")
        )

    [<Fact>]
    member _.``the lock's end is a step of this training``() =
        let core = Tower.toCore 400 (locked |> unlock_at 0.25)
        Assert.Equal(100L, (Unchecked.nonNull core.Lock).Until.Value)
        Assert.Null((Tower.toCore 400 trained).Lock)
