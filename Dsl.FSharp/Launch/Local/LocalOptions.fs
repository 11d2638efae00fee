namespace Research.Launch

open Research.Language

open System
open System.IO
open System.Threading
open Research.Worker

/// When a running worker counts as hung. It is then killed and restarted like a crashed one.
type HangLimits = {
    /// This long without an event and below 1 % of a processor.
    Idle: TimeSpan
    /// This long without an event, however busy. An evaluation, or loading the data, counts as one event.
    Silent: TimeSpan
}

/// Settings of `Local.run`.
type LocalOptions = {
    /// Worker processes at a time.
    Jobs: int
    /// The command line that makes a folder's run.
    Command: string -> string list
    /// A prefix to the command of a slot's workers, such as `taskset --cpu-list 0,1`.
    Prefix: int -> string list
    /// Variables added to the environment of the workers in a slot; slots count from 0 to Jobs - 1.
    Environment: int -> (string * string) list
    /// How often in a row a crashed worker (killed by a signal, hung, or an unknown exit code) is restarted without a new
    /// checkpoint.
    Retries: int
    Hang: HangLimits
    /// Whether the first failure stops the other runs, as Ctrl-C would.
    FailFast: bool
    /// How long workers may take to write a checkpoint when asked to stop.
    Grace: TimeSpan
    Display: ProgressDisplay
    /// Where plain lines and the list of failures are written.
    Output: TextWriter
    /// Cancelled to stop, as by Ctrl-C.
    Stop: CancellationToken
}

[<RequireQualifiedAccess>]
module LocalOptions =
    /// Such as `dotnet Research.Dsl.dll worker --run FOLDER`.
    let workerOf (program: string list) (folder: string) : string list = program @ [ "worker"; "--run"; folder ]

    let worker = workerOf WorkerContract.program

    /// One worker at a time with one thread, two retries, 30 s of grace, no stop at a failure; hung after 5 idle minutes or 2 silent hours.
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
