module Research.Tests.LocalTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open System.Threading.Tasks
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Xunit

let private log (run: PreparedRun) =
    File.ReadAllText(RunFolder.log run.Folder)

[<Fact>]
let ``a worker that finishes is done, and is not run again`` () =
    use sweep =
        new ScriptedSweep(
            """
        for i in 1 2 3 4 5 6 7 8 9 10; do echo "{\"event\":\"step\",\"step\":$i,\"of\":10,\"loss\":2.5,\"images_per_second\":99}"; done
        echo 'a stray line'
        finish "$1"
        echo '{"event":"done"}'"""
        )

    let runs = sweep.Runs 2
    let results = Local.run sweep.Options runs
    Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Done; LaunchOutcome.Done ], results |> List.map _.Outcome)
    Assert.All(results, fun result -> Assert.Equal(1, result.Attempts))
    Assert.Contains("a stray line", log runs.Head)
    Assert.DoesNotContain("\"event\"", log runs.Head)
    Assert.All(runs, fun run -> Assert.Equal(RunStatus.Done, (RunState.read run.Folder).Status))
    Assert.Contains("2 of 2 runs done", sweep.Output.ToString())
    let again = Local.run sweep.Options runs
    Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Skipped; LaunchOutcome.Skipped ], again |> List.map _.Outcome)
    Assert.All(again, fun result -> Assert.Equal(0, result.Attempts))

[<Fact>]
let ``a finished run of another configuration, or without a promised metric, is run`` () =
    use sweep = new ScriptedSweep("finish \"$1\"")
    let run = (sweep.Runs 1).Head
    Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ run ]).Head.Outcome)
    let changed = Local.run sweep.Options [ { run with Hash = "ffffffff" } ]
    Assert.Equal(LaunchOutcome.Done, changed.Head.Outcome)
    let kept = Local.run sweep.Options [ { run with Promised = [ "m" ] } ]
    Assert.Equal(LaunchOutcome.Skipped, kept.Head.Outcome)

    let more =
        Local.run sweep.Options [
            {
                run with
                    Promised = [ "m"; "test.new" ]
            }
        ]

    Assert.Equal(LaunchOutcome.Done, more.Head.Outcome)

[<Fact>]
let ``a crashed worker is started again`` () =
    use sweep =
        new ScriptedSweep(
            """
        echo x >> "$1/tries"
        if [ "$(wc -l < "$1/tries")" -lt 3 ]; then kill -9 $$; fi
        finish "$1" """
        )

    let result = (Local.run sweep.Options (sweep.Runs 1)).Head
    Assert.Equal(LaunchOutcome.Done, result.Outcome)
    Assert.Equal(3, result.Attempts)

[<Fact>]
let ``a worker that keeps crashing fails after two retries, with its cause and its log`` () =
    use sweep = new ScriptedSweep("echo 'last words' >&2; kill -9 $$")
    let runs = sweep.Runs 1
    let result = (Local.run sweep.Options runs).Head
    Assert.Equal(3, result.Attempts)

    match result.Outcome with
    | LaunchOutcome.Failed(137, error) ->
        Assert.Contains("signal 9", error)
        Assert.Contains("3 times without progress", error)
        Assert.Contains("last words", error)
    | other -> failwith $"{other}"

    Assert.Equal(RunStatus.Failed, (RunState.read runs.Head.Folder).Status)
    Assert.Contains("failed: arm, seed 1: ", sweep.Output.ToString())
    Assert.Contains($"log: {RunFolder.log runs.Head.Folder}", sweep.Output.ToString())

[<Theory>]
[<InlineData(1)>]
[<InlineData(2)>]
let ``a clean failure is final and does not stop the other runs`` (code: int) =
    use sweep =
        new ScriptedSweep(
            $"""
        case "$1" in *1) echo 'detail' >&2; echo 'unknown preset' >&2; exit {code};; esac
        finish "$1" """
        )

    let results = Local.run sweep.Options (sweep.Runs 3)
    Assert.Equal(LaunchOutcome.Failed(code, "unknown preset"), results.Head.Outcome)
    Assert.Equal(1, results.Head.Attempts)
    Assert.All(results.Tail, fun result -> Assert.Equal(LaunchOutcome.Done, result.Outcome))
    Assert.Equal("detail\nunknown preset\n", log results.Head.Run)
    Assert.Equal(Some "unknown preset", (RunState.read results.Head.Run.Folder).Error)

