namespace Research.Launch

open Research.Language

open System
open System.Collections.Generic
open System.IO
open System.Threading
open System.Threading.Tasks
open Research.Runs
open Research.Worker

/// Runs on a cluster, as job arrays of Slurm: one task per run. As with local workers the run folders, which all nodes must see, carry all
/// state, so the same command waits again for what is queued, and submits only what is neither finished nor queued.
/// A task that is preempted, or reaches its time limit, writes a checkpoint and goes back into the queue.
[<RequireQualifiedAccess>]
module Slurm =
    /// Slurm's default for the largest array is 1001.
    let private largestArray = 1000

    /// An unfinished run whose task left the queue is given up after this many polls, since file systems show a task's last files late.
    let private patience = 5

    /// A job's name: the sweep's letters and digits, and a unique suffix that leads to its index.
    let private newName (sweep: string) =
        let readable =
            sweep
            |> String.map (fun c -> if Char.IsAsciiLetterOrDigit c then c else '-')
            |> fun text -> text.Substring(0, min 40 text.Length)

        let unique = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray().AsSpan(0, 4))
        $"research-{readable}-{unique}"

    /// A run's task.
    type private Ticket = {
        JobName: string
        Task: int
        Log: string
    }

    let private leaving (jobs: string) =
        $"Not waiting for job {jobs}: --report-only collects what is finished, the command without --detach waits, 'scancel {jobs}' ends it."

    let private describe (error: string) =
        raise (InvalidOperationException $"--slurm: the queue cannot be queried: {error}")

    /// The tasks in the queue that belong to the sweep, by run folder.
    let private queued (sweepFolder: string) (queue: SlurmTaskState list) =
        let known = Dictionary<string, (SlurmTaskState * Ticket)>()
        let indices = Dictionary<string, string list>()

        for state in queue do
            let path = SlurmIndex.path sweepFolder state.Name

            if not (indices.ContainsKey state.Name) then
                indices.Add(state.Name, (if File.Exists path then SlurmIndex.read path else []))

            match List.tryItem state.Task indices[state.Name] with
            | Some folder ->
                known[folder] <-
                    (state,
                     {
                         JobName = state.Name
                         Task = state.Task
                         Log = SlurmIndex.taskLog sweepFolder state.Name state.Task
                     })
            | None -> ()

        known

    let private submit (options: SlurmOptions) (sweepFolder: string) (folders: string list) = [
        for part in List.chunkBySize largestArray folders do
            let name = newName (Path.GetFileName sweepFolder |> string)
            let index = SlurmIndex.path sweepFolder name
            SlurmIndex.write index part
            let job = SlurmCommand.submit options name index part.Length
            options.Output.WriteLine $"submitted job {job}: {part.Length} runs"

            for task, folder in List.indexed part do
                folder,
                job,
                {
                    JobName = name
                    Task = task
                    Log = SlurmIndex.taskLog sweepFolder name task
                }
    ]

    let private showProgress (board: ProgressBoard) index (run: PreparedRun) (state: SlurmTaskState) =
        match state.State, MetricsLog.tryLast run.Folder with
        | "PENDING", _ -> board.Queued(index, state.Reason)
        | _, Some point ->
            board.Report(
                index,
                WorkerEvent.Step(
                    point.Step,
                    run.Steps,
                    Map.tryFind "train.loss" point.Values,
                    Map.tryFind "images_per_second" point.Values
                )
            )
        | _, None -> board.Start(index, 1)

    /// How a run ended after its task left the queue, if that is known yet.
    let private ending (run: PreparedRun) (log: string) (missed: int) : LaunchOutcome option =
        if RunStore.isFinished run.Folder run.Hash run.Promised then
            Some LaunchOutcome.Done
        else
            let state = RunLease.Observe run.Folder

            match state.Status, state.Error with
            | RunStatus.Failed, Some error -> Some(LaunchOutcome.Failed(1, error))
            | _ when missed < patience -> None
            | RunStatus.Running, _ -> None // by a process that is not one of our tasks
            | RunStatus.Interrupted, _ -> Some LaunchOutcome.Stopped
            | _ ->
                Some(
                    LaunchOutcome.Failed(
                        1,
                        $"its task left the queue without a result; the output of Slurm and the task is in {log}"
                    )
                )

    /// Makes the runs as tasks of job arrays and returns how each ended, in the same order. `sweepFolder` holds the index files and the
    /// tasks' output, under `slurm/`. Skips finished runs, and waits for those whose tasks are already queued without submitting
    /// them again. Ctrl-C ends the waiting and leaves the job; the same command resumes waiting.
    /// Raises `InvalidOperationException` in Slurm's own words when it refuses the job, and when Slurm's programs are missing.
    let run (options: SlurmOptions) (sweepFolder: string) (runs: PreparedRun list) : LaunchResult list =
        let sweepFolder = Path.GetFullPath sweepFolder

        let runs =
            runs
            |> List.map (fun run -> {
                run with
                    Folder = Path.GetFullPath run.Folder
            })

        let outcomes: LaunchOutcome option[] =
            runs
            |> List.map (fun run ->
                if RunStore.isFinished run.Folder run.Hash run.Promised then
                    Some LaunchOutcome.Skipped
                else
                    None)
            |> Array.ofList

        let board = ProgressBoard runs
        let tickets = Dictionary<string, Ticket>()
        let jobs = HashSet<string>()

        let results () =
            runs
            |> List.mapi (fun i run -> {
                Run = run
                Outcome = outcomes[i] |> Option.defaultValue LaunchOutcome.Stopped
                Attempts = if outcomes[i] = Some LaunchOutcome.Skipped then 0 else 1
                Seconds = 0.0
            })

        let missing = List.indexed runs |> List.filter (fun (i, _) -> outcomes[i].IsNone)

        if missing.IsEmpty then
            results ()
        else
            let queue =
                match SlurmCommand.queue () with
                | Ok queue -> queued sweepFolder queue
                | Error error -> describe error

            for KeyValue(folder, (state, ticket)) in queue do
                tickets[folder] <- ticket
                jobs.Add state.Job |> ignore

            let fresh =
                missing
                |> List.map (fun (_, run) -> run.Folder)
                |> List.filter (tickets.ContainsKey >> not)

            // A failure of an earlier start does not count for this one.
            for folder in fresh do
                RunFolder.ensureWritable folder

                if (RunLease.Observe folder).Status = RunStatus.Failed then
                    RunState.write folder RunState.planned

            for folder, job, ticket in submit options sweepFolder fresh do
                tickets[folder] <- ticket
                jobs.Add job |> ignore

            let jobList = String.Join(' ', jobs)

            if options.Detach then
                for i, _ in missing do
                    outcomes[i] <- Some(LaunchOutcome.Submitted jobList)

                options.Output.WriteLine(leaving jobList)
                results ()
            else
                use stop = CancellationTokenSource.CreateLinkedTokenSource options.Stop
                use _ = StopSignals.listen stop.Cancel
                let missed = Array.create runs.Length 0

                let look () =
                    match SlurmCommand.queue () with
                    | Error error -> board.Trouble <- Some $"the queue cannot be queried: {error}"
                    | Ok queue ->
                        board.Trouble <- None
                        let queue = queued sweepFolder queue

                        for i, run in missing do
                            if outcomes[i].IsNone then
                                match queue.TryGetValue run.Folder with
                                | true, (state, _) ->
                                    missed[i] <- 0
                                    showProgress board i run state
                                | false, _ ->
                                    missed[i] <- missed[i] + 1

                                    match ending run tickets[run.Folder].Log missed[i] with
                                    | Some outcome ->
                                        outcomes[i] <- Some outcome
                                        board.End(i, outcome)
                                    | None -> ()

                let wait: Task =
                    Task.Run<unit>(fun () ->
                        task {
                            while outcomes |> Array.exists Option.isNone && not stop.IsCancellationRequested do
                                look ()
                                let! _ = Task.WhenAny(Task.Delay(options.Poll, stop.Token))
                                ()
                        })

                for i, outcome in Array.indexed outcomes do
                    outcome |> Option.iter (fun outcome -> board.End(i, outcome))

                ProgressView.watch options.Display options.Output board (max 1 missing.Length) wait

                if stop.IsCancellationRequested then
                    options.Output.WriteLine(leaving jobList)

                let results = results ()

                ProgressView.failures options.Output results

                results
