module Research.Tests.ExperimentTests

open System
open System.IO
open FsCheck
open FsCheck.FSharp
open Xunit
open Research
open Research.Language

let private holds property =
    Check.One(Config.QuickThrowOnFailure, property)

let private anyExperiment = Arb.fromGen Generators.anyExperiment

[<Fact>]
let ``the generator makes experiments that the builders accept`` () =
    holds (Prop.forAll anyExperiment (fun experiment -> Experiment.problems experiment |> List.isEmpty))

[<Fact>]
let ``an experiment survives the way to JSON and back`` () =
    holds (
        Prop.forAll anyExperiment (fun experiment ->
            Experiment.ofJson "test" (Experiment.toJson experiment) = experiment)
    )

let private edited (key: string) (edit: Text.Json.Nodes.JsonObject -> unit) =
    let node =
        Text.Json.Nodes.JsonNode.Parse(Experiment.toJson (experiment { train (steps 300 |> batch 64) }))
        |> nonNull

    let rec walk (node: Text.Json.Nodes.JsonNode) (path: string list) =
        match path with
        | [] -> node.AsObject()
        | "" :: rest -> walk node rest
        | step :: rest -> walk (nonNull node[step]) rest

    edit (walk node (List.ofArray (key.Split '/')))

    Assert
        .Throws<InvalidDataException>(fun () -> Experiment.ofJson "config.json" (node.ToJsonString()) |> ignore)
        .Message

[<Fact>]
let ``an unknown key is refused with its place`` () =
    let message = edited "train" (fun fields -> fields["stepps"] <- 3)
    Assert.StartsWith("config.json: train: unknown key stepps; known here are batch, ", message)

[<Fact>]
let ``a key that is not there means the default`` () =
    Assert.Equal(experiment { () }, Experiment.ofJson "config.json" """{ "schema": 2 }""")

[<Fact>]
let ``only what differs from the default is written`` () =
    let written (experiment: Experiment) =
        (Experiment.encode experiment).ToJsonString()

    Assert.Equal("""{"schema":2}""", written (experiment { objective infonce }))

    Assert.Equal(
        """{"schema":2,"objective":{"kind":"psd","direction":"intra_modal"},"train":{"batch":64}}""",
        written (
            experiment {
                objective (psd |> direction intra_modal |> soft_fraction (cosine 0 0.8))
                train (steps 400 |> batch 64)
            }
        )
    )

[<Fact>]
let ``another schema version is refused`` () =
    let message = edited "" (fun fields -> fields["schema"] <- 99)
    Assert.Contains("schema 99, but this version reads schema 2", message)

[<Fact>]
let ``a value of the wrong kind is refused with what is expected`` () =
    let message = edited "train" (fun fields -> fields["steps"] <- "many")
    Assert.Equal("config.json: train: steps is \"many\", but a whole number is expected.", message)

[<Fact>]
let ``an unknown word is refused with the known ones`` () =
    let message = edited "train" (fun fields -> fields["precision"] <- "fp8")
    Assert.Equal("config.json: train: precision is \"fp8\"; allowed are fp32, bf16.", message)

[<Fact>]
let ``a value out of range is refused in a file too`` () =
    let message = edited "train" (fun fields -> fields["batch"] <- 1)
    Assert.Contains("batch 1 must be at least 2", message)

[<Fact>]
let ``text that is no JSON is refused with its source`` () =
    let error =
        Assert.Throws<InvalidDataException>(fun () -> Experiment.ofJson "config.json" "{ \"schema\": " |> ignore)

    Assert.StartsWith("config.json: not valid JSON", error.Message)

let private hash = ExperimentHash.compute "fingerprint"

[<Fact>]
let ``the hash depends neither on names nor on the checkpoint interval`` () =
    holds (
        Prop.forAll anyExperiment (fun experiment ->
            hash experiment =
                hash {
                    experiment with
                        Name = experiment.Name + " renamed"
                        Data = {
                            experiment.Data with
                                Corpus = "/elsewhere"
                        }
                        Train = {
                            experiment.Train with
                                CheckpointEvery = experiment.Train.CheckpointEvery + 1
                        }
                })
    )

[<Fact>]
let ``experiments that differ in more than that have different hashes`` () =
    let nameless (experiment: Experiment) = {
        experiment with
            Name = ""
            Train = {
                experiment.Train with
                    CheckpointEvery = 1
            }
    }

    holds (
        Prop.forAll (Arb.fromGen (Gen.two Generators.anyExperiment)) (fun (a, b) ->
            (hash a = hash b) = (nameless a = nameless b))
    )