[<Fact>]
let ``an end without final metrics is a failure`` () =
    use sweep = new ScriptedSweep("exit 0")

    match (Local.run sweep.Options (sweep.Runs 1)).Head.Outcome with
    | LaunchOutcome.Failed(1, error) -> Assert.Contains("final.json", error)
    | other -> failwith $"{other}"

[<Fact>]
let ``a command that does not exist is one readable failure`` () =
    use sweep = new ScriptedSweep("")

    let options = {
        sweep.Options with
            Command = fun _ -> [ "/no/such/program" ]
    }

    match (Local.run options (sweep.Runs 1)).Head.Outcome with
    | LaunchOutcome.Failed(_, error) -> Assert.Contains("/no/such/program", error)
    | other -> failwith $"{other}"

[<Fact>]
let ``workers run side by side, as many as there are jobs`` () =
    // Each waits for the other to be there: only two at a time get through.
    let script sweepFolder =
        $"""
        touch "{sweepFolder}/here.$(basename "$1")"
        for i in $(seq 100); do
            [ "$(ls "{sweepFolder}" | grep -c '^here')" -ge 2 ] && break
            sleep 0.1
        done
        [ "$(ls "{sweepFolder}" | grep -c '^here')" -ge 2 ] || exit 1
        finish "$1" """

    use meeting = new Scratch()
    use sweep = new ScriptedSweep(script meeting.Folder)
    let results = Local.run { sweep.Options with Jobs = 2 } (sweep.Runs 2)
    Assert.All(results, fun result -> Assert.Equal(LaunchOutcome.Done, result.Outcome))

[<Fact>]
let ``no more workers run than there are jobs`` () =
    use room = new Scratch()

    use sweep =
        new ScriptedSweep(
            $"""
        mkdir "{room.Folder}/busy" || exit 1
        sleep 0.2
        rmdir "{room.Folder}/busy"
        finish "$1" """
        )

    let results = Local.run { sweep.Options with Jobs = 1 } (sweep.Runs 4)
    Assert.All(results, fun result -> Assert.Equal(LaunchOutcome.Done, result.Outcome))

[<Fact>]
let ``a worker gets its slot's variables and an open standard input`` () =
    use sweep =
        new ScriptedSweep(
            """
        exec 3<&0
        ( cat <&3 > /dev/null; touch "$1/eof" ) &
        sleep 0.5
        [ -e "$1/eof" ] && exit 1
        kill $!
        echo "$OMP_NUM_THREADS $SLOT $RESEARCH_PARENT_STDIN" > "$1/variables"
        finish "$1" """
        )

    let runs = sweep.Runs 1

    let options = {
        sweep.Options with
            Environment = fun slot -> ("SLOT", string slot) :: LocalOptions.standard.Environment slot
    }

    Assert.Equal(LaunchOutcome.Done, (Local.run options runs).Head.Outcome)
    Assert.Equal("1 0 1", File.ReadAllText(Path.Combine(runs.Head.Folder, "variables")).Trim())

[<Fact>]
let ``a stop lets workers write a checkpoint and starts no more`` () =
    use sweep =
        new ScriptedSweep(
            """
        trap 'touch "$1/checkpointed"; exit 75' TERM
        touch "$1/started"
        while true; do sleep 0.05; done"""
        )

    let runs = sweep.Runs 2
    use stop = new CancellationTokenSource()

    let running =
        Task.Run(fun () -> Local.run { sweep.Options with Stop = stop.Token } runs)

    Assert.True(SpinWait.SpinUntil((fun () -> File.Exists(Path.Combine(runs.Head.Folder, "started"))), 10_000))
    stop.Cancel()
    let results = running.Result
    Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Stopped; LaunchOutcome.Stopped ], results |> List.map _.Outcome)
    Assert.True(File.Exists(Path.Combine(runs[0].Folder, "checkpointed")))
    Assert.False(File.Exists(Path.Combine(runs[1].Folder, "started")))

