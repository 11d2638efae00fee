namespace Research.Tests

open System
open System.IO
open TorchSharp
open Research
open Research.Language
open Research.Corpora
open Research.Corpora.Import
open Research.Imaging
open Research.Randomness
open Research.Training
open Research.Evaluation.Probes
open Research.Stats
open Research.Plots
open Research.Reports
open Xunit
open Research.Evaluation

/// Probes of a model of random weights on pictures whose class is their colour.
[<Collection("engine")>]
type ProbeTests() =
    let scratch = new Scratch()

    /// A picture of noise, with so much of a colour.
    let picture strength (colour: int) (number: int) =
        let random = SeededRandom(uint64 (1000 * colour + number))

        Png.Encode(
            RgbImage(
                16,
                16,
                Array.init (16 * 16 * 3) (fun i -> byte ((if i % 3 = colour then strength else 0) + random.NextInt 100))
            )
        )

    /// Three classes to learn; pictures of a fourth are in the test alone. Without the colour's strength nothing can be learnt.
    let imported strength =
        let write (split: string) (name: string) colour count =
            for i in 1..count do
                let path = scratch.File $"pictures-{strength}/{split}/{name}/{i}.png"
                Directory.CreateDirectory(nonNull (Path.GetDirectoryName path)) |> ignore
                File.WriteAllBytes(path, picture strength colour (100 * split.Length + i))

        for colour, name in List.indexed [ "red_fox"; "green_oak"; "blue_bus" ] do
            write "train" name colour 5
            write "val" name colour 2
            write "test" name colour 3

        write "test" "black_hole" 7 3
        let folder = scratch.File $"corpus-{strength}"

        CorpusImporter.Import(
            ImportOptions(Source = scratch.File $"pictures-{strength}", Name = "mine", KeepDuplicates = true),
            folder
        )
        |> ignore

        folder

    let experiment' folder evaluations =
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
            evaluate evaluations
            seed 4
        }

    let measured (experiment: Experiment) side =
        use corpus = Corpus.Open experiment.Data.Corpus
        let tokenizer = Text.ClipTokenizer.Load()

        let config =
            Experiment.modelConfig experiment tokenizer.VocabularySize tokenizer.EndOfText

        use model = Trainer.Initialise(config, 3UL, Objective.toCore experiment.Objective)
        let notices = Collections.Generic.List<string>()
        Evaluate.run experiment corpus tokenizer model side notices.Add, List.ofSeq notices

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

    [<Fact>]
    member _.``probes measure what they promise, on test alone, and name the class that they never saw``() =
        let evaluations = [ linear_probe subgroups; few_shot subgroups ]
        let experiment = experiment' (imported 150) evaluations
        let values, notices = measured experiment test

        Assert.Equal<string list>(
            evaluations
            |> List.collect (fun own -> own.Metrics test)
            |> List.map _.Key
            |> List.sort,
            values |> List.map fst |> List.sort
        )

        let value (metric: Metric) =
            values |> List.find (fst >> (=) metric.Key) |> snd

        // Nine of twelve pictures are of classes that can be known, and colours are told apart by any embedding.
        Assert.Equal(0.75, value test.linear_probe.top1, 9)
        Assert.Equal(0.75, value test.linear_probe.top5, 9)
        Assert.Equal(0.75, value test.linear_probe.mean_per_class, 9)
        Assert.InRange(value test.few_shot.zero_shot, 0.0, 0.75)
        Assert.True(value test.few_shot.zero.k4 > 0.5, $"{value test.few_shot.zero.k4}")
        // A class has five pictures: from k = 8 on a draw is all of them.
        for curve in
            [
                test.few_shot.prompt
                test.few_shot.free
                test.few_shot.pulled
                test.few_shot.zero
            ] do
            Assert.Equal(value curve.k8, value curve.k16, 9)

        Assert.Equal(
            2,
            notices
            |> List.filter
                _.Contains(
                    "no training picture is of the classes 'black_hole', so their 3 test pictures are counted wrong"
                )
            |> List.length
        )

        Assert.Contains(
            "few_shot subgroups: 3 of 3 classes have fewer than 16 training pictures and give all that they have",
            notices
        )

        Assert.Equal<(string * float) list>([], fst (measured experiment validation))

    [<Fact>]
    member _.``draws are the run seed's``() =
        let experiment = experiment' (imported 0) [ few_shot subgroups ]

        let draw seed =
            measured { experiment with Seed = seed } test |> fst

        let first = draw 4
        Assert.Equal<(string * float) list>(first, draw 4)
        Assert.NotEqual<(string * float) list>(first, draw 5)

    [<Fact>]
    member _.``pictures of unseen classes are counted wrong, class by class and picture by picture``() =
        use _ = torch.NewDisposeScope()
        let unit = torch.eye (2, dtype = torch.ScalarType.Float64)
        let set = ProbeSet(torch.cat [| unit; unit |], [| 0; 1; 0; 0 |], 2)

        let classifier =
            LinearClassifier(unit, torch.zeros (2, dtype = torch.ScalarType.Float64), 1.0)

        let figures held unseen =
            ProbeTask.measure
                {
                    Classes = [| "a"; "b" |]
                    Train = set
                    Validation = set
                    Held = held
                    Unseen = unseen
                }
                classifier

        // Three of four are right: class a two of three, class b its only one.
        let seen = figures (Some set) ([||], 0)
        Assert.Equal(0.75, seen.Top1, 12)
        Assert.Equal((2.0 / 3.0 + 1.0) / 2.0, seen.MeanPerClass, 12)
        let part = figures (Some set) ([| "c"; "d" |], 6)
        Assert.Equal(0.3, part.Top1, 12)
        Assert.Equal(0.4, part.Top5, 12)
        Assert.Equal((2.0 / 3.0 + 1.0) / 4.0, part.MeanPerClass, 12)
        Assert.Equal(0.0, (figures None ([| "c" |], 4)).Top1)

    [<Fact>]
    member _.``a large split is cut to the same pictures for every run``() =
        let experiment = experiment' (imported 150) [ retrieval ]
        use corpus = Corpus.Open experiment.Data.Corpus
        let tokenizer = Text.ClipTokenizer.Load()

        let config =
            Experiment.modelConfig experiment tokenizer.VocabularySize tokenizer.EndOfText

        use model = Trainer.Initialise(config, 3UL, Objective.toCore experiment.Objective)
        let notices = Collections.Generic.List<string>()

        let keys most =
            use pictures = new SplitPictures(model, corpus, experiment.Data, notices.Add, most)

            let first = pictures.Of Split.Train
            Assert.Same(first, pictures.Of Split.Train)
            Assert.Equal(int64 first.Entries.Count, first.Embeddings.shape[0])
            first.Entries |> Seq.map _.Key |> List.ofSeq

        Assert.Equal(15, (keys 15).Length)
        Assert.Empty notices
        let six = keys 6
        Assert.Equal(6, six.Length)
        Assert.Equal<string list>(six, keys 6)
        Assert.Equal("probes: of the 15 train pairs they use 6", notices[0])