/// Every change of one field that the numbers depend on.
let private changes: (string * (Experiment -> Experiment)) list =
    let train (change: Experiment -> Experiment) = change
    let psdWith change = objective (change psd)

    [
        "steps", train (steps 7)
        "batch", train (batch 17)
        "micro batch", train (micro_batch 16)
        "learning rate", train (adamw 0.0123)
        "shape", train (lr_shape (constant 1.0))
        "beta1", train (betas 0.8 0.98)
        "beta2", train (betas 0.9 0.97)
        "weight decay", train (weight_decay 0.3)
        "clip", train (clip_norm 0.7)
        "no clip", train no_clipping
        "precision", train (precision bf16)
        "device", train (device "cuda")
        "threads", train (threads 3)
        "processes", train (processes 4)
        "log interval", train (log_every 11)
        "pixels", (pixels 48)
        "sources", (sources [ "noto" ])
        "where", (where "id > 3")
        "captions", (captions label)
        "any caption", (captions any_caption)
        "number of tags", (captions (random_tags 2))
        "evaluation captions", (evaluation_captions label)
        "shuffled", (shuffled_captions 0.25)
        "swapped", (swapped_captions 0.25)
        "boiler-plate", (boilerplate_captions 0.25)
        "dropped", (dropped_captions 0.25)
        "fraction", (fraction 0.25)
        "streamed", streamed
        "crop", augment [ random_crop 0.5 ]
        "smaller crop", augment [ random_crop 0.25 ]
        "narrower crop", augment [ random_resized_crop (0.5, 1.0) (0.5, 1.0) ]
        "flip", augment [ flip 0.5 ]
        "flip, then grey", augment [ flip 0.5; random_grey 0.5 ]
        "grey, then flip", augment [ random_grey 0.5; flip 0.5 ]
        "context", (context_length 16)
        "vocabulary", (vocabulary full)
        "image width", fun e -> image (e.Image |> width 64) e
        "image layers", fun e -> image (e.Image |> layers 5) e
        "image heads", fun e -> image (e.Image |> heads 2) e
        "image patch", fun e -> image (e.Image |> patch 4) e
        "text width", fun e -> text (e.Text |> width 64) e
        "text layers", fun e -> text (e.Text |> layers 5) e
        "embed dim", fun e -> { e with EmbedDim = Some 33 }
        "seed", fun e -> { e with Seed = 12 }
        "smoothing", objective (infonce |> label_smoothing 0.1)
        "psd", objective psd
        "soft fraction", objective (psd |> soft_fraction (cosine 0.0 0.7))
        "teacher", psdWith (teacher (ema 0.99))
        "momentum", psdWith (teacher (ema 0.98))
        "direction", psdWith (direction intra_modal)
        "tau ratio", psdWith (tau_ratio 0.5)
        "sampling", psdWith (sampling separate)
        "negatives", psdWith (negatives own_subset)
        "hard negatives", objective (psd |> hard_negatives 1.0 0.25)
        "hn-nce", objective hn_nce
        "alpha", objective (hn_nce |> alpha 0.5)
        "beta", objective (hn_nce |> beta 0.5)
        "weight gradient", objective (hn_nce |> weight_gradient false)
        "dcl", objective dcl
        "evaluations", fun e -> { e with Evaluate = [ retrieval ] }
        "prompts", prompts [ "a photo of a {}" ]
        "two prompts", prompts [ "{}"; "a photo of a {}" ]
        "every caption", (evaluation_captions every_caption)
        "splits", fun e -> { e with EvaluateOn = [ validation ] }
    ]

[<Fact>]
let ``the hash is sensitive to every field that the numbers depend on`` () =
    let basis = experiment { () }

    let hashes =
        ("nothing", hash basis)
        :: (changes |> List.map (fun (name, change) -> name, hash (change basis)))

    for hash, same in hashes |> List.groupBy snd do
        let names = same |> List.map fst |> String.concat ", "
        Assert.True(same.Length = 1, $"{names} share the hash {hash}")

[<Fact>]
let ``the hash depends on the corpus's content`` () =
    let experiment = experiment { () }
    Assert.NotEqual<string>(ExperimentHash.compute "a" experiment, ExperimentHash.compute "b" experiment)