[<Fact>]
let ``a worker that does not stop is killed after the grace`` () =
    use sweep =
        new ScriptedSweep(
            """
        trap '' TERM
        touch "$1/started"
        while true; do sleep 0.05; done"""
        )

    let runs = sweep.Runs 1
    use stop = new CancellationTokenSource()

    let options = {
        sweep.Options with
            Stop = stop.Token
            Grace = TimeSpan.FromSeconds 0.3
    }

    let running = Task.Run(fun () -> Local.run options runs)
    Assert.True(SpinWait.SpinUntil((fun () -> File.Exists(Path.Combine(runs.Head.Folder, "started"))), 10_000))
    let clock = Stopwatch.StartNew()
    stop.Cancel()
    Assert.Equal(LaunchOutcome.Stopped, running.Result.Head.Outcome)
    Assert.True(clock.Elapsed.TotalSeconds < 8.0)
    Assert.Contains("killed", log runs.Head)

[<Fact>]
let ``a slot's prefix stands before the command`` () =
    use sweep = new ScriptedSweep("echo $PREFIX > \"$1/prefix\"; finish \"$1\"")
    let run = (sweep.Runs 1).Head

    let options = {
        sweep.Options with
            Prefix = fun slot -> [ "/usr/bin/env"; $"PREFIX=slot {slot}" ]
    }

    Assert.Equal(LaunchOutcome.Done, (Local.run options [ run ]).Head.Outcome)
    Assert.Equal("slot 0", File.ReadAllText(Path.Combine(run.Folder, "prefix")).Trim())

[<Fact>]
let ``plain progress is about one line a tenth`` () =
    use sweep =
        new ScriptedSweep(
            """
        for i in $(seq 1 200); do echo "{\"event\":\"step\",\"step\":$i,\"of\":200,\"loss\":1,\"images_per_second\":9}"; sleep 0.01; done
        finish "$1" """
        )

    Local.run sweep.Options (sweep.Runs 1) |> ignore

    let lines =
        sweep.Output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)

    Assert.InRange(lines.Length, 4, 14)
    Assert.Contains(lines, fun line -> line.Contains "arm, seed 1: step" && line.Contains "loss 1.000")

[<Fact>]
let ``a torn state is run again, a folder that cannot be used fails by itself`` () =
    use sweep = new ScriptedSweep("finish \"$1\"")
    let runs = sweep.Runs 3
    File.WriteAllText(RunFolder.state runs[0].Folder, "{")
    Directory.CreateDirectory(RunFolder.log runs[1].Folder) |> ignore
    let results = Local.run sweep.Options runs
    Assert.Equal(LaunchOutcome.Done, results[0].Outcome)

    match results[1].Outcome with
    | LaunchOutcome.Failed(1, error) -> Assert.Contains("log.txt", error)
    | other -> failwith $"{other}"

    Assert.Equal(LaunchOutcome.Done, results[2].Outcome)

[<Fact>]
let ``damaged results do not count as finished`` () =
    use sweep = new ScriptedSweep("finish \"$1\"")

    for file in [ RunFolder.final; RunFolder.state ] do
        let run = (sweep.Runs 1).Head
        Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ run ]).Head.Outcome)
        let path = file run.Folder
        let whole = File.ReadAllText path
        File.WriteAllText(path, whole.Substring(0, whole.Length / 2))
        Assert.False(RunStore.isFinished run.Folder run.Hash [])
        Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ run ]).Head.Outcome)
        Directory.Delete(run.Folder, true)

[<Fact>]
let ``mistakes in the request are refused`` () =
    use sweep = new ScriptedSweep("")
    let runs = sweep.Runs 1

    let message options runs =
        Assert.Throws<ArgumentException>(fun () -> Local.run options runs |> ignore).Message

    Assert.Contains("--jobs is 0", message { sweep.Options with Jobs = 0 } runs)
    Assert.Contains("twice", message sweep.Options (runs @ runs))
