module Research.Tests.RunFileTests

open System
open System.IO
open System.Text.Json.Nodes
open FsCheck
open FsCheck.FSharp
open Research
open Research.Language
open Research.Runs
open Xunit

[<Fact>]
let ``an atomic write replaces the file and leaves nothing else behind`` () =
    use scratch = new Scratch()
    AtomicFile.write (scratch.File "a.txt") "old"
    AtomicFile.write (scratch.File "a.txt") "new"
    Assert.Equal("new", File.ReadAllText(scratch.File "a.txt"))
    Assert.Single(Directory.GetFiles scratch.Folder) |> ignore

[<Fact>]
let ``every state reads back as it was written`` () =
    use scratch = new Scratch()

    for status in
        [
            RunStatus.Planned
            RunStatus.Running
            RunStatus.Interrupted
            RunStatus.Done
            RunStatus.Failed
        ] do
        let state = {
            RunState.planned with
                Status = status
                Attempts = 3
                Error = Some "loss is NaN at step 7: \"x\""
                Owner = Some(ProcessIdentity.current ())
        }

        RunState.write scratch.Folder state
        let again = RunState.read scratch.Folder
        Assert.Equal({ state with Changed = again.Changed }, again)
        Assert.True((DateTime.UtcNow - again.Changed).TotalMinutes < 1.0)

[<Fact>]
let ``a folder without a state is planned`` () =
    use scratch = new Scratch()
    Assert.Equal(RunState.planned, RunState.read scratch.Folder)

[<Fact>]
let ``a damaged state names the file and the allowed words`` () =
    use scratch = new Scratch()
    File.WriteAllText(RunFolder.state scratch.Folder, """{"status":"finished"}""")

    let error =
        Assert.Throws<InvalidDataException>(fun () -> RunState.read scratch.Folder |> ignore)

    Assert.Contains(RunFolder.state scratch.Folder, error.Message)
    Assert.Contains("finished", error.Message)
    Assert.Contains("interrupted", error.Message)

[<Fact>]
let ``metrics read back, numbers that are not finite too`` () =
    use scratch = new Scratch()
    MetricsLog.append scratch.Folder 10L [ "train.loss", 0.1; "lr", 1e-300 ]
    MetricsLog.append scratch.Folder 20L [ "train.loss", nan; "up", infinity; "down", -infinity ]

    match MetricsLog.read scratch.Folder with
    | [ first; second ] ->
        Assert.Equal(10L, first.Step)
        Assert.Equal(0.1, first.Values["train.loss"])
        Assert.Equal(1e-300, first.Values["lr"])
        Assert.True(Double.IsNaN second.Values["train.loss"])
        Assert.Equal(infinity, second.Values["up"])
        Assert.Equal(-infinity, second.Values["down"])
    | other -> failwith $"{other}"

[<Fact>]
let ``a resume drops what was logged after the checkpoint and a torn last line`` () =
    use scratch = new Scratch()

    for step in 10L..10L..50L do
        MetricsLog.append scratch.Folder step [ "train.loss", 1.0 / float step ]

    let before = File.ReadAllLines(RunFolder.metrics scratch.Folder) |> Array.truncate 3
    File.AppendAllText(RunFolder.metrics scratch.Folder, """{"step":60,"tra""")
    MetricsLog.truncate scratch.Folder 30L
    Assert.Equal<string>(before, File.ReadAllLines(RunFolder.metrics scratch.Folder))
    MetricsLog.append scratch.Folder 40L [ "train.loss", 0.5 ]
    Assert.Equal<int64 list>([ 10L; 20L; 30L; 40L ], MetricsLog.read scratch.Folder |> List.map _.Step)

[<Fact>]
let ``a damaged metrics line is named by file and number`` () =
    use scratch = new Scratch()
    File.WriteAllText(RunFolder.metrics scratch.Folder, "{\"step\":1}\n{\"step\":}\n")

    let error =
        Assert.Throws<InvalidDataException>(fun () -> MetricsLog.read scratch.Folder |> ignore)

    Assert.Contains("metrics.jsonl, line 2", error.Message)

