[<Xunit.Collection("engine")>]
module Research.Tests.KilledSweepTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open System.Threading.Tasks
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Research.Randomness
open Xunit

/// Kills workers of the sweep at random, so many times, and returns how many it found to kill.
let private killer (seed: uint64) (count: int) (runs: PreparedRun list) (running: Task) =
    let random = SeededRandom seed
    let mutable killed = 0

    while killed < count && not running.IsCompleted do
        Thread.Sleep(150 + random.NextInt 900)

        let owners = runs |> List.choose (fun run -> RunLease.Owner run.Folder)

        if not owners.IsEmpty then
            try
                use worker = Process.GetProcessById owners[random.NextInt owners.Length].Pid
                worker.Kill()
                killed <- killed + 1
            with :? ArgumentException ->
                () // it has just ended

    killed

let private states (runs: PreparedRun list) =
    runs |> List.map (fun run -> File.ReadAllText(RunFolder.state run.Folder))

/// 24 runs; two launchers of a worker each share the disturbed sweep, so that a run may go from one to the other.
[<Fact>]
let ``a sweep whose workers are killed ten times ends as if nothing had happened`` () =
    use sweep = new TinySweep(8, id)
    let calm = sweep.Folder "calm"
    let wild = sweep.Folder "wild"
    let undisturbed = Local.run sweep.Options (sweep.Runs calm)
    Assert.Equal(24, undisturbed.Length)
    Assert.All(undisturbed, fun result -> Assert.Equal(LaunchOutcome.Done, result.Outcome))

    let runs = sweep.Runs wild

    let options = {
        sweep.Options with
            Jobs = 1
            Retries = 10
    }

    let launchers =
        Task.WhenAll [
            Task.Run(fun () -> Local.run options runs)
            Task.Run(fun () -> Local.run options (List.rev runs))
        ]

    Assert.Equal(10, killer 5UL 10 runs launchers)
    let outcomes = launchers.Result |> List.concat |> List.map _.Outcome

    Assert.All(
        outcomes,
        fun outcome -> Assert.True((outcome = LaunchOutcome.Done || outcome = LaunchOutcome.Skipped), string outcome)
    )

    Assert.All(runs, fun run -> Assert.True(RunStore.isFinished run.Folder run.Hash run.Promised, run.Folder))
    Assert.Equal(24, Directory.GetDirectories(RunFolder.pool wild).Length)
    // A kill costs one more start of that run, or none where it came behind the run's end.
    let starts = runs |> List.sumBy (fun run -> (RunState.read run.Folder).Attempts)
    Assert.InRange(starts, 24 + 5, 24 + 10)

    for before, after in List.zip undisturbed runs do
        Assert.Equal<string[]>(Toolkit.metricLines before.Run.Folder, Toolkit.metricLines after.Folder)
        Assert.Equal(Toolkit.finalMetrics before.Run.Folder, Toolkit.finalMetrics after.Folder)

    Assert.Equal(sweep.Table calm, sweep.Table wild)

    // A second start finds everything done and starts no worker.
    let before = states runs
    let again = Local.run options (sweep.Runs wild)
    Assert.All(again, fun result -> Assert.Equal(LaunchOutcome.Skipped, result.Outcome))
    Assert.Equal<string list>(before, states runs)
