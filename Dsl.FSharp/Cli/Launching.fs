namespace Research

open System
open System.IO
open Research.Language
open Research.Runs
open Research.Launch
open Research.Cli

/// Hands planned runs to workers: processes of this machine, or tasks of a cluster.
[<RequireQualifiedAccess>]
module Launching =
    let private display (options: CliOptions) =
        if options.Quiet then ProgressDisplay.Quiet
        elif options.Json then ProgressDisplay.Plain
        else ProgressDisplay.Auto

    /// CUDA's own number of a device, or its UUID.
    let private visible (device: string) =
        if device.StartsWith("cuda:", StringComparison.Ordinal) then
            device.Substring 5
        else
            device

    let private requests (options: CliOptions) = [
        if options.TensorBoard then
            TensorBoard.variable, "1"
    ]

    let private here (options: CliOptions) (planned: PreparedRun list) threads processes jobs =
        let placed =
            Placement.apply threads processes (List.map visible options.Devices) {
                LocalOptions.standard with
                    Jobs = jobs |> min planned.Length |> max 1 // a run alone has the machine
                    FailFast = options.FailFast
                    Display = display options
            }

        Local.run
            {
                placed with
                    Environment = fun slot -> placed.Environment slot @ requests options
            }
            planned

    let private inCluster
        (options: CliOptions)
        out
        (runs: RunPlan list)
        (planned: PreparedRun list)
        threads
        processes
        partition
        =
        Slurm.run
            {
                SlurmOptions.standard with
                    Partition = partition
                    TimeLimit = options.TimeLimit
                    Threads = threads
                    Processes = processes
                    Gpu = runs |> List.exists (fun run -> run.Experiment.Train.Device <> "cpu")
                    Extra = options.Sbatch |> List.map (fun option -> "--" + option)
                    Environment = requests options
                    Detach = options.Detach
                    Display = display options
            }
            out
            planned

    /// Makes the runs and returns how each ended.
    let run
        (options: CliOptions)
        (out: string)
        (runs: RunPlan list)
        (planned: PreparedRun list)
        jobs
        : LaunchResult list =
        let threads = runs |> List.map _.Experiment.Train.Threads |> List.max

        let processes =
            runs
            |> List.map (fun run -> run.Experiment.Train.Processes)
            |> List.max

        let results =
            match options.Slurm with
            | Some partition -> inCluster options out runs planned threads processes partition
            | None -> here options planned threads processes jobs

        // Workers write event files as they train; runs that were finished before get theirs from their logs.
        if options.TensorBoard then
            for result in results do
                if
                    result.Outcome = LaunchOutcome.Skipped
                    && not (Directory.Exists(TensorBoard.folder result.Run.Folder))
                then
                    TensorBoard.export result.Run.Folder |> ignore

        results
