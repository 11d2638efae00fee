namespace Research.Launch

open Research.Language

open System
open System.IO
open System.Text.Json.Nodes
open System.Threading
open Research.Runs
open Research.Worker

/// Settings of `Slurm.run`.
type SlurmOptions = {
    /// None for the cluster's default partition.
    Partition: string option
    /// None for the partition's limit. A run that needs longer goes back into the queue at each limit.
    TimeLimit: TimeSpan option
    /// How long before the time limit a worker is asked for its checkpoint.
    Warning: TimeSpan
    /// Threads of each process of a run.
    Threads: int
    /// Processes of a run: a task gets a core for each of their threads and, on GPUs, one GPU per process.
    Processes: int
    /// Whether each task needs a GPU.
    Gpu: bool
    /// At most this many tasks of a job at a time.
    Jobs: int option
    /// Further options for sbatch, one per element, such as "--account=physics".
    Extra: string list
    /// Variables for the workers, besides this process's own.
    Environment: (string * string) list
    /// The program that makes a run, given "slurm-task" and the index file.
    Program: string list
    /// How often a crashed task is restarted.
    Retries: int
    /// Whether to return once the job is in the queue.
    Detach: bool
    /// How often the queue is queried.
    Poll: TimeSpan
    Display: ProgressDisplay
    Output: TextWriter
    /// Cancelled to stop waiting, as by Ctrl-C; the job continues.
    Stop: CancellationToken
}

[<RequireQualifiedAccess>]
module SlurmOptions =
    /// The default partition and its time limit, a warning of a minute, one process of one thread, two retries, waiting.
    let standard = {
        Partition = None
        TimeLimit = None
        Warning = TimeSpan.FromMinutes 1.0
        Threads = 1
        Processes = 1
        Gpu = false
        Jobs = None
        Extra = []
        Environment = []
        Program = WorkerContract.program
        Retries = 2
        Detach = false
        Poll = TimeSpan.FromSeconds 2.0
        Display = ProgressDisplay.Auto
        Output = new Research.Printing.PrintableWriter(Console.Error)
        Stop = CancellationToken.None
    }

/// A queued task of a job array.
type SlurmTaskState = {
    /// The array's number.
    Job: string
    /// The job's name.
    Name: string
    /// Its place in the array.
    Task: int
    /// Slurm's word: PENDING, RUNNING, COMPLETING, ...
    State: string
    /// Why it is pending.
    Reason: string
}

/// The runs of a job array: `slurm/<job name>/index.json` in the sweep's folder. The batch script is the same for every job; the tasks
/// find their run folders here, by their place in the array, so that no path passes through a shell.
[<RequireQualifiedAccess>]
module SlurmIndex =
    /// The folder with a sweep's jobs, one folder each, named as the job.
    let jobs (sweepFolder: string) = Path.Combine(sweepFolder, "slurm")

    let path (sweepFolder: string) (job: string) =
        Path.Combine(jobs sweepFolder, job, "index.json")

    /// Where Slurm writes a task's output, in addition to the log in its run folder.
    let taskLog (sweepFolder: string) (job: string) (task: int) =
        Path.Combine(jobs sweepFolder, job, $"task-{task}.log")

    /// Writes the index of a new job; the run folders as absolute paths.
    let write (path: string) (folders: string list) =
        Path.GetDirectoryName path |> nonNull |> Directory.CreateDirectory |> ignore

        let runs = folders |> List.map (Path.GetFullPath >> RunJson.ofText) |> Array.ofList

        let node = JsonObject()
        node["runs"] <- JsonArray runs
        RunJson.write path node

    /// The run folders by task. Raises `InvalidDataException` when the file is damaged.
    let read (path: string) : string list =
        match RunJson.tryNode (RunJson.read path) "runs" with
        | Some(:? JsonArray as runs) ->
            runs
            |> Seq.map (fun run ->
                match run with
                | null -> RunJson.broken path "\"runs\" holds null, but a folder is expected."
                | run -> string run)
            |> List.ofSeq
        | _ -> RunJson.broken path "\"runs\" must be a list of folders."
