namespace Research.Launch

open Research.Language

open System
open System.IO
open System.Text
open Research.Runs
open Research.Worker

/// The process of one task of a job array: `slurm-task INDEX`, started by slurm-task.sh.
[<RequireQualifiedAccess>]
module SlurmTask =
    /// Writes to both.
    type private Both(first: TextWriter, second: TextWriter) =
        inherit TextWriter()
        override _.Encoding = Encoding.UTF8

        override _.Write(value: char) =
            first.Write value
            second.Write value

        override _.Write(value: string | null) =
            first.Write value
            second.Write value

        override _.WriteLine(value: string | null) =
            first.WriteLine value
            second.WriteLine value

        override _.Flush() =
            first.Flush()
            second.Flush()

    let private task () =
        match
            Environment.GetEnvironmentVariable "SLURM_ARRAY_TASK_ID"
            |> Option.ofObj
            |> Option.map Int32.TryParse
        with
        | Some(true, task) -> task
        | _ ->
            raise (
                ArgumentException
                    "slurm-task: SLURM_ARRAY_TASK_ID is not set: this command is for tasks of a job array."
            )

    /// Makes the run at this task's place in the index and returns the worker's exit code. The worker's output goes to the run's
    /// log.txt and to the task's output.
    let run (index: string) : int =
        let folders = SlurmIndex.read index
        let task = task ()

        if task < 0 || task >= folders.Length then
            raise (ArgumentException $"slurm-task: {index} has {folders.Length} runs, but none at place {task}.")

        let folder = folders[task]
        let errors = Console.Error

        use log =
            new StreamWriter(
                new FileStream(RunFolder.log folder, FileMode.Append, FileAccess.Write, FileShare.ReadWrite),
                UTF8Encoding false,
                AutoFlush = true
            )

        try
            Console.SetOut TextWriter.Null // only a launcher reads progress here; metrics.jsonl has it too
            Console.SetError(new Research.Printing.PrintableWriter(new Both(errors, log)))
            RunWorker.run folder
        finally
            Console.SetError errors