/// What earlier versions computed: a setting that is added, with a default that changes nothing, leaves finished runs reusable. Whoever changes a
/// default or what the code computes raises a version instead of these.
[<Fact>]
let ``configurations of earlier versions keep their hash`` () =
    let hash = ExperimentHash.computeWith [] "fingerprint" // whatever part was corrected since

    let old =
        experiment {
            corpus (emoji |> renderers [ "noto"; "twemoji" ] |> shuffled_captions 0.5)
            objective (psd |> soft_fraction (cosine 0 0.8))
            train (steps 500 |> batch 128 |> adamw 2e-3)
            seed 3
        }

    Assert.Equal("fa97d0a8f99836f69e9def81bfb8eedb38add9636d3022486e857ced619865b9", hash old)

    Assert.Equal(
        "bacaf9d82502bd99857b3bf283c53e023146d7ffaf0ab76e1005d7a7ae231156",
        hash (old |> fraction 0.25 |> shuffled_captions 0.0)
    )

    Assert.Equal(
        "2886e45fc94f8b15d05d9b82037c57d37bb67aa3c00b3ee1ce0b7b3480267e0b",
        hash (experiment { corpus (emoji |> streamed) })
    )

    for kind in [ "swapped"; "boilerplate"; "dropped" ] do
        Assert.DoesNotContain($"{kind}_captions", Experiment.toJson old)

[<Fact>]
let ``a corrected setting makes new the runs that use it, and no others`` () =
    let items =
        Data.settings.Items
        |> List.map (fun item ->
            if item.Key = "swapped_captions" then
                Setting.version 2 item
            else
                item)

    let corrected = { Data.settings with Items = items }
    Assert.Equal<(string * int) list>([], Settings.versions corrected emoji)

    Assert.Equal<(string * int) list>(
        [ "swapped_captions", 2 ],
        Settings.versions corrected (emoji |> swapped_captions 0.1)
    )

    Assert.Contains(("objective.debiased", 2), ExperimentHash.versions (experiment { objective debiased }))
    Assert.Empty(ExperimentHash.versions (experiment { objective psd }))
    let swapped = experiment { corpus (emoji |> swapped_captions 0.1) }

    Assert.NotEqual<string>(
        hash swapped,
        ExperimentHash.computeWith [ "corpus.swapped_captions", 2 ] "fingerprint" swapped
    )

let private refused (build: unit -> objnull) =
    Assert.Throws<ArgumentException>(fun () -> build () |> ignore).Message

[<Fact>]
let ``a builder names the keyword, the offender and what is allowed`` () =
    Assert.Equal("batch 1 must be at least 2", refused (fun () -> (steps 3: TrainSettings) |> batch 1 |> box))

    Assert.Equal(
        "device \"gpu\" is unknown; allowed are cpu, cuda and cuda:N",
        refused (fun () -> (steps 3: TrainSettings) |> device "gpu" |> box)
    )

    Assert.Equal(
        "shuffled_captions 1.5 is outside the allowed range [0, 1]",
        refused (fun () -> emoji |> shuffled_captions 1.5 |> box)
    )

    Assert.Equal(
        "swapped_captions -0.1 is outside the allowed range [0, 1]",
        refused (fun () -> emoji |> swapped_captions -0.1 |> box)
    )

    Assert.Equal(
        "experiment: shuffled_captions 0.5, dropped_captions 0.75 are together more than all pairs: each pair's caption can be wrong in one way only",
        refused (fun () ->
            experiment { corpus (emoji |> shuffled_captions 0.5 |> dropped_captions 0.75) }
            |> box)
    )

    Assert.Equal(
        "experiment: prompts: \"a photo\" has no {} for the class's name",
        refused (fun () -> experiment { prompts [ "{}"; "a photo" ] } |> box)
    )

    Assert.StartsWith(
        "captions: a training pair has one caption",
        refused (fun () -> emoji |> captions every_caption |> box)
    )

    Assert.Equal("steps -1 must be at least 0", refused (fun () -> (steps -1: TrainSettings) |> box))
    Assert.Equal("processes 0 must be at least 1", refused (fun () -> (steps 1: TrainSettings) |> processes 0 |> box))

    Assert.Equal(
        "experiment: batch 100 does not divide evenly over processes 3",
        refused (fun () -> experiment { train (steps 1 |> batch 100 |> processes 3) } |> box)
    )

    Assert.Equal(
        "experiment: device \"cuda:1\" is one GPU for processes 2: write \"cuda\", so that each process takes its own",
        refused (fun () -> experiment { train (steps 1 |> device "cuda:1" |> processes 2) } |> box)
    )

    let evaluations =
        String.Join(", ", Research.Evaluation.Evaluations.all |> List.map _.Word)

    Assert.Equal(
        "experiment: evaluate: the list is empty; allowed are " + evaluations,
        refused (fun () -> experiment { evaluate [] } |> box)
    )
