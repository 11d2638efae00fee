module Research.Tests.ExplainTests

open Xunit
open Research
open Research.Language

let private study =
    sweep
        "study"
        (experiment {
            corpus (emoji |> shuffled_captions 0.5)
            train (steps 300)
        }) {
        axis "objective" [
            "InfoNCE", objective infonce
            "PSD", objective (psd |> soft_fraction (linear 0 0.5))
        ]

        axis "batch" [ 64; 128 ] (fun n -> (batch n))
        change "short" (steps 100)
    }

let private find path (values: Explained list) =
    values
    |> List.tryFind (fun value -> value.Path = path)
    |> Option.map (fun value -> value.Value, string value.Source)

let private shared, private arms = Explain.sweep study
let private arm name = List.find (fst >> (=) name) arms |> snd

[<Fact>]
let ``values of the base, of presets and of patches name their source`` () =
    Assert.Equal(Some("0.5", "base"), find "corpus.shuffled_captions" shared)
    Assert.Equal(Some("100", "change \"short\""), find "train.steps" shared)
    Assert.Equal(Some("96", "preset vit-tiny-stem32"), find "image.width" shared)
    Assert.Equal(Some("0.002", "default [O] learns on 32-pixel emoji"), find "train.learning_rate" shared)

[<Fact>]
let ``an axis is the source of its values, also of the one that is the default`` () =
    Assert.Equal(Some("64", "axis \"batch\" = 64"), find "train.batch" (arm "PSD, 64"))
    Assert.Equal(Some("128", "axis \"batch\" = 128"), find "train.batch" (arm "PSD, 128"))

[<Fact>]
let ``wrong captions are an axis like all else, and explained in the arm that has none`` () =
    let kinds =
        sweep "kinds" (experiment { corpus (emoji |> dropped_captions 0.1) }) {
            axis "captions" [
                "clean", id
                "swapped", (swapped_captions 0.25)
                "boiler-plate", (boilerplate_captions 0.5)
            ]
        }

    let shared, arms = Explain.sweep kinds

    let arm name =
        arms |> List.find (fst >> (=) name) |> snd

    Assert.Equal(Some("0.1", "base"), find "corpus.dropped_captions" shared)
    Assert.Equal(Some("0", "default clean pairs"), find "corpus.shuffled_captions" shared)
    Assert.Equal(Some("1", "default all training pairs"), find "corpus.fraction" shared)
    Assert.Equal(Some("0.25", "axis \"captions\" = swapped"), find "corpus.swapped_captions" (arm "swapped"))
    Assert.Equal(Some("0", "axis \"captions\" = clean"), find "corpus.swapped_captions" (arm "clean"))

    Assert.Equal(
        Some("0.5", "axis \"captions\" = boiler-plate"),
        find "corpus.boilerplate_captions" (arm "boiler-plate")
    )

[<Fact>]
let ``an objective's own defaults are told apart from what was said`` () =
    let psd = arm "PSD, 64"
    Assert.Equal(Some("psd", "axis \"objective\" = PSD"), find "objective.kind" psd)
    Assert.Equal(Some("linear 0 -> 0.5", "axis \"objective\" = PSD"), find "objective.soft_fraction" psd)
    Assert.Equal(Some("shared", "default the network itself [P]; by shared weights [R]"), find "objective.teacher" psd)

[<Fact>]
let ``every value of the configuration is explained, in every arm, once`` () =
    for one in Sweep.arms study do
        let paths = shared @ arm one.Name |> List.map _.Path
        Assert.Equal<string list>(List.distinct paths, paths)

        for line in Experiment.lines one.Experiment do
            Assert.Contains(
                shared @ arm one.Name,
                fun explained -> explained.Path = line.Path && explained.Value = line.Value
            )
