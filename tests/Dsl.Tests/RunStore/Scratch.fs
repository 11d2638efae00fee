namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs

/// A folder that lives as long as a test.
type Scratch() =
    let folder = Directory.CreateTempSubdirectory("research-test-").FullName
    member _.Folder = folder
    member _.File(name: string) = Path.Combine(folder, name)

    interface IDisposable with
        member _.Dispose() = Directory.Delete(folder, true)

module Waiting =
    /// Whether the condition comes true within so many seconds; asks now and then, since others need the processors.
    let until (seconds: float) (condition: unit -> bool) =
        let clock = Diagnostics.Stopwatch.StartNew()

        while not (condition ()) && clock.Elapsed.TotalSeconds < seconds do
            Threading.Thread.Sleep 30

        condition ()

module RunFolders =
    let identity arm seed hash : RunIdentity = {
        Arm = arm
        Axes = [ ("objective", arm) ]
        Seed = seed
        Hash = hash
    }

    /// The folder of a run with config.json, in the pool beside the sweep's folder, whose plan names it.
    let planned (sweep: string) arm seed hash =
        let folder = RunFolder.path sweep hash
        RunConfig.write folder { Seed = seed; Hash = hash } (Text.Json.Nodes.JsonObject())
        let named = SweepFolder.readPlan sweep
        SweepFolder.writePlan sweep (List.distinct (named @ [ identity arm seed hash ]))
        folder

    /// The sweep's record of the run.
    let read (sweep: string) hash : RunRecord =
        let named = SweepFolder.readPlan sweep |> List.find (fun run -> run.Hash = hash)
        RunStore.read named (RunFolder.path sweep hash)

    /// The folder of a finished run.
    let finished sweep arm seed hash (metrics: (string * float) list) =
        let folder = planned sweep arm seed hash

        FinalMetrics.write folder {
            Metrics = Map metrics
            Steps = 10L
            Seconds = 2.5
        }

        RunState.write folder {
            RunState.planned with
                Status = RunStatus.Done
        }

        folder

    /// A finished run's record without a folder.
    let record arm seed (metrics: (string * float) list) : RunRecord = {
        Arm = arm
        Axes = []
        Seed = seed
        Hash = "00000000"
        Folder = $"{arm}-{seed}"
        Published = None
        State = RunStatus.Done
        Error = None
        Metrics = Map metrics
        Steps = 100L
        Seconds = 1.5
    }
