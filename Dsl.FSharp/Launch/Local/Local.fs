namespace Research.Launch

open Research.Language

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.IO
open System.Threading
open System.Threading.Tasks
open Research.Runs
open Research.Worker

/// Runs on worker processes of this machine. The run folders carry all state: a second start of the same list skips finished runs and
/// resumes interrupted ones.
[<RequireQualifiedAccess>]
module Local =
    /// The consequence of a worker's exit.
    [<RequireQualifiedAccess>]
    type private Verdict =
        | Ended of LaunchOutcome
        /// It crashed and may try again.
        | Again
        /// Another live process has the run.
        | Held

    /// `crashes` counts consecutive crashes without progress, including this exit.
    let private judge (options: LocalOptions) (stopping: bool) (run: PreparedRun) (crashes: int) (exit: WorkerExit) =
        let because text =
            match exit.LastError with
            | Some line -> $"{text}: {line}"
            | None -> text

        match exit.Code with
        | 0 when File.Exists(RunFolder.final run.Folder) -> Verdict.Ended LaunchOutcome.Done
        | code when code <> 0 && RunStore.isFinished run.Folder run.Hash run.Promised ->
            Verdict.Ended LaunchOutcome.Done // killed after it had finished
        | 0 -> Verdict.Ended(LaunchOutcome.Failed(1, because "the worker ended without writing final.json"))
        | WorkerContract.stopped -> Verdict.Ended LaunchOutcome.Stopped
        | WorkerContract.held -> Verdict.Held
        | 1
        | 2 ->
            let error =
                exit.LastError
                |> Option.defaultValue $"the worker ended with exit code {exit.Code} and no message"

            Verdict.Ended(LaunchOutcome.Failed(exit.Code, error))
        | _ when stopping -> Verdict.Ended LaunchOutcome.Stopped
        | code when crashes > options.Retries ->
            let cause =
                match exit.Hung, WorkerContract.signalName code with
                | Some reason, _ -> $"the worker hung ({reason})"
                | None, Some signal -> $"the worker was killed by {signal}"
                | None, None -> $"the worker crashed with exit code {code}"

            let times =
                if crashes > 1 then
                    $" {crashes} times without progress"
                else
                    ""

            Verdict.Ended(LaunchOutcome.Failed(code, because (cause + times)))
        | _ -> Verdict.Again

    /// Writes the state that a killed worker could not write itself.
    let private settle (run: PreparedRun) (outcome: LaunchOutcome) =
        if (RunLease.Owner run.Folder).IsNone then
            let state = RunState.readOrInterrupted run.Folder

            match outcome with
            | LaunchOutcome.Done when state.Status <> RunStatus.Done ->
                RunState.write run.Folder {
                    state with
                        Status = RunStatus.Done
                        Error = None
                        Owner = None
                }
            | LaunchOutcome.Failed(_, error) when
                state.Status <> RunStatus.Done
                && (state.Status <> RunStatus.Failed || state.Error.IsNone)
                ->
                RunState.write run.Folder {
                    state with
                        Status = RunStatus.Failed
                        Error = Some error
                        Owner = None
                }
            | LaunchOutcome.Stopped when state.Status = RunStatus.Running ->
                RunState.write run.Folder {
                    state with
                        Status = RunStatus.Interrupted
                        Owner = None
                }
            | _ -> ()

    /// How the run ended and how many workers were started for it; None when another process has it.
    let private runOne (options: LocalOptions) (board: ProgressBoard) index (run: PreparedRun) slot stop killNow =
        task {
            let mutable verdict = Verdict.Again
            let mutable attempts = 0
            let mutable crashes = 0

            while verdict = Verdict.Again do
                attempts <- attempts + 1
                board.Start(index, attempts)
                let before = RunStore.newestCheckpoint run.Folder

                let! exit =
                    WorkerProcess.run
                        (options.Prefix slot @ options.Command run.Folder)
                        (options.Environment slot)
                        run.Folder
                        options.Grace
                        options.Hang
                        (fun event -> board.Report(index, event))
                        stop
                        killNow

                crashes <-
                    if String.CompareOrdinal(RunStore.newestCheckpoint run.Folder, before) > 0 then
                        1
                    else
                        crashes + 1

                verdict <- judge options stop.IsCancellationRequested run crashes exit

            return
                match verdict with
                | Verdict.Ended outcome ->
                    settle run outcome
                    Some(outcome, attempts)
                | Verdict.Again
                | Verdict.Held -> None
        }

    let private oneLine (error: exn) =
        error.Message.Replace('\n', ' ').Replace('\r', ' ')

    let private check (options: LocalOptions) (runs: PreparedRun list) =
        if options.Jobs < 1 then
            raise (ArgumentException $"--jobs is {options.Jobs}, but must be at least 1.")

        match
            runs
            |> List.countBy (fun run -> Path.GetFullPath run.Folder)
            |> List.tryFind (fun (_, n) -> n > 1)
        with
        | Some(folder, _) -> raise (ArgumentException $"The run folder '{folder}' is listed twice.")
        | None -> ()

    /// How often to check a run that another process is making.
    let private heldInterval = TimeSpan.FromSeconds 0.5

    /// Makes the runs on `options.Jobs` worker processes, in order, and returns how each ended, in the same order.
    /// Skips finished runs, resumes interrupted ones, and restarts crashed and hung workers up to `options.Retries` times in a
    /// row without progress; a clean failure (exit 1 or 2) is final. A run held by another live process, such as a second launcher's
    /// worker, is waited for after all others, and taken over if that process dies. The first Ctrl-C or SIGTERM asks the workers
    /// for a checkpoint and waits for it; a second one kills them. Failures are listed at the end with their logs.
    let run (options: LocalOptions) (runs: PreparedRun list) : LaunchResult list =
        check options runs

        for run in runs do
            RunFolder.ensureWritable run.Folder

        let board = ProgressBoard runs
        let results: LaunchResult option[] = Array.create runs.Length None
        use stop = CancellationTokenSource.CreateLinkedTokenSource options.Stop
        use killNow = new CancellationTokenSource()

        let onSignal () =
            if stop.IsCancellationRequested then
                killNow.Cancel()
            else
                stop.Cancel()

        use _ =
            stop.Token.Register(fun () ->
                if board.Stopping.IsNone then
                    board.Stopping <- Some "Stopping")

        let queue = ConcurrentQueue(List.indexed runs)
        let held = ConcurrentQueue<int * PreparedRun>()

        let finish index run outcome attempts seconds =
            board.End(index, outcome)

            match outcome with
            | LaunchOutcome.Failed _ when options.FailFast && not stop.IsCancellationRequested ->
                board.Stopping <- Some $"{run.Label}, seed {run.Seed} failed"
                stop.Cancel()
            | _ -> ()

            results[index] <-
                Some {
                    Run = run
                    Outcome = outcome
                    Attempts = attempts
                    Seconds = seconds
                }

        let work slot (index, run: PreparedRun) : Task =
            task {
                let clock = Stopwatch.StartNew()

                try
                    if RunStore.isFinished run.Folder run.Hash run.Promised then
                        finish index run LaunchOutcome.Skipped 0 0.0
                    elif stop.IsCancellationRequested then
                        finish index run LaunchOutcome.Stopped 0 0.0
                    else
                        match RunLease.Owner run.Folder with
                        | Some owner ->
                            board.Elsewhere(index, owner)
                            held.Enqueue(index, run)
                        | None when RunStore.isFinished run.Folder run.Hash run.Promised -> // by the process that held it until just now
                            finish index run LaunchOutcome.Skipped 0 0.0
                        | None ->
                            match! runOne options board index run slot stop.Token killNow.Token with
                            | Some(outcome, attempts) -> finish index run outcome attempts clock.Elapsed.TotalSeconds
                            | None -> held.Enqueue(index, run)
                with error ->
                    // A damaged run folder must not stop the other runs.
                    finish index run (LaunchOutcome.Failed(1, oneLine error)) 0 clock.Elapsed.TotalSeconds
            }

        let slot number : Task =
            task {
                let mutable working = true

                while working do
                    match queue.TryDequeue() with
                    | true, next -> do! work number next
                    | false, _ ->
                        match held.TryDequeue() with
                        | true, next ->
                            let! _ = Task.WhenAny(Task.Delay(heldInterval, stop.Token))
                            do! work number next
                        | false, _ -> working <- false
            }

        use _ = StopSignals.listen onSignal

        let workers: Task =
            Task.WhenAll [
                for number in 0 .. min options.Jobs runs.Length - 1 ->
                    Task.Run<unit>(fun () -> task { do! slot number })
            ]

        ProgressView.watch options.Display options.Output board options.Jobs workers
        let results = results |> Array.map Option.get |> List.ofArray

        ProgressView.failures options.Output results

        results
