namespace Research.Tests

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open Research
open Research.Language
open Research.Runs
open Xunit

/// One small study, run once through a real F# Interactive; the tests look at what it left.
type StudyRun() =
    let scratch = new Scratch()
    let corpus = scratch.File "shapes"
    do Shapes.build corpus

    let body =
        $"""
let small = experiment {{
    corpus (corpus_in "{corpus}" |> pixels 16 |> captions all_tags |> shuffled_captions 0.25 |> context_length 8)
    image (Vit.tiny |> width 24 |> layers 1)
    text (Transformer.tiny |> width 24 |> layers 1)
    embed_dim 16
    train (steps 300 |> batch 16 |> log_every 10 |> checkpoint_every 25)
}}
sweep "study" small {{
    axis "objective" [ "InfoNCE", objective infonce; "PSD", objective (psd |> teacher (ema 0.9)) ]
    baseline "InfoNCE"
}}
|> report [ table [ test.r10; validation.top1 ]; bars test.r10; curves training.loss ]
|> main"""

    let out = scratch.File "out"

    member _.Scratch = scratch
    member _.Corpus = corpus
    member _.Body = body
    member _.Out = out
    member val First = Toolkit.script scratch.Folder body [ "--out"; out; "--jobs"; "2" ]

    /// The folder of an arm's run.
    member _.Run(arm: string) =
        (SweepFolder.list out |> List.find (fun run -> run.Arm = arm && run.Seed = 0)).Folder

    /// A new run folder with the configuration of an arm's run.
    member this.Copy(arm: string) =
        let copy = scratch.File $"copy-{Guid.NewGuid():N}"
        Directory.CreateDirectory copy |> ignore
        File.Copy(RunFolder.config (this.Run arm), RunFolder.config copy)
        copy

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

[<Collection("engine")>]
type EndToEndTests(study: StudyRun) =
    [<DllImport("libc")>]
    static extern int kill(int pid, int signal)

    let same expected actual =
        Assert.Equal<string[]>(Toolkit.metricLines expected, Toolkit.metricLines actual)
        Assert.Equal(Toolkit.finalMetrics expected, Toolkit.finalMetrics actual)

    interface IClassFixture<StudyRun>

    [<Fact>]
    member _.``a script trains every arm and writes tables, figures and run folders``() =
        Assert.True(study.First.Code = 0, study.First.Output + study.First.Errors)

        for file in [ "table.md"; "table.csv"; "table.tex"; "figure.html" ] do
            Assert.True(File.Exists(Path.Combine(study.Out, file)), file)

        Assert.Contains("| InfoNCE |", File.ReadAllText(Path.Combine(study.Out, "table.md")))

        for arm in [ "InfoNCE"; "PSD" ] do
            let folder = study.Run arm

            for file in
                [
                    RunFolder.config folder
                    RunFolder.environment folder
                    RunFolder.state folder
                ] do
                Assert.True(File.Exists file, file)

            let steps = MetricsLog.read folder |> List.map _.Step
            Assert.Equal<int64 list>(1L :: [ 10L..10L..300L ], steps)

            let final = FinalMetrics.tryRead folder |> Option.get
            Assert.Equal(300L, final.Steps)

            for name in
                [
                    "train.loss"
                    "val.retrieval.r10"
                    "test.retrieval.i2t.r1"
                    "test.retrieval.t2i.median_rank"
                    "test.zeroshot.mean_per_class"
                ] do
                Assert.True(final.Metrics.ContainsKey name, name)

    [<Fact>]
    member _.``training learns: the loss falls well below that of guessing``() =
        let losses =
            MetricsLog.read (study.Run "InfoNCE") |> List.map _.Values["train.loss"]

        Assert.InRange(List.head losses, 2.0, 6.0)
        Assert.True(List.last losses < 0.8 * log 16.0, $"the last loss is {List.last losses}")

    [<Fact>]
    member _.``a second start trains nothing``() =
        let before = File.GetLastWriteTimeUtc(RunFolder.final (study.Run "PSD"))
        let again = Toolkit.script study.Scratch.Folder study.Body [ "--out"; study.Out ]
        Assert.Equal(0, again.Code)
        Assert.Equal(before, File.GetLastWriteTimeUtc(RunFolder.final (study.Run "PSD")))

    [<Fact>]
    member _.``a run that is killed and started again ends as if nothing had happened``() =
        let folder = study.Copy "PSD"

        let killed =
            Toolkit.worker folder (fun child step ->
                if step >= 60L && not child.HasExited then
                    child.Kill())

        Assert.Equal(137, killed.Code)
        Assert.False(File.Exists(RunFolder.final folder))
        let resumed = Toolkit.worker folder (fun _ _ -> ())
        Assert.True(resumed.Code = 0, resumed.Errors)
        same (study.Run "PSD") folder

    [<Fact>]
    member _.``a run that is asked to stop writes a checkpoint and goes on from there``() =
        let folder = study.Copy "InfoNCE"
        let mutable asked = 0L

        let stopped =
            Toolkit.worker folder (fun child step ->
                if step >= 60L && asked = 0L then
                    asked <- step
                    kill (child.Id, 15) |> ignore)

        Assert.Equal(75, stopped.Code)
        Assert.Equal(RunStatus.Interrupted, (RunState.read folder).Status)
        let mutable first = 0L

        let resumed =
            Toolkit.worker folder (fun _ step ->
                if first = 0L then
                    first <- step)

        Assert.Equal(0, resumed.Code)
        Assert.True(first > asked, $"asked to stop at {asked}, went on at {first}")
        same (study.Run "InfoNCE") folder

    [<Fact>]
    member _.``a dry run plans and trains nothing``() =
        let out = study.Scratch.File "dry"

        let ended =
            Toolkit.script study.Scratch.Folder study.Body [ "--dry-run"; "--seeds"; "3"; "--out"; out ]

        Assert.Equal(0, ended.Code)
        Assert.Contains("study: 2 arms x 3 seeds", ended.Output)
        Assert.Contains("6 runs on", ended.Output)
        Assert.False(Directory.Exists out)
