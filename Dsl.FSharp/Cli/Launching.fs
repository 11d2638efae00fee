namespace Research

open System
open System.IO
open Research.Language
open Research.Runs
open Research.Launch
open Research.Commands
open Research.Cli

/// Hands planned runs to workers: processes of this machine, or tasks of a cluster.
[<RequireQualifiedAccess>]
module Launching =
    let private display (options: CliOptions) =
        if options.Quiet then ProgressDisplay.Quiet
        elif options.Json then ProgressDisplay.Plain
        else ProgressDisplay.Auto

    /// CUDA's own number for a device, or its UUID.
    let private visible (device: string) =
        if device.StartsWith("cuda:", StringComparison.Ordinal) then
            device.Substring 5
        else
            device

    let private requests (options: CliOptions) = [
        if options.TensorBoard then
            TensorBoard.variable, "1"
    ]

    let private here (options: CliOptions) (runs: RunPlan list) (planned: PreparedRun list) threads processes jobs =
        let program = Script.worker (runs |> List.map _.Experiment)

        let placed =
            Placement.apply threads processes (List.map visible options.Devices) {
                LocalOptions.standard with
                    Jobs = jobs |> min planned.Length |> max 1 // a single run gets the whole machine
                    FailFast = options.FailFast
                    Display = display options
            }

        Local.run
            {
                placed with
                    Command = LocalOptions.workerOf program
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
                    Program = Script.worker (runs |> List.map _.Experiment)
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

    let private byHash (runs: RunPlan list) = runs |> List.distinctBy _.Hash

    let private delete (folder: string) =
        if Directory.Exists folder then
            match RunLease.Owner folder with
            | Some owner ->
                raise (
                    IOException
                        $"--rerun: '{Repository.shown folder}' is being run by process {owner.Pid} on {owner.Host}; stop it first"
                )
            | None -> Directory.Delete(folder, true)

    /// The remaining work of a run.
    [<RequireQualifiedAccess>]
    type private Reuse =
        | Nothing
        /// It is finished and stays as it is.
        | Finished
        /// It is trained; only the evaluation is left.
        | Evaluation
        /// The number of training steps that are left.
        | Training of steps: int64

    let private reuse (options: CliOptions) (out: string) (run: RunPlan) : Reuse =
        let folder = PlannedRun.folder out run
        let all = int64 run.Experiment.Train.Steps

        if options.Rerun || not (RunStore.exists folder) then
            Reuse.Nothing
        elif PlannedRun.isFinished out run && not options.RerunEvaluation then
            Reuse.Finished
        else
            match max 0L (all - RunStore.checkpointStep folder) with
            | 0L -> Reuse.Evaluation
            | _ when PlannedRun.isFinished out run -> Reuse.Finished // no checkpoint to evaluate again
            | left -> Reuse.Training left

    /// The experiments that still need training or evaluation, each once, with the steps left.
    let remaining (options: CliOptions) (out: string) (runs: RunPlan list) : (Experiment * int64) list =
        byHash runs
        |> List.choose (fun run ->
            match reuse options out run with
            | Reuse.Nothing -> Some(run.Experiment, int64 run.Experiment.Train.Steps)
            | Reuse.Finished -> None
            | Reuse.Evaluation -> Some(run.Experiment, 0L)
            | Reuse.Training left -> Some(run.Experiment, left))

    /// The disk bytes that unfinished runs already take.
    let bytesThere (options: CliOptions) (out: string) (runs: RunPlan list) : int64 =
        byHash runs
        |> List.sumBy (fun run ->
            match reuse options out run with
            | Reuse.Nothing
            | Reuse.Finished -> 0L
            | Reuse.Evaluation
            | Reuse.Training _ -> RunPool.bytes (PlannedRun.folder out run))

    /// Finished runs that lack metrics promised by their evaluations. If they still have their weights this is an error, since evaluating
    /// them again replaces their results, unless --rerun-evaluation asks for it; the others are trained again, with a notice.
    let problems (options: CliOptions) (out: string) (runs: RunPlan list) : string list =
        let lacking =
            byHash runs
            |> List.filter (fun run ->
                not options.Rerun
                && RunStore.isDone (PlannedRun.folder out run) run.Hash
                && not (PlannedRun.isFinished out run))

        let trained, lost =
            lacking |> List.partition (fun run -> reuse options out run = Reuse.Evaluation)

        let say (runs: RunPlan list) =
            let metrics =
                runs
                |> List.collect (fun run -> RunStore.lacking (PlannedRun.folder out run) (PlannedRun.promised run))
                |> List.distinct

            let shown =
                match metrics with
                | first :: second :: third :: _ :: _ -> $"{first}, {second}, {third} and {metrics.Length - 3} more"
                | few -> Words.list few

            let count =
                match runs with
                | [ one ] -> $"1 finished run ({one.Arm}, seed {one.Seed}) lacks"
                | many -> $"{many.Length} finished runs lack"

            $"{count} {shown}"

        if not lost.IsEmpty && not options.Quiet then
            eprintfn "notice: %s; their weights are gone, so they are trained again" (say lost)

        let withoutWeights =
            byHash runs
            |> List.filter (fun run ->
                options.RerunEvaluation
                && PlannedRun.isFinished out run
                && reuse options out run = Reuse.Finished)

        if not withoutWeights.IsEmpty && not options.Quiet then
            eprintfn
                "notice: --rerun-evaluation: %d finished runs no longer have a checkpoint and stay as they are"
                withoutWeights.Length

        if trained.IsEmpty || options.RerunEvaluation then
            []
        else
            [
                $"{say trained}; their trained weights still exist: --rerun-evaluation evaluates them again without training, --rerun trains them again"
            ]

    /// Makes the runs, each once however many arms name it, and returns how each arm's run ended. `named` are all runs of the
    /// sweep; the sweep's plan records them before the first one starts.
    let run (options: CliOptions) (out: string) (named: RunPlan list) (runs: RunPlan list) jobs : LaunchResult list =
        SweepFolder.writePlan out (List.map PlannedRun.identity named)
        let once = byHash runs

        for run in once do
            let folder = PlannedRun.folder out run

            if options.Rerun then
                delete folder
            elif
                options.RerunEvaluation
                && reuse options out run = Reuse.Evaluation
                && (RunLease.Owner folder).IsNone
            then
                RunStore.reopen folder

        let planned = once |> List.map (PreparedRun.prepare out)
        let threads = once |> List.map _.Experiment.Train.Threads |> List.max

        let processes =
            once |> List.map (fun run -> run.Experiment.Train.Processes) |> List.max

        let results =
            match options.Slurm with
            | Some partition -> inCluster options out once planned threads processes partition
            | None -> here options once planned threads processes jobs

        // Workers write event files as they train; runs finished earlier get theirs from their logs.
        if options.TensorBoard then
            for result in results do
                if
                    result.Outcome = LaunchOutcome.Skipped
                    && not (Directory.Exists(TensorBoard.folder result.Run.Folder))
                then
                    TensorBoard.export result.Run.Folder |> ignore

        let ends = results |> List.map (fun result -> result.Run.Hash, result) |> Map.ofList

        runs
        |> List.map (fun run -> {
            ends[run.Hash] with
                Run = {
                    ends[run.Hash].Run with
                        Label = run.Arm
                }
        })
