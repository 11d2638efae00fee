namespace Research.Launch

open Research.Language

open System
open System.IO
open System.Threading
open System.Threading.Tasks
open Spectre.Console
open Spectre.Console.Rendering
open Research.Runs

/// The live table and its plain counterpart.
module internal ProgressView =
    let private bar (row: ProgressRow) =
        let width = 12

        let filled =
            if row.Total > 0L then
                int (int64 width * row.Step / row.Total)
            else
                0

        String('━', min width filled), String('─', width - min width filled)

    let private colour (phase: RunPhase) =
        match phase with
        | RunPhase.Waiting
        | RunPhase.Elsewhere _
        | RunPhase.Queued _ -> "grey"
        | RunPhase.Starting -> "yellow"
        | RunPhase.Training -> "blue"
        | RunPhase.Evaluating -> "aqua"
        | RunPhase.Ended(LaunchOutcome.Done | LaunchOutcome.Skipped) -> "green"
        | RunPhase.Ended(LaunchOutcome.Failed _) -> "red"
        | RunPhase.Ended(LaunchOutcome.Stopped | LaunchOutcome.Submitted _) -> "yellow"

    let private time (row: ProgressRow) =
        match row.Phase, row.Left with
        | RunPhase.Ended _, _ when row.Attempt > 0 -> $"took {ProgressText.duration row.Elapsed}"
        | _, Some left -> $"{ProgressText.duration left} left"
        | _ -> ""

    /// As many rows as the screen holds: active runs first, then failed, waiting and ended ones.
    let private visible (height: int) (rows: ProgressRow[]) =
        if rows.Length <= height then
            rows
        else
            let rank (row: ProgressRow) =
                match row.Phase with
                | RunPhase.Starting
                | RunPhase.Training
                | RunPhase.Evaluating -> 0
                | RunPhase.Ended(LaunchOutcome.Failed _) -> 1
                | RunPhase.Waiting
                | RunPhase.Elsewhere _
                | RunPhase.Queued _ -> 2
                | RunPhase.Ended _ -> 3

            rows
            |> Array.indexed
            |> Array.sortBy (fun (i, row) -> rank row, i)
            |> Array.truncate height
            |> Array.sortBy fst
            |> Array.map snd

    /// The present table.
    let table
        (height: int)
        (jobs: int)
        (notice: string option)
        (rows: ProgressRow[])
        (elapsed: TimeSpan)
        : IRenderable =
        let table = Table(Border = TableBorder.Simple)

        for title, right in
            [
                "run", false
                "seed", true
                "", false
                "step", true
                "loss", true
                "images/s", true
                "time", true
                "state", false
            ] do
            let column = TableColumn(Printed.markup title).NoWrap()
            table.AddColumn(if right then column.RightAligned() else column) |> ignore

        for row in visible height rows do
            let filled, rest = bar row

            let state =
                if row.Attempt > 1 then
                    $"{row.Phase} (attempt {row.Attempt})"
                else
                    string row.Phase

            table.AddRow(
                Printed.markup row.Run.Label,
                string row.Run.Seed,
                $"[blue]{filled}[/][grey]{rest}[/]",
                $"{row.Step}/{row.Total}",
                ProgressText.loss row,
                ProgressText.rate row,
                time row,
                $"[{colour row.Phase}]{Printed.markup state}[/]"
            )
            |> ignore

        let last =
            match notice with
            | Some text -> $". {text}"
            | None -> ""

        Rows(table, Text(Research.Printing.PrintableText.Of("  " + ProgressText.summary rows jobs elapsed + last)))

    /// Redraws until `ended` is set.
    let live (board: ProgressBoard) (jobs: int) (ended: ManualResetEventSlim) =
        let console = AnsiConsole.Console
        let height () = max 3 (console.Profile.Height - 6)

        let draw () =
            table (height ()) jobs board.Notice board.Rows board.Elapsed

        console
            .Live(draw ())
            .Start(fun context ->
                let mutable running = true

                while running do
                    running <- not (ended.Wait 200)
                    context.UpdateTarget(draw ())
                    context.Refresh())

    /// The failed runs with their logs.
    let failures (output: TextWriter) (results: LaunchResult list) =
        for result in results do
            match result.Outcome with
            | LaunchOutcome.Failed(_, error) ->
                output.WriteLine $"failed: {result.Run.Label}, seed {result.Run.Seed}: {error}"
                let log = RunFolder.log result.Run.Folder

                if File.Exists log then
                    output.WriteLine $"        log: {log}"
            | _ -> ()

        output.Flush()

    let private plainLine (row: ProgressRow) =
        let name = $"{row.Run.Label}, seed {row.Run.Seed}"

        match row.Phase with
        | RunPhase.Starting when row.Attempt > 1 -> $"{name}: started again, attempt {row.Attempt}"
        | RunPhase.Starting -> $"{name}: started"
        | RunPhase.Training ->
            let percent = if row.Total > 0L then 100L * row.Step / row.Total else 0L

            let details = [
                if row.Loss.IsSome then
                    $"loss {ProgressText.loss row}"
                if row.Rate.IsSome then
                    $"{ProgressText.rate row} images/s"
                match row.Left with
                | Some left -> $"{ProgressText.duration left} left"
                | None -> ()
            ]

            String.Join(", ", $"{name}: step {row.Step}/{row.Total} ({percent} %%)" :: details)
        | RunPhase.Ended(LaunchOutcome.Failed(_, error)) -> $"{name}: failed: {error}"
        | RunPhase.Ended _ when row.Attempt > 0 -> $"{name}: {row.Phase} in {ProgressText.duration row.Elapsed}"
        | phase -> $"{name}: {phase}"

    /// Writes a line when a run changes its phase or passes a tenth of its steps, until `ended` is set.
    let plain (output: TextWriter) (board: ProgressBoard) (jobs: int) (ended: ManualResetEventSlim) =
        let mark (row: ProgressRow) =
            let tenth =
                match row.Phase with
                | RunPhase.Training when row.Total > 0L -> 10L * row.Step / row.Total
                | _ -> 0L

            string row.Phase, row.Attempt, tenth

        // Workers start before the first look, so their first phases count as changes too.
        let mutable shown =
            board.Rows |> Array.map (fun _ -> string RunPhase.Waiting, 0, 0L)

        let mutable running = true
        let mutable told = None

        while running do
            running <- not (ended.Wait 200)

            match board.Notice with
            | Some notice when told <> Some notice -> output.WriteLine notice
            | _ -> ()

            told <- board.Notice

            let rows = board.Rows
            let marks = rows |> Array.map mark

            let isSkipped (row: ProgressRow) =
                row.Phase = RunPhase.Ended LaunchOutcome.Skipped

            let changed = [
                for i in 0 .. rows.Length - 1 do
                    if marks[i] <> shown[i] then
                        rows[i]
            ]

            match changed |> List.filter isSkipped with
            | [] -> ()
            | [ one ] -> output.WriteLine(plainLine one)
            | many -> output.WriteLine $"{many.Length} runs: done before"

            for row in changed |> List.filter (isSkipped >> not) do
                output.WriteLine(plainLine row)

            shown <- marks

        output.WriteLine(ProgressText.summary board.Rows jobs board.Elapsed)
        output.Flush()

    /// Shows the board until `work` ends, and rethrows what it threw.
    let watch (display: ProgressDisplay) (output: TextWriter) (board: ProgressBoard) (jobs: int) (work: Task) =
        use ended = new ManualResetEventSlim(false)
        let signalEnd = work.ContinueWith(fun (_: Task) -> ended.Set())

        match display with
        | ProgressDisplay.Auto when Console.IsOutputRedirected || not AnsiConsole.Profile.Capabilities.Ansi ->
            plain output board jobs ended
        | ProgressDisplay.Plain -> plain output board jobs ended
        | ProgressDisplay.Auto
        | ProgressDisplay.Live -> live board jobs ended
        | ProgressDisplay.Quiet -> ()

        signalEnd.Wait()
        work.GetAwaiter().GetResult()
