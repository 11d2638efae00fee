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
    Assert.Equal(None, MetricsLog.truncate scratch.Folder 30L)
    Assert.Equal<string>(before, File.ReadAllLines(RunFolder.metrics scratch.Folder))
    MetricsLog.append scratch.Folder 40L [ "train.loss", 0.5 ]
    Assert.Equal<int64 list>([ 10L; 20L; 30L; 40L ], MetricsLog.read scratch.Folder |> List.map _.Step)

let private logged (folder: string) =
    for step in 10L..10L..50L do
        MetricsLog.append folder step [ "train.loss", 1.0 / float step ]

let private steps (folder: string) =
    MetricsLog.read folder |> List.map _.Step

[<Theory>]
[<InlineData("{\"step\":30,\"train.lo", "between the steps 20 and 40")>]
[<InlineData("\000\000\000\000\000\000", "between the steps 20 and 40")>]
[<InlineData("{\"step\":\"x\",\"train.loss\":0.1}", "between the steps 20 and 40")>]
[<InlineData("{\"step\":930,\"train.loss\":0.1}", "between the steps 20 and 40")>]
[<InlineData("{\"step\":3,\"train.loss\":0.1}", "between the steps 20 and 40")>]
[<InlineData("[1,2]", "between the steps 20 and 40")>]
let ``a damaged line of the log is passed over, and the curve says where its hole is`` (damaged: string, hole: string) =
    use scratch = new Scratch()
    logged scratch.Folder
    let path = RunFolder.metrics scratch.Folder
    let lines = File.ReadAllLines path
    lines[2] <- damaged
    File.WriteAllText(path, String.Join('\n', lines) + "\n")
    Assert.Equal<int64 list>([ 10L; 20L; 40L; 50L ], steps scratch.Folder)

    let damage = snd (MetricsLog.readWithDamage scratch.Folder)
    Assert.Contains("metrics.jsonl: line 3 ", damage.Value)
    Assert.EndsWith(hole, damage.Value)
    Assert.Equal(damage, MetricsLog.truncate scratch.Folder 40L)
    Assert.Equal<int64 list>([ 10L; 20L; 40L ], steps scratch.Folder)
    Assert.Equal(None, snd (MetricsLog.readWithDamage scratch.Folder))

[<Fact>]
let ``NULs that a power cut left at the end of the log cost no line`` () =
    use scratch = new Scratch()
    logged scratch.Folder
    let path = RunFolder.metrics scratch.Folder
    File.AppendAllText(path, String('\000', 300))
    Assert.Equal<int64 list>([ 10L..10L..50L ], steps scratch.Folder)
    Assert.Equal(None, MetricsLog.truncate scratch.Folder 40L)
    MetricsLog.append scratch.Folder 50L [ "train.loss", 0.02 ]
    Assert.Equal<int64 list>([ 10L..10L..50L ], steps scratch.Folder)
    // A line that was appended behind them is one.
    File.AppendAllText(path, String('\000', 300))
    MetricsLog.append scratch.Folder 60L [ "train.loss", 0.01 ]
    Assert.Equal<int64 list>([ 10L..10L..60L ], steps scratch.Folder)
    Assert.Equal(Some 60L, MetricsLog.tryLast scratch.Folder |> Option.map _.Step)

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
let ``a run's key and experiment read back, and a sweep's plan with its axes in order`` () =
    use scratch = new Scratch()
    let key = { Seed = 7; Hash = "0123456789abcdef" }
    RunConfig.write scratch.Folder key (JsonNode.Parse """{"steps":600}""" |> Unchecked.nonNull)
    let again, experiment = RunConfig.read scratch.Folder
    Assert.Equal(key, again)
    Assert.Equal("""{"steps":600}""", experiment.ToJsonString())

    let identity: RunIdentity = {
        Arm = "α → 0.8 \"quoted\" </x>"
        Axes = [ ("soft fraction", "linear 0 → 0.8"); ("β", "0.25"); ("a", "") ]
        Seed = 7
        Hash = key.Hash
    }

    SweepFolder.writePlan (scratch.File "sweep") [ identity ]
    Assert.Equal<RunIdentity list>([ identity ], SweepFolder.readPlan (scratch.File "sweep"))

