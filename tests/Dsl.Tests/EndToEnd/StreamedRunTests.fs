namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Corpora
open Xunit

/// Runs whose pictures are read while the model trains, in processes of their own.
[<Collection("engine")>]
type StreamedRunTests(shapes: ShapesFolder) =
    let run name (experiment: Experiment) =
        let folder = shapes.Scratch.File name
        Toolkit.plan folder experiment
        folder

    /// A quarter of the captions wrong, in every way.
    let wrong =
        shuffled_captions 0.1
        >> swapped_captions 0.05
        >> boilerplate_captions 0.05
        >> dropped_captions 0.05

    let study (change: Data -> Data) =
        experiment {
            corpus (corpus_in shapes.Corpus |> pixels 16 |> context_length 8 |> change)
            image (Vit.tiny |> width 24 |> layers 1)
            text (Transformer.tiny |> width 24 |> layers 1)
            embed_dim 16
            train (steps 150 |> batch 16 |> log_every 5 |> checkpoint_every 20)
            seed 5
        }

    interface IClassFixture<ShapesFolder>

    [<Fact>]
    member _.``a streamed run of a part of the pairs that is killed goes on at the very next pair and ends in the same bits``
        ()
        =
        let experiment = study (streamed >> fraction 0.6 >> wrong)
        let calm = run "calm" experiment
        let ended = Toolkit.finished calm
        Assert.Contains("training waited", ended.Errors)

        Assert.Matches(
            "captions of [0-9]+ pairs read: [0-9]+ shuffled, [0-9]+ swapped, [0-9]+ boilerplate",
            ended.Errors
        )

        let wild = run "wild" experiment
        // The 13 steps of an epoch do not divide the checkpoints' 20: each is in mid-epoch.
        Toolkit.killedAt [ 30L; 90L ] wild
        Toolkit.finished wild |> ignore
        Toolkit.sameBits calm wild
        Assert.Equal(150L, (FinalMetrics.tryRead calm |> Option.get).Steps)

    [<Fact>]
    member _.``a run in memory tells how many captions of each kind are wrong``() =
        let experiment = study wrong |> (steps 3)
        let ended = run "memory" experiment |> Toolkit.finished
        use corpus = Corpus.Open shapes.Corpus
        let pairs = (corpus.Query Split.Train).Count

        let share part =
            int (Math.Round(part * float pairs, MidpointRounding.AwayFromZero))

        Assert.Contains(
            $"captions of {pairs} pairs: {share 0.1} shuffled, {share 0.05} swapped, {share 0.05} boilerplate, {share 0.05} dropped",
            ended.Errors
        )

    [<Fact>]
    member _.``a streamed part has the vocabulary of the part in memory, and boiler-plate widens both``() =
        use corpus = Corpus.Open shapes.Corpus

        let sizes (change: Data -> Data) =
            let data = (study change).Data
            let table = RunData.training corpus data 5 ignore
            (RunData.tokenizer data table).VocabularySize, (RunData.streamedTokenizer corpus data 5).VocabularySize

        let inMemory, whole = sizes (fraction 0.1)
        Assert.Equal(inMemory, whole)
        let plates, streamedPlates = sizes (fraction 0.1 >> boilerplate_captions 0.5)
        Assert.Equal(plates, streamedPlates)
        Assert.True(plates > inMemory + 20, $"{plates} tokens with boiler-plate, {inMemory} without")
