namespace Research.Launch

open Research.Language

open System
open System.IO
open System.Threading
open Research.Worker

/// When a worker that still runs counts as hung. It is then killed and, like a crashed one, started again.
type HangLimits = {
    /// So long without any event and without using a processor (under 1 %).
    Idle: TimeSpan
    /// So long without any event, however busy it is. An evaluation or the loading of data is one event.
    Silent: TimeSpan
}

/// Settings of `Local.run`.
type LocalOptions = {
    /// Worker processes at a time.
    Jobs: int
    /// Executable and arguments that run a folder.
    Command: string -> string list
    /// What stands before the command of the workers in a slot, such as `taskset --cpu-list 0,1`.
    Prefix: int -> string list
    /// Variables added to the environment of the workers in a slot; slots count from 0 to Jobs - 1.
    Environment: int -> (string * string) list
    /// How often in a row a worker that crashed (killed by a signal, hung, or an unknown exit code) is started again without having
    /// come further than before, as its checkpoints tell.
    Retries: int
    Hang: HangLimits
    /// Whether the first failure stops the others as Ctrl-C would, instead of going on with them.
    FailFast: bool
    /// How long workers may take to write a checkpoint when a stop is asked for.
    Grace: TimeSpan
    Display: ProgressDisplay
    /// Where plain lines and the list of failures go.
    Output: TextWriter
    /// Cancelled to stop as on Ctrl-C.
    Stop: CancellationToken
}

[<RequireQualifiedAccess>]
module LocalOptions =
    /// `dotnet Research.Dsl.dll worker --run FOLDER`.
    let worker (folder: string) : string list =
        WorkerContract.program @ [ "worker"; "--run"; folder ]

    /// One worker at a time of one thread, two retries, 30 s of grace, going on after a failure; hung after 5 minutes of idleness or 2
    /// hours of silence.
    let standard = {
        Jobs = 1
        Command = worker
        Prefix = fun _ -> []
        Environment = fun _ -> [ "OMP_NUM_THREADS", "1"; "OPENBLAS_NUM_THREADS", "1"; "MKL_NUM_THREADS", "1" ]
        Retries = 2
        Hang = {
            Idle = TimeSpan.FromMinutes 5.0
            Silent = TimeSpan.FromHours 2.0
        }
        FailFast = false
        Grace = TimeSpan.FromSeconds 30.0
        Display = ProgressDisplay.Auto
        Output = new Research.Printing.PrintableWriter(Console.Error)
        Stop = CancellationToken.None
    }
