namespace Research.Launch

open Research.Language

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Text
open System.Threading
open System.Threading.Tasks
open Research.Runs
open Research.Worker

/// How one worker process ended.
type internal WorkerExit = {
    Code: int
    LastError: string option
    /// Why it was killed as hung.
    Hung: string option
}

/// One worker process: starts it, reads its output, stops it.
module internal WorkerProcess =
    [<DllImport("libc", SetLastError = true)>]
    extern int private kill(int pid, int signal)

    [<Literal>]
    let private SIGTERM = 15

    /// Lines of a run's log, written whole and flushed, from two streams. A full disk loses lines but not the run.
    type private Log(path: string) =
        let writer =
            new StreamWriter(
                new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite),
                UTF8Encoding false,
                AutoFlush = true
            )

        let guarded action =
            lock writer (fun () ->
                try
                    action ()
                with :? IOException ->
                    ())

        member _.Write(line: string) =
            guarded (fun () -> writer.WriteLine(Research.Printing.PrintableText.Of(line, lines = true)))

        interface IDisposable with
            member _.Dispose() = guarded writer.Dispose

    /// Watches a worker and reports when it hangs.
    type private LifeWatch(child: Process, limits: HangLimits) =
        let clock = Stopwatch.StartNew()
        let mutable lastEvent = TimeSpan.Zero
        let mutable lastLife = TimeSpan.Zero
        let mutable lastLook = TimeSpan.Zero
        let mutable lastUsed = TimeSpan.Zero

        let used () =
            try
                child.Refresh()
                child.TotalProcessorTime
            with
            | :? InvalidOperationException
            | :? Win32Exception -> lastUsed // it has just exited

        /// The time between two checks.
        member _.Interval =
            min (TimeSpan.FromSeconds 5.0) (min limits.Idle limits.Silent / 5.0)

        /// Call this for each event of the worker.
        member _.Heard() =
            lastEvent <- clock.Elapsed
            lastLife <- clock.Elapsed

        /// Why the worker counts as hung, if it does.
        member _.Look() : string option =
            let now = clock.Elapsed
            let processor = used ()

            if processor - lastUsed > (now - lastLook) * 0.01 then
                lastLife <- now

            lastLook <- now
            lastUsed <- processor

            if now - lastLife > limits.Idle then
                Some $"it neither reported nor used a processor for {ProgressText.duration limits.Idle}"
            elif now - lastEvent > limits.Silent then
                Some $"it reported nothing for {ProgressText.duration limits.Silent}"
            else
                None

    let private pump (reader: StreamReader) (onLine: string -> unit) : Task =
        task {
            let mutable reading = true

            while reading do
                let! line = reader.ReadLineAsync()

                match line with
                | null -> reading <- false
                | line -> onLine line
        }

    /// Runs the command on the folder. `stop` asks the worker to stop by SIGTERM and, after `grace` or when `killNow` is cancelled,
    /// kills it with its children. A hung worker is killed at once.
    let run
        (command: string list)
        (environment: (string * string) list)
        (folder: string)
        (grace: TimeSpan)
        (hang: HangLimits)
        (onEvent: WorkerEvent -> unit)
        (stop: CancellationToken)
        (killNow: CancellationToken)
        : Task<WorkerExit> =
        task {
            let start =
                ProcessStartInfo(
                    List.head command,
                    List.tail command,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    UseShellExecute = false
                )

            for name, value in (WorkerContract.parentVariable, "1") :: environment do
                start.Environment[name] <- value

            use log = new Log(RunFolder.log folder)

            let started =
                try
                    let child = new Process(StartInfo = start)
                    child.Start() |> ignore
                    Ok child
                with :? Win32Exception as error ->
                    Error $"cannot start '{List.head command}': {error.Message}"

            match started with
            | Error message ->
                log.Write message

                return {
                    Code = 1
                    LastError = Some message
                    Hung = None
                }
            | Ok child ->
                use child = child
                let mutable lastError = None
                let mutable hung = None
                let life = LifeWatch(child, hang)

                let output =
                    pump child.StandardOutput (fun line ->
                        match WorkerEvent.tryParse line with
                        | Some event ->
                            life.Heard()
                            onEvent event
                        | None -> log.Write line)

                let errors =
                    pump child.StandardError (fun line ->
                        log.Write line

                        if not (String.IsNullOrWhiteSpace line) then
                            lastError <- Some(line.Trim()))

                let ended = child.WaitForExitAsync()

                while not ended.IsCompleted && not stop.IsCancellationRequested && hung.IsNone do
                    let! _ = Task.WhenAny(ended, Task.Delay(life.Interval, stop))

                    if not ended.IsCompleted then
                        hung <- life.Look()

                match hung with
                | Some reason ->
                    log.Write $"killed as hung: {reason}"
                    child.Kill(entireProcessTree = true)
                | None -> ()

                if not ended.IsCompleted && hung.IsNone then
                    kill (child.Id, SIGTERM) |> ignore
                    let! _ = Task.WhenAny(ended, Task.Delay(grace, killNow))

                    if not ended.IsCompleted then
                        log.Write $"killed: it did not stop within {grace.TotalSeconds} s of being asked to"
                        child.Kill(entireProcessTree = true)

                // Completes at the end of both streams as well, unless a grandchild keeps them open.
                let! _ = Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds 5.0))

                let! _ =
                    Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(TimeSpan.FromSeconds 2.0))

                return {
                    Code = child.ExitCode
                    LastError = lastError
                    Hung = hung
                }
        }
