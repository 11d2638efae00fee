module Research.Tests.PoolTests

open System
open System.IO
open Research
open Research.Runs
open Xunit
open Research.Language

/// A results folder with the sweeps "one" and "two", which share a run.
type private Results() =
    let scratch = new Scratch()
    let sweep name = scratch.File name

    do
        for seed in [ 1; 2 ] do
            RunFolders.finished (sweep "one") "InfoNCE" seed $"aaaaaaa{seed}" [ "m", 0.1 * float seed ]
            |> ignore

            RunFolders.finished (sweep "one") "PSD" seed $"bbbbbbb{seed}" [ "m", 0.2 * float seed ]
            |> ignore

        let shared = RunFolders.identity "baseline" 1 "aaaaaaa1"
        SweepFolder.writePlan (sweep "two") [ shared ]

    member _.Folder = scratch.Folder
    member _.Sweep name = sweep name

    /// Names of the pool's folders.
    member _.Pool = RunPool.folders scratch.Folder |> List.map (Path.GetFileName >> string)

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

let private unnamed (results: Results) =
    RunPool.unnamed results.Folder
    |> List.map (fun run -> string (Path.GetFileName run.Folder))
    |> List.sort

[<Fact>]
let ``two sweeps, and two arms of one, name one run by names of their own`` () =
    use results = new Results()
    let one, two = results.Sweep "one", results.Sweep "two"
    let ours = SweepFolder.list one |> List.find (fun run -> run.Hash = "aaaaaaa1")
    let theirs = SweepFolder.list two |> List.exactlyOne
    Assert.Equal(ours.Folder, theirs.Folder)
    Assert.Equal("InfoNCE", ours.Arm)
    Assert.Equal("baseline", theirs.Arm)

    let twins = [ RunFolders.identity "a" 1 "aaaaaaa1"; RunFolders.identity "b" 1 "aaaaaaa1" ]

    let records, _ = SweepFolder.records two false twins
    Assert.Equal<string list>([ "a"; "b" ], records |> List.map _.Arm)
    SweepFolder.write two records |> ignore
    let rows, faults = RunRow.read (SweepFolder.rows two)
    Assert.Empty faults
    Assert.Equal<string list>([ "a"; "b" ], rows |> List.map _.Arm)

[<Fact>]
let ``a sweep's folder that is moved or deleted leaves its runs in the pool, where no sweep names them any more`` () =
    use results = new Results()
    Assert.Empty(unnamed results)
    let before = results.Pool
    Directory.Move(results.Sweep "one", results.Sweep "renamed")
    Assert.Empty(unnamed results)
    Assert.Equal(4, (SweepFolder.list (results.Sweep "renamed")).Length)
    Directory.Delete(results.Sweep "renamed", true)
    Assert.Equal<string list>(before, results.Pool)
    // "two" still names one of them.
    Assert.Equal<string list>([ "aaaaaaa2"; "bbbbbbb1"; "bbbbbbb2" ], unnamed results)
    let found = RunPool.unnamed results.Folder
    Assert.All(found, fun run -> Assert.True(run.Bytes > 100L && run.Age < TimeSpan.FromHours 1.0))
    Assert.Equal(3, (RunPool.remove results.Folder found).Length)
    Assert.Equal<string list>([ "aaaaaaa1" ], results.Pool)
    Assert.Empty(unnamed results)

[<Fact>]
let ``what a sweep names by its rows alone, or by a plan without results, stays`` () =
    use results = new Results()
    let one = results.Sweep "one"
    SweepFolder.write one (SweepFolder.list one) |> ignore
    File.Delete(SweepFolder.plan one)
    Assert.Empty(unnamed results)
    File.Delete(SweepFolder.rows one)
    Assert.Equal(3, (unnamed results).Length)
    // A sweep that starts writes its plan first.
    SweepFolder.writePlan (results.Sweep "three") [ RunFolders.identity "x" 2 "bbbbbbb2" ]
    Assert.Equal<string list>([ "aaaaaaa2"; "bbbbbbb1" ], unnamed results)

