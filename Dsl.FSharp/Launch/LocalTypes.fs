namespace Research

open System
open System.IO
open System.Threading

/// One run to be made by a local worker.
type LocalRun = {
    /// Its run folder, with config.json written.
    Folder: string
    /// The arm, as shown.
    Label: string
    Seed: int
    /// Training steps in all, for the progress before the worker's first line.
    Steps: int64
    /// The configuration's hash: a finished run of this hash is not run again.
    Hash: string
}

[<RequireQualifiedAccess>]
module LocalRun =
    /// A planned run in a results folder. Its config.json is written, unless the run is finished.
    let prepare (out: string) (run: RunPlan) : LocalRun =
        let folder = RunFolder.path out run.Arm run.Seed run.Hash

        if not (RunStore.isFinished folder run.Hash) then
            RunConfig.write
                folder
                {
                    Arm = run.Arm
                    Axes = run.Axes
                    Seed = run.Seed
                    Hash = run.Hash
                }
                (Experiment.encode run.Experiment)

        {
            Folder = folder
            Label = run.Arm
            Seed = run.Seed
            Steps = int64 run.Experiment.Train.Steps
            Hash = run.Hash
        }

/// How a run of `Local.run` ended.
[<RequireQualifiedAccess>]
type LocalOutcome =
    /// A worker finished it now.
    | Done
    /// It was finished before.
    | Skipped
    /// It failed: the worker's exit code and one line. Exit code 2 means a bad configuration.
    | Failed of exitCode: int * error: string
    /// It was stopped, or never started, because a stop was asked for; started again it resumes.
    | Stopped
    /// It is in the queue of a cluster, in the job of this number, and was not waited for.
    | Submitted of job: string

/// A run with its end.
type LocalResult = {
    Run: LocalRun
    Outcome: LocalOutcome
    /// Worker processes started for it now.
    Attempts: int
    /// Wall-clock seconds spent on it now.
    Seconds: float
}

/// How progress is shown.
[<RequireQualifiedAccess>]
type LocalDisplay =
    /// A live table on a terminal, plain lines elsewhere.
    | Auto
    /// A table that is redrawn in place.
    | Live
    /// One line for each 10 % of a run, and for its start and end.
    | Plain
    /// Nothing but the list of failures at the end.
    | Quiet

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
    Display: LocalDisplay
    /// Where plain lines and the list of failures go.
    Output: TextWriter
    /// Cancelled to stop as on Ctrl-C.
    Stop: CancellationToken
}

[<RequireQualifiedAccess>]
module LocalOptions =
    /// `dotnet Research.Dsl.dll`, with the assembly that holds this code.
    let program: string list =
        let host =
            match Environment.GetEnvironmentVariable "DOTNET_HOST_PATH" with
            | null
            | "" -> "dotnet"
            | path -> path

        [ host; Reflection.Assembly.GetExecutingAssembly().Location ]

    /// `dotnet Research.Dsl.dll worker --run FOLDER`.
    let worker (folder: string) : string list = program @ [ "worker"; "--run"; folder ]

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
        Display = LocalDisplay.Auto
        Output = new Research.Printing.PrintableWriter(Console.Error)
        Stop = CancellationToken.None
    }
