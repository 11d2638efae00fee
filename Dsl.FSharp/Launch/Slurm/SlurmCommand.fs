namespace Research.Launch

open Research.Language

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open Research.Worker

/// Slurm's own programs.
[<RequireQualifiedAccess>]
module SlurmCommand =
    let private run (program: string) (arguments: string list) (environment: (string * string) list) =
        let start =
            ProcessStartInfo(
                program,
                arguments,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false
            )

        for name, value in environment do
            start.Environment[name] <- value

        try
            use child = new Process(StartInfo = start)
            child.Start() |> ignore
            child.StandardInput.Close()
            let errors = child.StandardError.ReadToEndAsync()
            let output = child.StandardOutput.ReadToEnd()
            child.WaitForExit()

            if child.ExitCode = 0 then
                Ok(output.Trim())
            else
                let said = errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                Error(said |> Array.tryLast |> Option.defaultValue $"exit code {child.ExitCode}")
        with :? Win32Exception ->
            raise (
                InvalidOperationException
                    $"--slurm: '{program}' is not on the PATH: start the script on a machine of the cluster, or without --slurm."
            )

    /// `42`, or `42;cluster`.
    let private jobNumber (answer: string) = (answer.Split ';')[0]

    let private minutes (time: TimeSpan) =
        string (max 1L (int64 (ceil time.TotalMinutes)))

    /// The batch script beside this assembly.
    let private script =
        lazy
            (let folder =
                Path.GetDirectoryName(Reflection.Assembly.GetExecutingAssembly().Location)
                |> string

             Path.Combine(folder, "slurm-task.sh"))

    /// sbatch's arguments for an index of `count` runs.
    let submission (options: SlurmOptions) (name: string) (index: string) (count: int) : string list = [
        "--parsable"
        $"--job-name={name}"
        match options.Jobs with
        | Some jobs -> $"--array=0-{count - 1}%%{jobs}"
        | None -> $"--array=0-{count - 1}"
        $"--chdir={Path.GetDirectoryName index}"
        "--output=task-%a.log"
        "--open-mode=append"
        "--requeue"
        "--ntasks=1"
        $"--cpus-per-task={options.Threads * options.Processes}"
        $"--signal=USR1@{int64 (ceil options.Warning.TotalSeconds)}"
        match options.Partition with
        | Some partition -> $"--partition={partition}"
        | None -> ()
        match options.TimeLimit with
        | Some limit -> $"--time={minutes limit}"
        | None -> ()
        if options.Gpu then
            $"--gres=gpu:{options.Processes}"
        yield! options.Extra
        script.Value
        index
        string options.Retries
        yield! options.Program
    ]

    /// Puts a job array into the queue and returns its number. Raises `InvalidOperationException` with Slurm's own words.
    let submit (options: SlurmOptions) (name: string) (index: string) (count: int) : string =
        let threads = string options.Threads

        let environment = [
            for variable in [ "OMP_NUM_THREADS"; "OPENBLAS_NUM_THREADS"; "MKL_NUM_THREADS" ] do
                variable, threads
            yield! options.Environment
        ]

        match run "sbatch" (submission options name index count) environment with
        | Ok answer -> jobNumber answer
        | Error message -> raise (InvalidOperationException $"--slurm: {message}")

    /// This user's array tasks in the queue, or Slurm's error.
    let queue () : Result<SlurmTaskState list, string> =
        let parse (line: string) =
            match line.Split('|', 5) with
            | [| job; task; state; reason; name |] ->
                match Int32.TryParse task with
                | true, task ->
                    Some {
                        Job = job
                        Name = name
                        Task = task
                        State = state
                        Reason = reason
                    }
                | false, _ -> None
            | _ -> None

        run "squeue" [
            "--noheader"
            "--array"
            $"--user={Environment.UserName}"
            "--format=%F|%K|%T|%r|%j"
        ] []
        |> Result.map (fun answer ->
            answer.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            |> Array.choose (_.Trim() >> parse)
            |> List.ofArray)
