/// Runs that others hold, workers that hang, crash on and on, or are stopped with the rest.
module Research.Tests.LocalSharingTests

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
let ``a run that another process has is waited for behind the others, and taken over when that dies`` () =
    use sweep = new ScriptedSweep("finish \"$1\"")
    let runs = sweep.Runs 2
    let lease = RunLease.Acquire runs[0].Folder
    let running = Task.Run(fun () -> Local.run sweep.Options runs)
    Assert.True(SpinWait.SpinUntil((fun () -> RunStore.isFinished runs[1].Folder runs[1].Hash []), 10_000))
    Assert.False(running.Wait 1_000)
    Assert.Equal(RunStatus.Running, (RunState.read runs[0].Folder).Status)
    (lease :> IDisposable).Dispose()
    Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Done; LaunchOutcome.Done ], running.Result |> List.map _.Outcome)
    Assert.Contains($"run by process {Environment.ProcessId} on ", sweep.Output.ToString())

[<Fact>]
let ``a run that another process finishes is not run again`` () =
    use sweep = new ScriptedSweep("echo x >> \"$1/tries\"; finish \"$1\"")
    let run = (sweep.Runs 1).Head
    let lease = RunLease.Acquire run.Folder
    let running = Task.Run(fun () -> Local.run sweep.Options [ run ])
    Assert.False(running.Wait 500)

    FinalMetrics.write run.Folder {
        Metrics = Map.empty
        Steps = 10L
        Seconds = 1.0
    }

    lease.Finish RunStatus.Done
    (lease :> IDisposable).Dispose()
    Assert.Equal(LaunchOutcome.Skipped, running.Result.Head.Outcome)
    Assert.False(File.Exists(Path.Combine(run.Folder, "tries")))

[<Fact>]
let ``two launchers on one sweep make each run once`` () =
    // The shell holds the lock as a worker does, and says by exit 76 that it came too late.
    use sweep =
        new ScriptedSweep(
            """
        exec 9> "$1/.lease"
        flock -n 9 || exit 76
        [ -e "$1/final.json" ] && exit 76
        echo x >> "$1/tries"
        sleep 0.2
        finish "$1"
        printf '{"status":"done"}' > "$1/state.json" """
        )

    let runs = sweep.Runs 6

    let launch () =
        Task.Run(fun () ->
            Local.run
                {
                    sweep.Options with
                        Jobs = 2
                        Output = new StringWriter()
                }
                runs)

    let both = Task.WhenAll [ launch (); launch () ]

    for results in both.Result do
        for result in results do
            Assert.True(
                (result.Outcome = LaunchOutcome.Done || result.Outcome = LaunchOutcome.Skipped),
                $"{result.Run.Seed}: {result.Outcome}"
            )

    for run in runs do
        Assert.Equal("x\n", File.ReadAllText(Path.Combine(run.Folder, "tries")))

[<Fact>]
let ``a worker that hangs is killed and started again`` () =
    use sweep =
        new ScriptedSweep(
            """
        echo x >> "$1/tries"
        if [ "$(wc -l < "$1/tries")" -lt 2 ]; then sleep 1000; fi
        finish "$1" """
        )

    let options = {
        sweep.Options with
            Hang = {
                Idle = TimeSpan.FromSeconds 1.0
                Silent = TimeSpan.FromHours 1.0
            }
    }

    let result = (Local.run options (sweep.Runs 1)).Head
    Assert.Equal(LaunchOutcome.Done, result.Outcome)
    Assert.Equal(2, result.Attempts)
    Assert.Contains("killed as hung: it neither reported nor used a processor for 1 s", log result.Run)

[<Fact>]
let ``a worker that works without a word is given longer, and one that reports as long as it needs`` () =
    use sweep =
        new ScriptedSweep(
            """
        case "$1" in
        *1) while :; do :; done;;
        *) for i in 1 2 3 4 5 6 7 8; do sleep 0.5; echo "{\"event\":\"step\",\"step\":$i,\"of\":8}"; done; finish "$1";;
        esac"""
        )

    let options = {
        sweep.Options with
            Jobs = 2
            Retries = 0
            Hang = {
                Idle = TimeSpan.FromSeconds 1.5
                Silent = TimeSpan.FromSeconds 3.0
            }
    }

    match Local.run options (sweep.Runs 2) |> List.map _.Outcome with
    | [ LaunchOutcome.Failed(137, error); LaunchOutcome.Done ] ->
        Assert.Contains("the worker hung (it reported nothing for 3 s)", error)
    | other -> failwith $"{other}"

[<Fact>]
let ``crashes count from the last checkpoint`` () =
    // Six crashes, but a new checkpoint each time.
    use sweep =
        new ScriptedSweep(
            """
        echo x >> "$1/tries"
        n=$(wc -l < "$1/tries")
        mkdir -p "$1/checkpoint/step-00000000$n"
        if [ "$n" -lt 7 ]; then kill -9 $$; fi
        finish "$1" """
        )

    let result = (Local.run sweep.Options (sweep.Runs 1)).Head
    Assert.Equal(LaunchOutcome.Done, result.Outcome)
    Assert.Equal(7, result.Attempts)

[<Fact>]
let ``fail-fast stops the others in order, and they go on later`` () =
    use sweep =
        new ScriptedSweep(
            """
        case "$1" in
        *1) sleep 0.5; echo 'no such preset' >&2; exit 1;;
        *2) trap 'touch "$1/checkpointed"; exit 75' TERM; while true; do sleep 0.05; done;;
        esac
        touch "$1/started" """
        )

    let options = {
        sweep.Options with
            Jobs = 2
            FailFast = true
    }

    let runs = sweep.Runs 3

    Assert.Equal<LaunchOutcome list>(
        [
            LaunchOutcome.Failed(1, "no such preset")
            LaunchOutcome.Stopped
            LaunchOutcome.Stopped
        ],
        Local.run options runs |> List.map _.Outcome
    )

    Assert.True(File.Exists(Path.Combine(runs[1].Folder, "checkpointed")))
    Assert.False(File.Exists(Path.Combine(runs[2].Folder, "started")))
    Assert.Contains("arm, seed 1 failed: waiting for the workers' checkpoints", sweep.Output.ToString())
