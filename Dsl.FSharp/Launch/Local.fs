namespace Research

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.IO
open System.Threading
open System.Threading.Tasks
open Spectre.Console

/// Runs on worker processes of this machine. The run folders carry all state: starting the same list again skips what is finished and
/// resumes what was interrupted.
[<RequireQualifiedAccess>]
module Local =
    /// The end of a run after a worker's exit, or None when it should be tried again.
    let private judge (options: LocalOptions) (stopping: bool) (run: LocalRun) (attempt: int) (exit: WorkerExit) =
        let because text =
            match exit.LastError with
            | Some line -> $"{text}: {line}"
            | None -> text

        match exit.Code with
        | 0 when File.Exists(RunFolder.final run.Folder) -> Some LocalOutcome.Done
        | 0 -> Some(LocalOutcome.Failed(1, because "the worker ended without writing final.json"))
        | ParentWatch.stoppedExitCode -> Some LocalOutcome.Stopped
        | 1
        | 2 ->
            let error =
                exit.LastError
                |> Option.defaultValue $"the worker ended with exit code {exit.Code} and no message"

            Some(LocalOutcome.Failed(exit.Code, error))
        | _ when stopping -> Some LocalOutcome.Stopped
        | code when attempt > options.Retries ->
            let cause =
                match LocalWorker.signalName code with
                | Some signal -> $"the worker was killed by {signal}"
                | None -> $"the worker crashed with exit code {code}"

            let times = if attempt > 1 then $" {attempt} times" else ""
            Some(LocalOutcome.Failed(code, because (cause + times)))
        | _ -> None

    /// What a worker that was killed could not write itself.
    let private settle (run: LocalRun) (outcome: LocalOutcome) =
        if (RunLease.Owner run.Folder).IsNone then
            let state = RunState.read run.Folder

            match outcome with
            | LocalOutcome.Done when state.Status <> RunStatus.Done ->
                RunState.write run.Folder {
                    state with
                        Status = RunStatus.Done
                        Error = None
                        Owner = None
                }
            | LocalOutcome.Failed(_, error) when state.Status <> RunStatus.Failed || state.Error.IsNone ->
                RunState.write run.Folder {
                    state with
                        Status = RunStatus.Failed
                        Error = Some error
                        Owner = None
                }
            | LocalOutcome.Stopped when state.Status = RunStatus.Running ->
                RunState.write run.Folder {
                    state with
                        Status = RunStatus.Interrupted
                        Owner = None
                }
            | _ -> ()

    let private runOne (options: LocalOptions) (board: LocalBoard) index (run: LocalRun) slot stop killNow =
        task {
            let mutable outcome = None
            let mutable attempt = 0

            while outcome.IsNone do
                attempt <- attempt + 1
                board.Start(index, attempt)

                let! exit =
                    LocalWorker.run
                        (options.Command run.Folder)
                        (options.Environment slot)
                        run.Folder
                        options.Grace
                        (fun event -> board.Report(index, event))
                        stop
                        killNow

                outcome <- judge options stop.IsCancellationRequested run attempt exit

            settle run outcome.Value
            return outcome.Value, attempt
        }

    /// The end of a run that needs no worker, if so.
    let private beforehand (run: LocalRun) =
        if RunStore.isFinished run.Folder run.Hash then
            Some LocalOutcome.Skipped
        else
            match RunLease.Owner run.Folder with
            | Some owner ->
                Some(
                    LocalOutcome.Failed(
                        1,
                        $"process {owner.Pid} on {owner.Host} is running it already: wait for it, or stop it"
                    )
                )
            | None -> None

    let private oneLine (error: exn) =
        error.Message.Replace('\n', ' ').Replace('\r', ' ')

    let private listFailures (output: TextWriter) (results: LocalResult list) =
        for result in results do
            match result.Outcome with
            | LocalOutcome.Failed(_, error) ->
                output.WriteLine $"failed: {result.Run.Label}, seed {result.Run.Seed}: {error}"
                let log = RunFolder.log result.Run.Folder

                if File.Exists log then
                    output.WriteLine $"        log: {log}"
            | _ -> ()

        output.Flush()

    let private check (options: LocalOptions) (runs: LocalRun list) =
        if options.Jobs < 1 then
            raise (ArgumentException $"--jobs is {options.Jobs}, but at least one worker is needed.")

        match
            runs
            |> List.countBy (fun run -> Path.GetFullPath run.Folder)
            |> List.tryFind (fun (_, n) -> n > 1)
        with
        | Some(folder, _) -> raise (ArgumentException $"The run folder '{folder}' is listed twice.")
        | None -> ()

    /// Makes the runs on `options.Jobs` worker processes, in order, and returns how each ended, in the same order.
    /// Finished runs are skipped, interrupted ones resumed, crashed workers started again up to `options.Retries` times; a clean
    /// failure (exit 1 or 2) is final. The first Ctrl-C or SIGTERM asks the workers for a checkpoint and waits for it; a second one
    /// kills them. Failures are listed at the end with their log.
    let run (options: LocalOptions) (runs: LocalRun list) : LocalResult list =
        check options runs

        for run in runs do
            RunFolder.ensureWritable run.Folder

        let board = LocalBoard runs
        let results: LocalResult option[] = Array.create runs.Length None
        use stop = CancellationTokenSource.CreateLinkedTokenSource options.Stop
        use killNow = new CancellationTokenSource()

        let onSignal () =
            if stop.IsCancellationRequested then
                killNow.Cancel()
            else
                stop.Cancel()

        use _ = stop.Token.Register(fun () -> board.Stopping <- true)
        let queue = ConcurrentQueue(List.indexed runs)

        let finish index run outcome attempts seconds =
            board.End(index, outcome)

            results[index] <-
                Some {
                    Run = run
                    Outcome = outcome
                    Attempts = attempts
                    Seconds = seconds
                }

        let slot number : Task =
            task {
                let mutable working = true

                while working do
                    match queue.TryDequeue() with
                    | false, _ -> working <- false
                    | true, (index, run) ->
                        let clock = Stopwatch.StartNew()

                        try
                            match beforehand run with
                            | Some outcome -> finish index run outcome 0 0.0
                            | None when stop.IsCancellationRequested -> finish index run LocalOutcome.Stopped 0 0.0
                            | None ->
                                let! outcome, attempts =
                                    runOne options board index run number stop.Token killNow.Token

                                finish index run outcome attempts clock.Elapsed.TotalSeconds
                        with error ->
                            // A damaged run folder must not take the other runs down.
                            finish index run (LocalOutcome.Failed(1, oneLine error)) 0 clock.Elapsed.TotalSeconds
            }

        use ended = new ManualResetEventSlim(false)

        let display =
            match options.Display with
            | LocalDisplay.Auto ->
                if Console.IsOutputRedirected || not AnsiConsole.Profile.Capabilities.Ansi then
                    LocalDisplay.Plain
                else
                    LocalDisplay.Live
            | chosen -> chosen

        use _ = StopSignals.listen onSignal

        let workers =
            Task.WhenAll [
                for number in 0 .. min options.Jobs runs.Length - 1 ->
                    Task.Run<unit>(fun () -> task { do! slot number })
            ]

        let signalEnd = workers.ContinueWith(fun (_: Task) -> ended.Set())

        match display with
        | LocalDisplay.Live -> LocalView.live board options.Jobs ended
        | LocalDisplay.Plain -> LocalView.plain options.Output board options.Jobs ended
        | LocalDisplay.Auto
        | LocalDisplay.Quiet -> ()

        signalEnd.Wait()
        workers.GetAwaiter().GetResult() |> ignore
        let results = results |> Array.map Option.get |> List.ofArray

        if options.Display <> LocalDisplay.Quiet then
            listFailures options.Output results

        results