[<Fact>]
let ``a run that is under way, that is named meanwhile, or that teaches a named run is not deleted`` () =
    use results = new Results()
    Directory.Delete(results.Sweep "one", true)

    let path hash =
        RunFolder.path (results.Sweep "two") hash

    use _ = RunLease.Acquire(path "bbbbbbb2")
    let found = RunPool.unnamed results.Folder
    Assert.Equal(2, found.Length)
    SweepFolder.writePlan (results.Sweep "three") [ RunFolders.identity "x" 1 "bbbbbbb1" ]
    Assert.Equal<string list>([ path "aaaaaaa2" ], RunPool.remove results.Folder found |> List.map _.Folder)

    let teacher = RunFolders.planned (results.Sweep "gone") "teacher" 1 "cccccccc"
    Directory.Delete(results.Sweep "gone", true)
    Assert.Contains("cccccccc", unnamed results)

    RunConfig.write
        (path "aaaaaaa1")
        { Seed = 1; Hash = "aaaaaaa1" }
        (Json.object [ "weights", Some(Json.text teacher) ])

    Assert.DoesNotContain("cccccccc", unnamed results)

[<Fact>]
let ``where a plan is damaged, nothing counts as unnamed`` () =
    use results = new Results()
    File.WriteAllText(SweepFolder.plan (results.Sweep "one"), "{")

    let error =
        Assert.Throws<InvalidDataException>(fun () -> RunPool.unnamed results.Folder |> ignore)

    Assert.Contains("plan.json", error.Message)

[<Fact>]
let ``rows read back, and a bad line is named and passed over`` () =
    use results = new Results()
    let one = results.Sweep "one"
    let folder = RunFolder.path one "bbbbbbb2"

    RunEnvironment.write
        folder
        (Map [
            "engine", "libtorch"
            "version", "2.10.0"
            "run device", "cpu"
            "run precision", "fp32"
        ])
        2

    RunConfig.write
        folder
        { Seed = 2; Hash = "bbbbbbb2" }
        (Experiment.encode (experiment { corpus (emoji |> pixels 48) }))

    FinalMetrics.write folder {
        Metrics = Map [ "m", 1.0 / 3.0; "broken", nan ]
        Steps = 10L
        Seconds = 2.5
    }

    let paths, damage = SweepFolder.write one (SweepFolder.list one)
    Assert.Empty damage
    Assert.Equal<string list>([ "runs.jsonl"; "curves.csv" ], paths |> List.map (Path.GetFileName >> string))
    let rows, _ = RunRow.read (SweepFolder.rows one)
    Assert.Equal<string list>([ "InfoNCE"; "PSD"; "InfoNCE"; "PSD" ], rows |> List.map _.Arm)
    let row = List.last rows
    Assert.Equal(1.0 / 3.0, row.Metrics["m"])
    Assert.True(Double.IsNaN row.Metrics["broken"])
    Assert.Equal(Some "libtorch 2.10.0", row.Origin.Engine)
    Assert.Equal("emoji", row.Corpus)
    Assert.Equal(Experiment.schema, row.Schema)
    Assert.Equal<(string * string) list>([ "objective", "PSD" ], row.Axes)
    Assert.Equal(RunRow.line row, RunRow.line (fst (RunRow.read (SweepFolder.rows one)) |> List.last))

    let lines = File.ReadAllLines(SweepFolder.rows one)
    lines[1] <- lines[1].Substring(0, 40)
    lines[2] <- lines[2].Replace("\"hash\":\"aaaaaaa2\"", "\"hash\":\"../../x\"")
    File.WriteAllText(SweepFolder.rows one, String.Join('\n', lines) + "\n\000\000\000")
    let rows, faults = RunRow.read (SweepFolder.rows one)
    Assert.Equal<string list>([ "aaaaaaa1"; "bbbbbbb2" ], rows |> List.map _.Hash)

    match faults with
    | [ torn; wrong ] ->
        Assert.Contains("runs.jsonl, line 2: ", torn)
        Assert.Contains("runs.jsonl, line 3: ", wrong)
        Assert.Contains("../../x", wrong)
    | other -> failwith $"%A{other}"