[<Fact>]
let ``a damaged config.json is written anew, and the folder stays the run's`` () =
    use scratch = new Scratch()

    let folder =
        RunFolders.finished (scratch.File "sweep") "InfoNCE" 1 "aaaaaaaa11" [ "m", 1.0 ]

    let whole = File.ReadAllText(RunFolder.config folder)
    File.WriteAllText(RunFolder.config folder, whole.Substring(0, 20))
    Assert.True(RunStore.isFinished folder "aaaaaaaa11" [ "m" ])
    Assert.False(RunStore.isFinished folder "aaaaaaaa22" [ "m" ])
    let key = { Seed = 1; Hash = "aaaaaaaa11" }
    let damage = RunConfig.ensure folder key (JsonObject())
    Assert.Contains("rewritten", damage.Value)
    Assert.Equal(whole, File.ReadAllText(RunFolder.config folder))
    Assert.Equal(None, RunConfig.ensure folder key (JsonObject()))

[<Fact>]
let ``a damaged environment.json costs what it said`` () =
    use scratch = new Scratch()
    RunEnvironment.write scratch.Folder (Map [ "engine", "libtorch"; "version", "2.10.0"; "run device", "cpu" ]) 1
    let origin, damage = RunEnvironment.read scratch.Folder
    Assert.Equal(Some "libtorch 2.10.0", origin.Engine)
    Assert.Equal(Some "cpu", origin.Device)
    Assert.True(origin.Machine.IsSome)
    Assert.Equal(None, damage)
    RunEnvironment.addEvaluation scratch.Folder (Map [ "engine", "other"; "version", "3" ])
    Assert.Equal(origin, fst (RunEnvironment.read scratch.Folder))
    File.WriteAllText(RunFolder.environment scratch.Folder, "{\"engine\":")
    let origin, damage = RunEnvironment.read scratch.Folder
    Assert.Equal(RunOrigin.unknown, origin)
    Assert.Contains("environment.json", damage.Value)

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
let ``a sweep's runs are listed with what their folders hold`` () =
    use scratch = new Scratch()
    let sweep = scratch.File "sweep"

    let finished =
        RunFolders.finished sweep "InfoNCE" 1 "aaaaaaaa11" [ "test.retrieval.r10", 0.27 ]

    let started = RunFolders.planned sweep "PSD" 2 "bbbbbbbb"
    MetricsLog.append started 40L [ "train.loss", 1.0 ]

    RunFolders.planned (scratch.File "other") "somebody else's" 2 "cccccccc"
    |> ignore

    match SweepFolder.list sweep with
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

    Assert.True(RunStore.isFinished finished "aaaaaaaa11" [ "test.retrieval.r10" ])
    Assert.False(RunStore.isFinished finished "aaaaaaaa22" [])
    Assert.False(RunStore.isFinished finished "aaaaaaaa11" [ "test.retrieval.chance.r10" ])
    Assert.Equal<string list>([ "b" ], RunStore.lacking finished [ "test.retrieval.r10"; "b" ])
    Assert.False(RunStore.isFinished started "bbbbbbbb" [])
    Assert.Empty(SweepFolder.list (scratch.File "nowhere"))

[<Fact>]
let ``done without final metrics does not count as done`` () =
    use scratch = new Scratch()
    let sweep = scratch.File "sweep"
    let folder = RunFolders.planned sweep "InfoNCE" 1 "aaaaaaaa"

    RunState.write folder {
        RunState.planned with
            Status = RunStatus.Done
    }

    Assert.Equal(RunStatus.Interrupted, (RunFolders.read sweep "aaaaaaaa").State)

[<Fact>]
let ``the pool stands beside the sweep's folder`` () =
    Assert.Equal("/data/.runs/0123456789abcdef", RunFolder.path "/data/mine" "0123456789ABCDEF0123")
    Assert.Equal("/data/.runs/0123456789abcdef", RunFolder.path "/data/mine/" "0123456789abcdef")
    Assert.Equal(RunFolder.poolOf "/results", RunFolder.pool "/results/sweep")

    Assert.Contains("--out /", Assert.Throws<ArgumentException>(fun () -> RunFolder.pool "/" |> ignore).Message)