[<Fact>]
let ``final metrics read back bit for bit`` () =
    use scratch = new Scratch()

    Check.QuickThrowOnFailure(fun (value: NormalFloat, steps: PositiveInt) ->
        let final = {
            Metrics = Map [ "test.retrieval.r10", value.Get; "a \"b\"\\", 1.0 / 3.0 ]
            Steps = int64 steps.Get
            Seconds = 12.25
        }

        FinalMetrics.write scratch.Folder final
        FinalMetrics.tryRead scratch.Folder = Some final)

[<Fact>]
let ``a run's identity reads back with its axes in order`` () =
    use scratch = new Scratch()

    let identity = {
        Arm = "α → 0.8 \"quoted\" </x>"
        Axes = [ ("soft fraction", "linear 0 → 0.8"); ("β", "0.25"); ("a", "") ]
        Seed = 7
        Hash = "0123456789abcdef"
    }

    RunConfig.write scratch.Folder identity (JsonNode.Parse """{"steps":600}""" |> Unchecked.nonNull)
    let again, experiment = RunConfig.read scratch.Folder
    Assert.Equal(identity, again)
    Assert.Equal("""{"steps":600}""", experiment.ToJsonString())

[<Fact>]
let ``a folder without config.json is no run folder`` () =
    use scratch = new Scratch()

    let error =
        Assert.Throws<FileNotFoundException>(fun () -> RunConfig.read scratch.Folder |> ignore)

    Assert.Contains(scratch.Folder, error.Message)

[<Fact>]
let ``an unwritable results folder is one line that names the folder and the remedy`` () =
    use scratch = new Scratch()
    File.WriteAllText(scratch.File "file", "")
    let folder = Path.Combine(scratch.File "file", "results")

    let error =
        Assert.Throws<UnauthorizedAccessException>(fun () -> RunFolder.ensureWritable folder)

    Assert.Contains(folder, error.Message)
    Assert.Contains("--out", error.Message)
    Assert.DoesNotContain("\n", error.Message)

[<Fact>]
let ``a writable results folder is made and left empty`` () =
    use scratch = new Scratch()
    RunFolder.ensureWritable (scratch.File "a/b")
    Assert.Empty(Directory.GetFileSystemEntries(scratch.File "a/b"))

[<Fact>]
let ``runs are listed with what their folders hold`` () =
    use scratch = new Scratch()

    let finished =
        RunFolders.finished scratch.Folder "InfoNCE" 1 "aaaaaaaa11" [ "test.retrieval.r10", 0.27 ]

    let started = RunFolders.planned scratch.Folder "PSD" 2 "bbbbbbbb"
    MetricsLog.append started 40L [ "train.loss", 1.0 ]

    Directory.CreateDirectory(Path.Combine(RunFolder.runs scratch.Folder, "stray"))
    |> ignore

    match RunStore.list scratch.Folder with
    | [ first; second ] ->
        Assert.Equal("InfoNCE", first.Arm)
        Assert.Equal(RunStatus.Done, first.State)
        Assert.Equal(0.27, first.Metrics["test.retrieval.r10"])
        Assert.Equal(10L, first.Steps)
        Assert.Equal(2.5, first.Seconds)
        Assert.Equal("aaaaaaaa11", first.Hash)
        Assert.Equal(RunStatus.Planned, second.State)
        Assert.Equal(40L, second.Steps)
        Assert.Empty second.Metrics
    | other -> failwith $"{other}"

    Assert.True(RunStore.isFinished finished "aaaaaaaa11")
    Assert.False(RunStore.isFinished finished "aaaaaaaa22")
    Assert.False(RunStore.isFinished started "bbbbbbbb")
    Assert.Empty(RunStore.list (scratch.File "nowhere"))

[<Fact>]
let ``done without final metrics does not count as done`` () =
    use scratch = new Scratch()
    let folder = RunFolders.planned scratch.Folder "InfoNCE" 1 "aaaaaaaa"

    RunState.write folder {
        RunState.planned with
            Status = RunStatus.Done
    }

    Assert.Equal(RunStatus.Interrupted, (RunStore.read folder).State)
