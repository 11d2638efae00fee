namespace Research.Tests

open System
open System.Collections.Generic
open System.IO
open System.Text
open Research
open Research.Language
open Research.Corpora
open Research.Corpora.Build
open Research.Randomness

/// A small real corpus: 150 coloured polygons, drawn by two sources.
module Shapes =
    let private colours = [ "red"; "green"; "blue"; "orange"; "purple"; "black" ]
    let private sizes = [ "small"; "large"; "thin"; "wide"; "tall" ]
    let private kinds = [ "leaf"; "stone"; "star"; "kite"; "cloud" ]

    let private svg (random: SeededRandom) (colour: string) (dashed: bool) =
        let points =
            [ 1..7 ]
            |> List.map (fun _ -> $"{4 + random.NextInt 56},{4 + random.NextInt 56}")
            |> String.concat " "

        let paint =
            if dashed then
                $"fill=\"none\" stroke=\"{colour}\" stroke-width=\"5\""
            else
                $"fill=\"{colour}\""

        Encoding.UTF8.GetBytes
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><polygon points=\"{points}\" {paint}/></svg>"

    /// Builds it into the folder.
    let build (folder: string) =
        let builder =
            CorpusBuilder(
                Name = "shapes",
                ImageSize = 16,
                Splits = SplitRule("shapes", 0.2, 0.15),
                Inputs = Dictionary<string, string>()
            )

        let random = SeededRandom 7UL

        builder.Add [
            for size in sizes do
                for kind in kinds do
                    for colour in colours do
                        for source in [ "ink"; "paint" ] do
                            let item = $"{size}-{colour}-{kind}"

                            DrawnPair(
                                $"{source}/{item}",
                                $"{size} {colour} {kind}",
                                [| size; kind |],
                                item,
                                source,
                                kind,
                                colour,
                                "CC0-1.0",
                                svg random colour (source = "ink")
                            )
        ]

        builder.Write folder |> ignore

    /// Overwrites the beginnings of so many training pictures.
    let corrupt (folder: string) count =
        use corpus = Corpus.Open folder

        for entry in corpus.Query(Split.Train) |> Seq.take count do
            use shard = File.OpenWrite(Path.Combine(folder, entry.Shard))
            shard.Seek(entry.Offset, SeekOrigin.Begin) |> ignore
            shard.Write(Encoding.ASCII.GetBytes "not a picture")

/// The corpus in a folder that goes away with the tests.
type ShapesFolder() =
    let scratch = new Scratch()
    do Shapes.build (scratch.File "shapes")
    member _.Scratch = scratch
    member _.Corpus = scratch.File "shapes"

    /// A copy of the corpus with so many broken pictures.
    member _.Broken count =
        let copy = scratch.File $"broken-{count}"
        Directory.CreateDirectory copy |> ignore

        for file in Directory.GetFiles(scratch.File "shapes") do
            File.Copy(file, Path.Combine(copy, Path.GetFileName file |> nonNull))

        Shapes.corrupt copy count
        copy

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

/// Runs on the drawn shapes that are as small as can be, in processes of their own.
module SmallRuns =
    /// Without batch norm, whose statistics are those of the rows that are encoded together.
    let study (shapes: ShapesFolder) (change: Data -> Data) (training: TrainSettings) =
        experiment {
            corpus (corpus_in shapes.Corpus |> pixels 16 |> context_length 8 |> change)
            image (Vit.small16 |> width 24 |> layers 1 |> heads 2 |> patch 4)
            text (Transformer.tiny |> width 24 |> layers 1)
            embed_dim 16
            train training
            seed 5
        }

    /// A dozen steps, each logged.
    let short: TrainSettings =
        steps 12 |> batch 16 |> log_every 1 |> checkpoint_every 50

    /// The folder of a run that a worker can begin.
    let planned (shapes: ShapesFolder) name (experiment: Experiment) =
        let folder = shapes.Scratch.File name
        Toolkit.plan folder experiment
        folder
