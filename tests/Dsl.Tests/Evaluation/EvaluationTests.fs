namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Corpora
open Research.Corpora.Import
open Research.Imaging
open Research.Randomness
open Research.Training
open Xunit
open Research.Evaluation

/// What a model of random weights measures on somebody's own pictures.
[<Collection("engine")>]
type EvaluationTests() =
    let parent = Directory.CreateTempSubdirectory()

    let write (name: string) (content: byte[]) =
        let path = Path.Combine(parent.FullName, name)
        Directory.CreateDirectory(nonNull (Path.GetDirectoryName path)) |> ignore
        File.WriteAllBytes(path, content)

    let picture (number: int) =
        let random = SeededRandom(uint64 number)
        Png.Encode(RgbImage(16, 16, Array.init (16 * 16 * 3) (fun _ -> byte (random.NextInt 256))))

    let imported (source: string) choice =
        let folder = Path.Combine(parent.FullName, $"corpus {Guid.NewGuid():N}")

        CorpusImporter.Import(
            ImportOptions(
                Source = Path.Combine(parent.FullName, source),
                Name = "mine",
                Captions = CaptionRule(Choice = choice),
                TestShare = 0.6,
                KeepDuplicates = true
            ),
            folder
        )
        |> ignore

        folder

    let study (folder: string) (change: Experiment -> Experiment) =
        experiment {
            corpus (
                corpus_in folder
                |> pixels 16
                |> context_length 8
                |> vocabulary full
                |> evaluation_captions label
            )

            image (Vit.tiny |> width 24 |> layers 1)
            text (Transformer.tiny |> width 24 |> layers 1)
            embed_dim 16
            evaluate [ retrieval; zero_shot subgroups ]
            evaluate_on [ test ]
        }
        |> change

    let measured (experiment: Experiment) =
        use corpus = Corpus.Open experiment.Data.Corpus
        let tokenizer = Text.ClipTokenizer.Load()

        let config =
            Experiment.modelConfig experiment tokenizer.VocabularySize tokenizer.EndOfText

        use model = Trainer.Initialise(config, 3UL, Objective.toCore experiment.Objective)
        Evaluate.run experiment corpus tokenizer model test ignore

    let retrievalOf = List.filter (fun (name: string, _) -> name.Contains "retrieval")

    interface IDisposable with
        member _.Dispose() = parent.Delete(recursive = true)

    [<Fact>]
    member _.``a picture with several captions counts once, whether they are rows or alternatives``() =
        let pictures = [ 0..39 ]

        for i in pictures do
            write $"photos/{i}.png" (picture i)

        let sentence i j = $"{{\"raw\":\"{j} cats of {i}\"}}"

        let one i =
            let sentences = [ 0..4 ] |> List.map (sentence i) |> String.concat ","
            $"{{\"filename\":\"{i}.png\",\"sentences\":[{sentences}]}}"

        let list = pictures |> List.map one |> String.concat ","
        write "dataset.json" (Text.Encoding.UTF8.GetBytes $"{{\"images\":[{list}]}}")

        let every = (evaluation_captions every_caption)
        let rows = study (imported "dataset.json" CaptionChoice.All) id |> measured
        let alternatives = imported "dataset.json" CaptionChoice.Random
        let several = study alternatives every |> measured
        let first = study alternatives id |> measured

        Assert.Equal<(string * float) list>(retrievalOf rows, retrievalOf several)
        Assert.NotEqual<(string * float) list>(retrievalOf first, retrievalOf several)

        // Of n pictures the best of five captions among 5 n has at worst rank 5 n - 4, and a caption's picture rank n.
        use corpus = Corpus.Open alternatives
        let count = corpus.Query(Nullable Split.Test).Count
        Assert.InRange(count, 10, 39)

        let rank name =
            several |> List.find (fst >> (=) name) |> snd

        Assert.InRange(rank "test.retrieval.t2i.median_rank", 1.0, float count)
        Assert.InRange(rank "test.retrieval.i2t.median_rank", 1.0, float (5 * count - 4))

    [<Fact>]
    member _.``floored ranks are the median ranks of each direction rounded down``() =
        for name in [ "fox"; "oak" ] do
            for i in 1..10 do
                write $"plain/test/{name}/{i}.png" (picture (name.Length * 100 + i + int name[0]))

        let measured =
            study (imported "plain" CaptionChoice.First) (fun e -> {
                e with
                    Evaluate = [ retrieval_of_all; floored_ranks ]
            })
            |> measured

        let value (metric: Metric) =
            measured |> List.find (fst >> (=) metric.Key) |> snd

        for middle, floored in
            [
                test.all.i2t.median_rank, test.all.i2t.floored_rank
                test.all.t2i.median_rank, test.all.t2i.floored_rank
            ] do
            Assert.Equal(floor (value middle), value floored)

        let both = (value test.all.i2t.floored_rank + value test.all.t2i.floored_rank) / 2.0

        Assert.Equal(both, value test.all.floored_rank)

        Assert.Equal<string list>(
            (floored_ranks.Metrics test |> List.map _.Key |> List.sort),
            measured |> List.map fst |> List.filter _.EndsWith("floored_rank") |> List.sort
        )

    [<Fact>]
    member _.``prompts hold the names of class folders with spaces for underscores``() =
        for name in [ "red_fox"; "oak_tree"; "a_wide_road" ] do
            for i in 1..8 do
                let content = picture (name.Length * 100 + i)
                write $"plain/test/{name}/{i}.png" content
                write $"hyphens/test/{name.Replace('_', '-')}/{i}.png" content
                write $"long/test/a_drawing_of_{name}/{i}.png" content

        let measure source change =
            study (imported source CaptionChoice.First) (fun e ->
                change {
                    e with
                        Evaluate = [ zero_shot subgroups ]
                })
            |> measured

        let plain = measure "plain" id
        Assert.Equal<(string * float) list>(plain, measure "hyphens" id)
        Assert.Equal<(string * float) list>(measure "long" id, measure "plain" (prompts [ "a drawing of {}" ]))
        // The mean of twice the same prompt is the same.
        Assert.Equal<(string * float) list>(plain, measure "plain" (prompts [ "{}"; " {} " ]))

    [<Fact>]
    member _.``zero-shot says which classes share a prompt and when top-5 cannot fail``() =
        let spoken (name: string) =
            name.Replace('-', ' ').Replace('_', ' ')

        match ZeroShotEvaluation.remarks [| "bus"; "ice-cream"; "ice_cream"; "tram" |] spoken with
        | [ same; five ] ->
            Assert.Contains("'ice-cream' and 'ice_cream' have the same prompt \"ice cream\"", same)
            Assert.Contains("with 4 classes top-5 is 100 %", five)
        | other -> failwith $"%A{other}"

        Assert.Empty(ZeroShotEvaluation.remarks [| "a"; "b"; "c"; "d"; "e"; "f" |] spoken)
