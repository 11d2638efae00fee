[<Xunit.Collection("engine")>]
module Research.Tests.KilledSweepTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open System.Threading.Tasks
open Research
open Research.Randomness
open Xunit

/// Kills workers of the sweep at random, so many times.
let private killer (seed: uint64) (count: int) (runs: LocalRun list) (running: Task) =
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

[<Fact>]
let ``a sweep whose workers are killed ten times ends as if nothing had happened`` () =
    use sweep = new TinySweep(8, id)
    let calm = sweep.Folder "calm"
    let wild = sweep.Folder "wild"
    let undisturbed = Local.run sweep.Options (sweep.Runs calm)
    Assert.Equal(24, undisturbed.Length)
    Assert.All(undisturbed, fun result -> Assert.Equal(LocalOutcome.Done, result.Outcome))

    let runs = sweep.Runs wild
    let options = { sweep.Options with Retries = 10 }
    let running = Task.Run(fun () -> Local.run options runs)
    Assert.Equal(10, killer 5UL 10 runs running)
    let results = running.Result
    Assert.All(results, fun result -> Assert.Equal(LocalOutcome.Done, result.Outcome))
    // Each kill costs one more worker and nothing else.
    Assert.Equal(24 + 10, results |> List.sumBy _.Attempts)
    Assert.Equal(24, Directory.GetDirectories(RunFolder.runs wild).Length)

    for before, after in List.zip undisturbed results do
        Assert.Equal<string[]>(Toolkit.metricLines before.Run.Folder, Toolkit.metricLines after.Run.Folder)
        Assert.Equal(Toolkit.finalMetrics before.Run.Folder, Toolkit.finalMetrics after.Run.Folder)

    Assert.Equal(sweep.Table calm, sweep.Table wild)

    // A second start finds everything done and starts no worker.
    let states =
        runs |> List.map (fun run -> File.ReadAllText(RunFolder.state run.Folder))

    let again = Local.run options (sweep.Runs wild)
    Assert.All(again, fun result -> Assert.Equal(LocalOutcome.Skipped, result.Outcome))
    Assert.Equal<string list>(states, runs |> List.map (fun run -> File.ReadAllText(RunFolder.state run.Folder)))