[<Fact>]
let ``a published row stands for a run that the pool lacks, with its curve`` () =
    use results = new Results()
    let one = results.Sweep "one"
    let wanted = SweepFolder.readPlan one

    for run in wanted do
        for step in 1L .. 500L do
            MetricsLog.append (RunFolder.path one run.Hash) step [ "train.loss", 1.0 / float step ]

            if step % 250L = 0L then
                MetricsLog.append (RunFolder.path one run.Hash) step [ "val.m", 0.5 ]

    let before, _ = SweepFolder.records one false wanted
    SweepFolder.write one before |> ignore

    let rows, curves =
        File.ReadAllText(SweepFolder.rows one), File.ReadAllText(SweepFolder.curves one)

    Directory.Delete(RunFolder.pool one, true)
    let after, notices = SweepFolder.records one false wanted
    Assert.Empty notices
    Assert.Equal<Map<string, float> list>(before |> List.map _.Metrics, after |> List.map _.Metrics)
    Assert.All(after, fun run -> Assert.Equal(Some one, run.Published))
    let curve = SweepFolder.curve after.Head
    Assert.InRange(curve.Length, 190, 200)
    Assert.Equal(1L, curve.Head.Step)
    Assert.Equal(500L, (List.last curve).Step)

    Assert.Equal<int64 list>(
        [ 250L; 500L ],
        curve
        |> List.filter (fun point -> point.Values.ContainsKey "val.m")
        |> List.map _.Step
    )

    for point in curve do
        Assert.Equal(1.0 / float point.Step, point.Values["train.loss"], 5)

    // Nothing is lost by writing what was read.
    Assert.Empty(fst (SweepFolder.write one after))
    let again = RunFolders.finished one "InfoNCE" 1 "aaaaaaa1" [ "m", 0.1 ]
    let mixed, _ = SweepFolder.records one false wanted
    Assert.Equal(again, mixed.Head.Folder)
    Assert.Equal(None, mixed.Head.Published)
    SweepFolder.write one mixed |> ignore
    let lines (text: string) = text.Split '\n' |> Array.skip 1
    Assert.Equal<string[]>(lines rows, lines (File.ReadAllText(SweepFolder.rows one)))
    Assert.EndsWith(curves.Substring(curves.IndexOf "\nPSD,1,"), File.ReadAllText(SweepFolder.curves one))

[<Fact>]
let ``rows of another experiment are shown only to redraw a page whose runs are not here, and that is said`` () =
    use results = new Results()
    let one = results.Sweep "one"
    SweepFolder.write one (SweepFolder.list one) |> ignore

    let changed =
        SweepFolder.readPlan one
        |> List.map (fun run -> {
            run with
                Hash = run.Hash.Replace('a', 'e').Replace('b', 'f')
        })

    Directory.Delete(RunFolder.pool one, true)
    Assert.Empty(fst (SweepFolder.records one false changed))
    let redrawn, notices = SweepFolder.records one true changed
    Assert.Equal(4, redrawn.Length)
    Assert.Contains("4 rows of runs.jsonl", Assert.Single notices)
    Assert.Equal("aaaaaaa1", redrawn.Head.Hash)
    // With a run of the plan itself, old ones are none of its results.
    RunFolders.finished one "InfoNCE" 1 changed.Head.Hash [ "m", 0.7 ] |> ignore
    let mixed, notices = SweepFolder.records one true changed
    Assert.Equal(0.7, (Assert.Single mixed).Metrics["m"])
    Assert.Empty notices

[<Fact>]
let ``a failed run is a row with its reason`` () =
    use results = new Results()
    let one = results.Sweep "one"

    RunState.write (RunFolder.path one "bbbbbbb2") {
        RunState.planned with
            Status = RunStatus.Failed
            Error = Some "Step 3: the loss is NaN"
    }

    SweepFolder.write one (SweepFolder.list one) |> ignore
    Directory.Delete(RunFolder.pool one, true)
    let record = SweepFolder.list one |> List.last
    Assert.Equal(RunStatus.Failed, record.State)
    Assert.Equal(Some "Step 3: the loss is NaN", record.Error)
    Assert.Empty record.Metrics

/// What `./research runs` prints, and its exit code.
let private command (arguments: string list) =
    let before = Console.Out
    use output = new StringWriter()

    try
        Console.SetOut output
        let code = RunsCommand.run arguments
        code, output.ToString()
    finally
        Console.SetOut before

[<Fact>]
let ``the command shows what no sweep names, and deletes it only when it is told to`` () =
    use results = new Results()

    let prune more =
        command ([ "--prune"; "--in"; results.Folder ] @ more)

    let code, nothing = prune []
    Assert.Equal(0, code)
    Assert.StartsWith("a sweep names every run of ", nothing)
    Directory.Delete(results.Sweep "one", true)
    let code, shown = prune []
    Assert.Equal(0, code)
    Assert.Equal(3 + 1, shown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length)
    Assert.Contains("bbbbbbb1", shown)
    Assert.Contains("--prune --yes deletes them", shown)
    Assert.Equal(4, results.Pool.Length)
    let _, deleted = prune [ "--yes" ]
    Assert.StartsWith("deleted 3 runs", deleted)
    Assert.Equal<string list>([ "aaaaaaa1" ], results.Pool)
    Assert.Equal(2, fst (command [ "--yes" ]))
    Assert.Equal(2, fst (command [ "--prune"; "--json" ]))
