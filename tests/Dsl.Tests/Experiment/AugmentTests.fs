module Research.Tests.AugmentTests

open System
open System.IO
open Research.Imaging
open Xunit
open Research
open Research.Language
open Research.Estimates

let private refused (build: unit -> objnull) =
    Assert.Throws<ArgumentException>(fun () -> build () |> ignore).Message

let private all = [
    random_crop 0.5
    flip 0.5
    colour_jitter 0.4 0.4 0.4 0.1
    rand_augment 2 9
    random_grey 0.2
]

[<Fact>]
let ``a keyword names the offender and what is allowed`` () =
    Assert.Equal(
        "random_crop 0: the share of the area must satisfy 0 < least <= most <= 1",
        refused (fun () -> random_crop 0.0 |> box)
    )

    Assert.Equal(
        "random_resized_crop (0.5, 1) (2, 0.5): the aspect ratio (width over height) must satisfy 0 < least <= most",
        refused (fun () -> random_resized_crop (0.5, 1.0) (2.0, 0.5) |> box)
    )

    Assert.Equal("flip 1.5 is outside the allowed range [0, 1]", refused (fun () -> flip 1.5 |> box))
    Assert.Equal("random_grey -0.1 is outside the allowed range [0, 1]", refused (fun () -> random_grey -0.1 |> box))

    Assert.Equal(
        "colour_jitter 0.4 -1 0.4 0.1: contrast -1 must be a finite number of at least 0",
        refused (fun () -> colour_jitter 0.4 -1.0 0.4 0.1 |> box)
    )

    Assert.Equal(
        "colour_jitter 0 0 0 0.75: hue 0.75 is outside the allowed range [0, 0.5]",
        refused (fun () -> colour_jitter 0.0 0.0 0.0 0.75 |> box)
    )

    Assert.Equal(
        "rand_augment 2 31: magnitude 31 is outside the allowed range [0, 30]",
        refused (fun () -> rand_augment 2 31 |> box)
    )

    Assert.Equal(
        "rand_augment -1 9: the number of operations must be at least 0",
        refused (fun () -> rand_augment -1 9 |> box)
    )

[<Fact>]
let ``there is one crop, and it comes first`` () =
    Assert.Equal(
        "augment: random_crop 0.5 must come first: the crop is cut out of the picture before anything else is done to it",
        refused (fun () -> emoji |> augment [ flip 0.5; random_crop 0.5 ] |> box)
    )

    Assert.Equal(
        "augment: random_crop 0.5 and random_crop 0.9 are two crops, but only one is allowed",
        refused (fun () -> emoji |> augment [ random_crop 0.5; random_crop 0.9 ] |> box)
    )

    Assert.Empty(Settings.problems Data.settings (emoji |> augment all))

[<Fact>]
let ``what the keywords allow the core takes, and what they refuse it refuses`` () =
    let core = Augment.toCore 24 all |> nonNull
    let crop = nonNull core.Crop
    Assert.Equal((24, 0.5, 1.0), (crop.Size, crop.LeastArea, crop.MostArea))
    Assert.Equal((3.0 / 4.0, 4.0 / 3.0), (crop.LeastRatio, crop.MostRatio))

    Assert.Equal<ImageStage>(
        [
            HorizontalFlip 0.5 :> ImageStage
            ColourJitter(Brightness = 0.4, Contrast = 0.4, Saturation = 0.4, Hue = 0.1)
            RandAugment(2, 9)
            RandomGrey 0.2
        ],
        core.Stages
    )

    Assert.Null(Augment.toCore 24 [])

    for wrong in
        [
            Augment.Crop((0.0, 1.0), (1.0, 1.0))
            Augment.Crop((0.9, 0.5), (1.0, 1.0))
            Augment.Crop((0.5, 1.5), (1.0, 1.0))
            Augment.Crop((0.5, 1.0), (0.0, 1.0))
            Augment.Crop((0.5, 1.0), (1.0, infinity))
            Augment.ColourJitter(nan, 0.0, 0.0, 0.0)
            Augment.ColourJitter(0.0, 0.0, 0.0, 0.51)
            Augment.RandAugment(-1, 9)
            Augment.RandAugment(2, 31)
        ] do
        Assert.NotEmpty(Augment.problemsOf wrong)

        Assert.ThrowsAny<ArgumentException>(fun () -> Augment.toCore 24 [ wrong ] |> ignore)
        |> ignore

    for right in
        [
            random_crop 1.0
            rand_augment 0 0
            rand_augment 2 30
            colour_jitter 2.0 0.0 0.0 0.5
        ] do
        Augment.toCore 24 [ right ] |> ignore

let private hash = ExperimentHash.compute "fingerprint"

[<Fact>]
let ``without augment a configuration keeps its text and its hash, with it both change`` () =
    let plain = experiment { corpus emoji }
    Assert.DoesNotContain("augmentation", Experiment.toJson plain)
    // What was computed before there were augmentations.
    Assert.Equal(
        "2886e45fc94f8b15d05d9b82037c57d37bb67aa3c00b3ee1ce0b7b3480267e0b",
        ExperimentHash.computeWith [] "fingerprint" (plain |> streamed)
    )

    let augmented = plain |> augment all
    Assert.NotEqual<string>(hash plain, hash augmented)
    Assert.Equal(augmented, Experiment.ofJson "test" (Experiment.toJson augmented))

    // `augment []` is no augmentation, whatever was said before.
    Assert.Equal(plain, augmented |> augment [])
    Assert.Equal(plain, experiment { corpus (emoji |> augment all |> augment []) })

