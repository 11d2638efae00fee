namespace Research.Launch

open Research.Language

open System
open System.Diagnostics
open Research.Runs
open Research.Worker

/// A run's present activity.
[<RequireQualifiedAccess>]
type internal RunPhase =
    | Waiting
    /// Another live process has it.
    | Elsewhere of ProcessIdentity
    /// In a cluster's queue, for this reason.
    | Queued of reason: string
    | Starting
    | Training
    | Evaluating
    | Ended of LaunchOutcome

    override this.ToString() =
        match this with
        | Waiting -> "waiting"
        | Elsewhere owner -> $"run by process {owner.Pid} on {owner.Host}"
        | Queued reason -> $"queued ({reason})"
        | Starting -> "starting"
        | Training -> "training"
        | Evaluating -> "evaluating"
        | Ended LaunchOutcome.Done -> "done"
        | Ended LaunchOutcome.Skipped -> "done before"
        | Ended(LaunchOutcome.Failed _) -> "failed"
        | Ended LaunchOutcome.Stopped -> "stopped"
        | Ended(LaunchOutcome.Submitted job) -> $"in the queue, job {job}"

/// One run's row.
type internal ProgressRow = {
    Run: PreparedRun
    Phase: RunPhase
    Step: int64
    Total: int64
    Loss: float option
    Rate: float option
    Attempt: int
    Elapsed: TimeSpan
    /// The time left for training steps, from the pace of this attempt.
    Left: TimeSpan option
}

/// The progress of all runs. Workers write from their own threads; the display reads whole rows.
type internal ProgressBoard(runs: PreparedRun list) =
    let gate = obj ()
    let clock = Stopwatch.StartNew()

    let rows =
        runs
        |> List.map (fun run -> {
            Run = run
            Phase = RunPhase.Waiting
            Step = 0L
            Total = run.Steps
            Loss = None
            Rate = None
            Attempt = 0
            Elapsed = TimeSpan.Zero
            Left = None
        })
        |> Array.ofList

    let began = Array.create rows.Length TimeSpan.Zero
    // The first step that this attempt reported, and when: a resumed run does not start at 0.
    let paceFrom: (int64 * TimeSpan) option[] = Array.create rows.Length None

    let change index update =
        lock gate (fun () -> rows[index] <- update rows[index])

    member _.Rows = lock gate (fun () -> Array.copy rows)
    member _.Elapsed = clock.Elapsed

    /// Why the workers are being stopped, if they are.
    member val Stopping: string option = None with get, set

    /// A present problem, such as a queue that does not answer.
    member val Trouble: string option = None with get, set

    /// The line to show below the table.
    member board.Notice =
        match board.Stopping with
        | Some reason -> Some $"{reason}: waiting for the workers' checkpoints; Ctrl-C again kills them."
        | None -> board.Trouble

    /// Another live process has the run.
    member _.Elsewhere(index, owner) =
        change index (fun row -> {
            row with
                Phase = RunPhase.Elsewhere owner
        })

    /// The run waits in a cluster's queue.
    member _.Queued(index, reason) =
        change index (fun row -> {
            row with
                Phase = RunPhase.Queued reason
        })

    member _.Start(index, attempt) =
        change index (fun row ->
            if attempt = 1 then
                began[index] <- clock.Elapsed

            paceFrom[index] <- None

            {
                row with
                    Phase = RunPhase.Starting
                    Attempt = attempt
                    Left = None
            })

    member _.Report(index, event: WorkerEvent) =
        change index (fun row ->
            match event with
            | WorkerEvent.Step(step, total, loss, rate) ->
                let now = clock.Elapsed

                let left =
                    match paceFrom[index] with
                    | None ->
                        paceFrom[index] <- Some(step, now)
                        None
                    | Some(first, since) when step > first ->
                        Some((now - since) / float (step - first) * float (max 0L (total - step)))
                    | Some _ -> row.Left

                {
                    row with
                        Phase = RunPhase.Training
                        Step = step
                        Total = total
                        Loss = (if loss.IsSome then loss else row.Loss)
                        Rate = (if rate.IsSome then rate else row.Rate)
                        Left = left
                        Elapsed = now - began[index]
                }
            | WorkerEvent.Evaluating -> {
                row with
                    Phase = RunPhase.Evaluating
                    Left = None
              }
            | WorkerEvent.Done
            | WorkerEvent.Other -> row)

    member _.End(index, outcome: LaunchOutcome) =
        change index (fun row ->
            let row =
                if row.Attempt > 0 then
                    {
                        row with
                            Elapsed = clock.Elapsed - began[index]
                    }
                else
                    row

            {
                row with
                    Phase = RunPhase.Ended outcome
                    Left = None
                    Step =
                        (match outcome with
                         | LaunchOutcome.Done
                         | LaunchOutcome.Skipped -> row.Total
                         | _ -> row.Step)
            })

/// The wording of progress.
module internal ProgressText =
    let private invariant = Globalization.CultureInfo.InvariantCulture

    let duration (time: TimeSpan) =
        let seconds = int64 (Math.Round time.TotalSeconds)

        if seconds >= 3600L then
            $"{seconds / 3600L} h {seconds % 3600L / 60L:D2} min"
        elif seconds >= 60L then
            $"{seconds / 60L} min {seconds % 60L:D2} s"
        else
            $"{seconds} s"

    let loss (row: ProgressRow) =
        match row.Loss with
        | Some loss -> loss.ToString("0.000", invariant)
        | None -> ""

    let rate (row: ProgressRow) =
        match row.Rate with
        | Some rate when rate >= 100.0 -> rate.ToString("0", invariant)
        | Some rate -> rate.ToString("0.0", invariant)
        | None -> ""

    /// The number of finished runs, and the time left, from the mean time of finished and active runs.
    let summary (rows: ProgressRow[]) (jobs: int) (elapsed: TimeSpan) =
        let ended = rows |> Array.filter _.Phase.IsEnded

        let finished =
            rows
            |> Array.filter (fun row ->
                match row.Phase with
                | RunPhase.Ended(LaunchOutcome.Done | LaunchOutcome.Skipped) -> true
                | _ -> false)

        let failed =
            rows
            |> Array.filter (fun row ->
                match row.Phase with
                | RunPhase.Ended(LaunchOutcome.Failed _) -> true
                | _ -> false)

        let fractionDone (row: ProgressRow) =
            if row.Total > 0L then
                float row.Step / float row.Total
            else
                0.0

        let whole =
            rows
            |> Array.choose (fun row ->
                match row.Phase with
                | RunPhase.Ended LaunchOutcome.Done -> Some row.Elapsed
                | RunPhase.Training when row.Left.IsSome -> Some(row.Elapsed + row.Left.Value)
                | _ -> None)

        let left =
            if whole.Length = 0 || ended.Length = rows.Length then
                ""
            else
                let mean = (whole |> Array.sumBy _.TotalSeconds) / float whole.Length

                let open' =
                    rows
                    |> Array.filter (fun row -> not row.Phase.IsEnded)
                    |> Array.map (fun row -> mean * (1.0 - fractionDone row))

                let seconds = max (Array.max open') (Array.sum open' / float jobs)
                $", about {duration (TimeSpan.FromSeconds seconds)} left"

        let failures =
            if failed.Length > 0 then
                $", {failed.Length} failed"
            else
                ""

        $"{finished.Length} of {rows.Length} runs done{failures}, {duration elapsed}{left}"
