namespace Research

open System
open System.IO
open System.Runtime.InteropServices
open System.Threading

/// How a worker learns that it should stop. The contract between `Local.run` and a worker process:
///
/// * The launcher holds the worker's standard input open and sets RESEARCH_PARENT_STDIN=1. Nothing is ever written there; its end
///   means that the launcher is gone, however it died, and the worker then writes a checkpoint and stops.
/// * SIGTERM, and SIGINT (which a terminal sends to launcher and workers alike), ask for the same.
/// * Exit codes: 0 done (final.json is written), 1 failed (one line on standard error), 2 bad configuration (one line), 75 stopped on
///   request with a checkpoint, 76 another live process has the run, 77 another process of the run crashed. Anything else is a crash too.
/// * Standard output carries progress, one JSON object a line (see `WorkerEvent`); standard error goes to the run's log.txt.
[<RequireQualifiedAccess>]
module ParentWatch =
    /// The variable that tells a worker to watch its standard input.
    [<Literal>]
    let variable = "RESEARCH_PARENT_STDIN"

    /// The exit code of a worker that stopped on request with a checkpoint.
    [<Literal>]
    let stoppedExitCode = 75

    /// The exit code of a worker whose run another live process has.
    [<Literal>]
    let heldExitCode = 76

    /// The exit code of a worker whose run has several processes, of which another one crashed.
    [<Literal>]
    let crashedExitCode = 77

    /// Calls `onParentGone` once, on a thread of its own, when the launcher is gone. Does nothing unless a launcher started this
    /// process, so that a worker started by hand reads no terminal.
    let start (onParentGone: unit -> unit) =
        if Environment.GetEnvironmentVariable variable = "1" then
            let watch () =
                use input = Console.OpenStandardInput()
                let buffer = Array.zeroCreate<byte> 256

                try
                    while input.Read(buffer, 0, buffer.Length) > 0 do
                        ()
                with :? IOException ->
                    ()

                onParentGone ()

            Thread(watch, IsBackground = true, Name = "parent watch").Start()

/// The signals that ask a process to stop in order.
[<RequireQualifiedAccess>]
module StopSignals =
    /// Linux's number; .NET has no name for it.
    let private user1 = enum<PosixSignal> 10

    /// Calls `onStop` for each SIGINT, SIGTERM, SIGHUP and SIGUSR1 instead of dying, until disposed. Schedulers send the last one
    /// some time before they end a job.
    let listen (onStop: unit -> unit) : IDisposable =
        let handle (context: PosixSignalContext) =
            context.Cancel <- true
            onStop ()

        let registrations =
            [ PosixSignal.SIGINT; PosixSignal.SIGTERM; PosixSignal.SIGHUP; user1 ]
            |> List.map (fun signal -> PosixSignalRegistration.Create(signal, handle))

        {
            new IDisposable with
                member _.Dispose() = registrations |> List.iter _.Dispose()
        }

    /// What a worker needs in one call: a token that is cancelled by a stop signal or by the launcher's death. Dispose the second
    /// value at the end.
    let workerToken () : CancellationToken * IDisposable =
        let source = new CancellationTokenSource()

        let cancel () =
            try
                source.Cancel()
            with :? ObjectDisposedException ->
                ()

        let signals = listen cancel
        ParentWatch.start cancel
        source.Token, signals