/// The words of probes, and what reports show of them.
module ProbeReportTests =
    let private message action =
        Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

    [<Fact>]
    let ``words name the figures of probes, of the test alone`` () =
        for word, key in
            [
                test.linear_probe.top1, "test.linear_probe.subgroups.top1"
                test.linear_probe.groups.mean_per_class, "test.linear_probe.groups.mean_per_class"
                test.few_shot.zero_shot, "test.few_shot.subgroups.zero_shot"
                test.few_shot.prompt.k4, "test.few_shot.subgroups.prompt.k4"
                test.few_shot.groups.zero.k16, "test.few_shot.groups.zero.k16"
            ] do
            Assert.Equal(key, word.Key)
            Assert.Equal(word, metric key)

        Assert.Contains("write test.few_shot", message (fun () -> box validation.few_shot))
        Assert.Contains("write test.linear_probe", message (fun () -> box validation.linear_probe))

    [<Fact>]
    let ``a probe needs the test among the sides`` () =
        let experiment = {
            Experiment.defaults with
                Evaluate = [ retrieval; few_shot groups ]
                EvaluateOn = [ validation ]
        }

        Assert.Contains(
            "few_shot groups is measured on test, which evaluate_on lacks",
            String.Join("; ", Experiment.problems experiment)
        )

    /// Five seeds, in which the probe from the prompts gains 10 points less k on that from zero, and seeds differ by 1 point and the gain by 0.1.
    let private runs = [
        for seed in 1..5 do
            let shift = 0.01 * float seed

            RunFolders.record "plain" seed [
                test.few_shot.zero_shot.Key, 0.2 + shift
                for probe in FewShotEvaluation.methods do
                    for k in FewShotEvaluation.shots do
                        let gain =
                            if probe.FromPrompts then
                                0.1 - 0.01 * float k + 0.001 * float (seed - 3)
                            else
                                0.0

                        (FewShotEvaluation.metric subgroups probe k).Key, 0.3 + shift + gain
            ]
    ]

    [<Fact>]
    let ``the curve over shots begins at zero-shot for what starts from prompts`` () =
        let panel = ShotPlot.curve Comparison.options "" subgroups runs
        Assert.Equal<string list>([ "0"; "1"; "2"; "4"; "8"; "16" ], panel.X.Places)

        let lines =
            panel.Layers
            |> List.choose (fun layer ->
                match layer with
                | Layer.Line(name, points) -> Some(name, points)
                | _ -> None)

        Assert.Equal<string list>(FewShotEvaluation.methods |> List.map _.Title, lines |> List.map fst)

        for (_, points), probe in List.zip lines FewShotEvaluation.methods do
            let expected = [
                if probe.FromPrompts then
                    0.0, 23.0
                for i, k in List.indexed FewShotEvaluation.shots do
                    float (i + 1), 33.0 + (if probe.FromPrompts then 10.0 - float k else 0.0)
            ]

            for (x, y), point in List.zip expected points do
                Assert.Equal(x, point.X)
                Assert.Equal(y, point.Y, 9)
                Assert.True(fst point.Band.Value < y && y < snd point.Band.Value)

        Assert.Contains(
            "few_shot.groups.zero_shot",
            message (fun () -> ShotPlot.curve Comparison.options "" groups runs |> box)
        )

    [<Fact>]
    let ``the table pairs the methods by seed against the probe from zero`` () =
        let study =
            sweep "few" Experiment.defaults { seeds 5 } |> report [ k_table test.few_shot ]

        let table = ShotTable.ofRuns study subgroups runs
        Assert.Equal(Some "from zero", table.Baseline)

        let row = table.Rows |> List.find (fun row -> row.Arm = "from prompts, in a ball")

        for cell, k in List.zip row.Cells FewShotEvaluation.shots do
            let difference = cell.Difference.Value
            Assert.Equal(5, difference.N)
            Assert.Equal(0.1 - 0.01 * float k, difference.Mean, 12)
            // Gains of -0.002 to 0.002 about their mean: sd 0.00158, and t(4) = 2.776.
            let half = 2.7764451 * sqrt (0.00001 / 4.0) / sqrt 5.0
            Assert.Equal(difference.Mean + half, difference.Interval.Value.High, 8)

    [<Fact>]
    let ``a report of shots asks for the evaluation, and does not nest`` () =
        let plain = sweep "few" (experiment { evaluate [ retrieval ] }) { seeds 2 }

        let lines = Report.problems (plain |> report [ k_curve test.few_shot ]) plain

        Assert.Contains(
            "k_curve: no arm measures test.few_shot.zero_shot; it needs few_shot subgroups in evaluate",
            lines.Head
        )

        Assert.Contains(
            "k_curve is not a panel; allowed are",
            message (fun () -> small_multiples "a" (k_curve test.few_shot) |> box)
        )
