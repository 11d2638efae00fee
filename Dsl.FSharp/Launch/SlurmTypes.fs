namespace Research

open System
open System.IO
open System.Threading

/// Settings of `Slurm.run`.
type SlurmOptions = {
    /// None is the cluster's default partition.
    Partition: string option
    /// None is the partition's limit. A run that needs longer is put back into the queue at each limit.
    TimeLimit: TimeSpan option
    /// How long before the time limit a worker is asked for its checkpoint.
    Warning: TimeSpan
    /// Threads of each process of a run.
    Threads: int
    /// Processes of a run: a task has a core for each of their threads and, on GPUs, a GPU for each of them.
    Processes: int
    /// Whether each task needs a GPU.
    Gpu: bool
    /// At most so many tasks of a job at a time.
    Jobs: int option
    /// Further options for sbatch, one an element, such as "--account=physics".
    Extra: string list
    /// Variables for the workers, beside this process's own.
    Environment: (string * string) list
    /// How often a task that crashed starts again.
    Retries: int
    /// Whether to return once the job is in the queue.
    Detach: bool
    /// How often the queue is asked.
    Poll: TimeSpan
    Display: LocalDisplay
    Output: TextWriter
    /// Cancelled to stop waiting, as on Ctrl-C; the job goes on.
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
        Retries = 2
        Detach = false
        Poll = TimeSpan.FromSeconds 2.0
        Display = LocalDisplay.Auto
        Output = new Research.Printing.PrintableWriter(Console.Error)
        Stop = CancellationToken.None
    }

/// A task of a job array that is in the queue.
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
