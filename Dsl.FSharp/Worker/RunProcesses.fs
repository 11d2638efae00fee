namespace Research.Worker

open Research.Language

open System
open System.Diagnostics
open System.IO
open System.Threading
open Research.Objectives
open Research.Training.Processes

/// A further process of a run, `worker --member FOLDER`. The contract between the worker and a member:
///
/// * The worker is rank 0. It holds the member's standard input open (see `WorkerContract`); its end means that the worker is gone.
/// * RANK, WORLD_SIZE and MASTER_PORT tell where the group meets; RESEARCH_GROUP_KEY proves that a process belongs to it.
/// * A member writes nothing into the run's folder. The worker repeats its standard error, with the member's number in front.
/// * Exit codes are those of a worker.
type internal MemberProcess
    (rank: int, world: int, folder: string, port: int, key: string, environment: (string * string) list) =
    let mutable lastError: string | null = null
    let mutable started = false

    let child =
        let command = WorkerContract.program @ [ "worker"; "--member"; folder ]

        let start =
            ProcessStartInfo(
                List.head command,
                List.tail command,
                RedirectStandardInput = true,
                RedirectStandardError = true,
                UseShellExecute = false
            )

        for name, value in
            [
                WorkerContract.parentVariable, "1"
                "RANK", string rank
                "WORLD_SIZE", string world
                "MASTER_ADDR", "127.0.0.1"
                "MASTER_PORT", string port
                ProcessGroupOptions.KeyVariable, key
            ]
            @ environment do
            start.Environment[name] <- value

        let child = new Process(StartInfo = start, EnableRaisingEvents = true)

        child.ErrorDataReceived.Add(fun line ->
            match line.Data with
            | null
            | "" -> ()
            | text ->
                lastError <- text
                eprintfn "process %d: %s" rank text)

        child

    /// Starts it; calls `onEnd` when it has ended.
    member _.Start(onEnd: unit -> unit) =
        child.Exited.Add(fun _ -> onEnd ())
        child.Start() |> ignore
        started <- true
        child.BeginErrorReadLine()

    member _.WaitForExit(time: TimeSpan) = started && child.WaitForExit time

    /// The exit code and last line of a member that failed.
    member _.Failure: (int * string) option =
        if not started || not child.HasExited || child.ExitCode = 0 then
            None
        else
            child.WaitForExit() // for the end of its output

            let how =
                match lastError, WorkerContract.signalName child.ExitCode with
                | _, Some signal -> $"was killed by {signal}"
                | null, None -> $"ended with exit code {child.ExitCode} and no message"
                | text, None -> $"ended: {text}"

            Some(child.ExitCode, $"process {rank} of the run's {world} {how}")

    interface IDisposable with
        member _.Dispose() =
            if started && not child.HasExited then
                child.StandardInput.Close()

                if not (child.WaitForExit(TimeSpan.FromSeconds 10.0)) then
                    child.Kill()

            child.Dispose()

/// The processes that make one run: this one, and the members that it started.
type internal RunProcesses(group: ICollective, members: MemberProcess list) =
    /// The exit code and last line of the first member that failed; waits up to five seconds for the members to end.
    static member FailureOf(members: MemberProcess list) : (int * string) option =
        let clock = Stopwatch.StartNew()

        for other in members do
            other.WaitForExit(max TimeSpan.Zero (TimeSpan.FromSeconds 5.0 - clock.Elapsed))
            |> ignore

        // When a member fails, the others only report that they lost it.
        let failures = members |> List.choose _.Failure

        failures
        |> List.tryFind (fun (_, line) -> not (line.Contains(" lost rank ", StringComparison.Ordinal)))
        |> Option.orElse (List.tryHead failures)

    member _.Collective = group

    /// Why the group broke, if a member reports it; waits briefly for members that are about to end.
    member _.Failure() = RunProcesses.FailureOf members

    interface IDisposable with
        member _.Dispose() =
            match group with
            | :? IDisposable as group -> group.Dispose()
            | _ -> ()

            members |> List.iter (fun other -> (other :> IDisposable).Dispose())

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal RunProcesses =
    /// How long a process waits for the others in one call: one of them may be evaluating.
    let patience = TimeSpan.FromHours 2.0

    // The GPU of each process, in the order of CUDA_VISIBLE_DEVICES or of the machine.
    let private device (train: TrainSettings) (rank: int) = [
        if train.Device <> "cpu" then
            let seen =
                match Environment.GetEnvironmentVariable "CUDA_VISIBLE_DEVICES" with
                | null
                | "" -> [||]
                | devices -> devices.Split ','

            "CUDA_VISIBLE_DEVICES", (if rank < seen.Length then seen[rank] else string rank)
    ]

    /// Starts the run's further processes, if it has any, and waits until all have met.
    let start (folder: string) (train: TrainSettings) (stop: CancellationToken) : RunProcesses =
        let world = train.Processes

        if world = 1 then
            new RunProcesses(SingleProcess.Instance, [])
        else
            let key = Security.Cryptography.RandomNumberGenerator.GetHexString 32
            use ended = CancellationTokenSource.CreateLinkedTokenSource stop

            let onEnd () =
                try
                    ended.Cancel()
                with :? ObjectDisposedException ->
                    () // they had already met

            let members: MemberProcess list ref = ref []

            let startMembers port =
                members.Value <- [
                    for rank in 1 .. world - 1 -> new MemberProcess(rank, world, folder, port, key, device train rank)
                ]

                members.Value |> List.iter (fun other -> other.Start onEnd)

            try
                let group =
                    ProcessGroup.Join(
                        ProcessGroupOptions(Rank = 0, World = world, Port = 0, Key = key, Timeout = patience),
                        ended.Token,
                        startMembers
                    )

                new RunProcesses(group, members.Value)
            with error ->
                let failure =
                    match error with
                    | :? OperationCanceledException when not stop.IsCancellationRequested ->
                        RunProcesses.FailureOf members.Value
                    | _ -> None

                members.Value |> List.iter (fun other -> (other :> IDisposable).Dispose())

                match failure with
                | Some(_, line) -> raise (InvalidOperationException(line, error))
                | None -> reraise ()