[<Fact>]
let ``a configuration's file holds the changes in order, and is checked like a script`` () =
    let text =
        Experiment.toJson (experiment { corpus (emoji |> augment [ random_crop 0.5; flip 0.25 ]) })

    Assert.Contains(
        "\"augmentation\":[{\"kind\":\"crop\",\"least_scale\":0.5,\"most_scale\":1,\"least_ratio\":0.75,\"most_ratio\":1.3333333333333333},{\"kind\":\"flip\",\"probability\":0.25}]",
        text.Replace(" ", "").Replace("\n", "")
    )

    let error (now: string) =
        Assert
            .Throws<InvalidDataException>(fun () ->
                Experiment.ofJson "config.json" (text.Replace("\"probability\": 0.25", now))
                |> ignore)
            .Message

    Assert.Equal("config.json: flip 2 is outside the allowed range [0, 1].", error "\"probability\": 2")
    Assert.Equal("config.json: corpus: augmentation[1]: \"probability\" is missing.", error "\"chance\": 1")

    Assert.Contains(
        "\"kind\" is \"flop\"; allowed are crop, flip, colour_jitter, rand_augment, grey",
        Assert
            .Throws<InvalidDataException>(fun () ->
                Experiment.ofJson "config.json" (text.Replace("\"flip\"", "\"flop\"")) |> ignore)
            .Message
    )

[<Fact>]
let ``the time of a step is told by the kinds of changes, not by their strength`` () =
    let shape changes =
        StepTimes.shape (experiment { corpus (emoji |> augment changes) })

    Assert.DoesNotContain("augmentation", shape [])
    Assert.NotEqual<string>(shape [], shape [ flip 0.5 ])
    Assert.Equal(shape [ rand_augment 2 5 ], shape [ rand_augment 2 9 ])

[<Fact>]
let ``augment is an axis like all else, and explained in the arm that has none`` () =
    let study =
        sweep "augmentation" (experiment { corpus (emoji |> augment [ flip 0.5 ]) }) {
            axis "augmentation" [
                "none", augment []
                "as in the base", id
                "crop and jitter", augment [ random_crop 0.5; colour_jitter 0.4 0.4 0.4 0.1 ]
            ]

            axis "least" [ 0.25; 0.5 ] (fun least -> (pixels (if least < 0.3 then 24 else 32)))
        }

    let _, arms = Explain.sweep study

    let value name =
        arms
        |> List.find (fst >> (=) name)
        |> snd
        |> List.find (fun value -> value.Path = "corpus.augmentation")
        |> fun value -> value.Value, string value.Source

    Assert.Equal(("none", "axis \"augmentation\" = none"), value "none, 0.25")
    Assert.Equal(("flip 0.5", "axis \"augmentation\" = as in the base"), value "as in the base, 0.25")

    Assert.Equal(
        ("random_crop 0.5, then colour_jitter 0.4 0.4 0.4 0.1", "axis \"augmentation\" = crop and jitter"),
        value "crop and jitter, 0.5"
    )

    let shared, _ = Explain.sweep (sweep "plain" (experiment { () }) { })
    let plain = shared |> List.find (fun value -> value.Path = "corpus.augmentation")
    Assert.Equal(("none", "default pictures as they are"), (plain.Value, string plain.Source))

[<Fact>]
let ``an axis of changes labels itself`` () =
    let study =
        sweep "labels" (experiment { () }) {
            axis "change" [ flip 0.5; rand_augment 2 9; random_crop 0.25 ] (fun change -> augment [ change ])
        }

    Assert.Equal<string list>(
        [ "flip 0.5"; "rand_augment 2 9"; "random_crop 0.25" ],
        Sweep.arms study |> List.map _.Name
    )

[<Fact>]
let ``any caption is one of a picture's captions, and none is random in evaluation`` () =
    let several =
        Corpora.CorpusEntry(
            0L,
            "a/0",
            "first",
            [| "tag" |],
            "c",
            "a",
            "g",
            "s",
            Corpora.Split.Train,
            "CC0-1.0",
            0UL,
            "0.tar",
            0L,
            0,
            Alternatives = [| "second"; "third" |]
        )

    let style = Data.trainingCaptions (emoji |> captions any_caption)

    let seen =
        [ 0UL .. 63UL ]
        |> List.map (fun seed -> Corpora.Captions.Render(several, style, Randomness.SeededRandom seed))

    Assert.Equal<string list>([ "first"; "second"; "third" ], List.distinct seen |> List.sort)

    Assert.Equal(
        "evaluation_captions: random captions would make the evaluation random; use label, all_tags or every_caption",
        refused (fun () -> emoji |> evaluation_captions any_caption |> box)
    )

    let experiment = experiment { corpus (emoji |> captions any_caption) }
    Assert.Contains("\"captions\": \"any\"", Experiment.toJson experiment)
    Assert.Equal(experiment, Experiment.ofJson "test" (Experiment.toJson experiment))
