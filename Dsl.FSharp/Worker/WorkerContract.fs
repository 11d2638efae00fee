namespace Research.Worker

open Research.Language

open System
open System.IO
open System.Runtime.InteropServices
open System.Threading

/// The contract between a launcher and its worker processes:
///
/// * The launcher holds the worker's standard input open and sets RESEARCH_PARENT_STDIN=1. Nothing is ever written to it; its end
///   means that the launcher is gone, however it died, and the worker then writes a checkpoint and stops.
/// * SIGTERM, and SIGINT (which a terminal sends to launcher and workers alike), ask for the same.
/// * Exit codes: 0 done (final.json is written), 1 failed (one line on standard error), 2 bad configuration (one line), and those
///   below. Anything else is a crash.
/// * Standard output carries progress, one JSON object per line (see `WorkerEvent`); standard error goes to the run's log.txt.
[<RequireQualifiedAccess>]
module WorkerContract =
    /// The variable that tells a worker to watch its standard input.
    [<Literal>]
    let parentVariable = "RESEARCH_PARENT_STDIN"

    /// The exit code of a worker that stopped on request with a checkpoint.
    [<Literal>]
    let stopped = 75

    /// The exit code of a worker whose run another live process holds.
    [<Literal>]
    let held = 76

    /// The exit code of a worker whose run has several processes, when another one crashed.
    [<Literal>]
    let memberCrashed = 77

    let private host =
        match Environment.GetEnvironmentVariable "DOTNET_HOST_PATH" with
        | null
        | "" -> "dotnet"
        | path -> path

    /// `dotnet Research.Dsl.dll`, with the assembly that holds this code.
    let program: string list = [ host; Reflection.Assembly.GetExecutingAssembly().Location ]

    /// The running script as a worker, compiled as in this process: another way would give its functions another identity. It ends
    /// in `main`, which obeys the arguments.
    let scripted: string list =
        let given = Environment.GetCommandLineArgs() |> List.ofArray

        let isScript (argument: string) =
            argument.EndsWith(".fsx", StringComparison.Ordinal)

        host :: (given |> List.takeWhile (isScript >> not))
        @ (given |> List.tryFind isScript |> Option.map Path.GetFullPath |> Option.toList)

    /// The signal's name in the exit code that .NET reports for a process killed by it.
    let signalName (exitCode: int) =
        match exitCode - 128 with
        | 6 -> Some "signal 6 (abort)"
        | 9 -> Some "signal 9 (kill; the machine may be out of memory)"
        | 11 -> Some "signal 11 (segmentation fault)"
        | 15 -> Some "signal 15 (terminate)"
        | signal when signal > 0 && signal < 65 -> Some $"signal {signal}"
        | _ -> None

/// How a worker learns that its launcher is gone.
[<RequireQualifiedAccess>]
module ParentWatch =
    /// Calls `onParentGone` once, on its own thread, when the launcher is gone. Does nothing unless a launcher started this
    /// process, so that a worker started by hand does not read the terminal.
    let start (onParentGone: unit -> unit) =
        if Environment.GetEnvironmentVariable WorkerContract.parentVariable = "1" then
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

/// The signals that ask a process to stop cleanly.
[<RequireQualifiedAccess>]
module StopSignals =
    /// Linux's number; .NET has no name for it.
    let private user1 = enum<PosixSignal> 10

    /// Calls `onStop` for each SIGINT, SIGTERM, SIGHUP and SIGUSR1 instead of dying, until disposed. Schedulers send SIGUSR1
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

    /// A token that a stop signal or the launcher's death cancels. Dispose the second value at the end.
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
