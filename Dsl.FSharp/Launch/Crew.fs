namespace Research

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Research.Objectives
open Research.Training.Processes

/// A further process of a run, `worker --member FOLDER`. The contract between the worker and a member:
///
/// * The worker is rank 0. It holds the member's standard input open (see `ParentWatch`); its end means that the worker is gone.
/// * RANK, WORLD_SIZE and MASTER_PORT say where the group meets.
/// * A member writes nothing into the run's folder. What it says on standard error the worker repeats, with the member's number before it.
/// * Exit codes are a worker's.
type internal Member(rank: int, world: int, folder: string, port: int, environment: (string * string) list) =
    let mutable lastError: string | null = null

    let child =
        let command = LocalOptions.program @ [ "worker"; "--member"; folder ]

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
                ParentWatch.variable, "1"
                "RANK", string rank
                "WORLD_SIZE", string world
                "MASTER_ADDR", "127.0.0.1"
                "MASTER_PORT", string port
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

    /// Starts it; `onEnd` is called once it has ended.
    member _.Start(onEnd: unit -> unit) =
        child.Exited.Add(fun _ -> onEnd ())
        child.Start() |> ignore
        child.BeginErrorReadLine()

    member _.WaitForExit(time: TimeSpan) = child.WaitForExit time

    /// The exit code and the last line of one that ended otherwise than well.
    member _.Failure: (int * string) option =
        if not child.HasExited || child.ExitCode = 0 then
            None
        else
            child.WaitForExit() // for the end of its output

            let how =
                match lastError, LocalWorker.signalName child.ExitCode with
                | _, Some signal -> $"was killed by {signal}"
                | null, None -> $"ended with exit code {child.ExitCode} and said nothing"
                | text, None -> $"ended: {text}"

            Some(child.ExitCode, $"process {rank} of the run's {world} {how}")

    interface IDisposable with
        member _.Dispose() =
            if not child.HasExited then
                child.StandardInput.Close()

                if not (child.WaitForExit(TimeSpan.FromSeconds 10.0)) then
                    child.Kill()

            child.Dispose()

/// The processes that make one run: this one, and the members that it started.
type internal Crew(group: ProcessGroup, members: Member list) =
    /// What a member that went wrong has to say, once it has ended: its exit code and a line.
    static member FailureOf(members: Member list) : (int * string) option =
        for other in members do
            other.WaitForExit(TimeSpan.FromSeconds 5.0) |> ignore

        // One that fails takes the others along, who only say that they lost it.
        let failures = members |> List.choose _.Failure

        failures
        |> List.tryFind (fun (_, line) -> not (line.Contains(" lost rank ", StringComparison.Ordinal)))
        |> Option.orElse (List.tryHead failures)

    member _.Collective: ICollective = group

    /// Why the group broke, where a member knows; waits a little for members that are about to end.
    member _.Failure() = Crew.FailureOf members

    interface IDisposable with
        member _.Dispose() =
            (group :> IDisposable).Dispose()
            members |> List.iter (fun other -> (other :> IDisposable).Dispose())

[<RequireQualifiedAccess>]
module internal Crews =
    /// How long a process waits for the others in a call: one of them may be evaluating.
    let patience = TimeSpan.FromHours 2.0

    let private freePort () =
        use socket =
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

        socket.Bind(IPEndPoint(IPAddress.Loopback, 0))

        match socket.LocalEndPoint with
        | :? IPEndPoint as place -> place.Port
        | _ -> 0

    // The GPU of each process: of those that the worker sees, or that it was told to see, in order.
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
    let start (folder: string) (train: TrainSettings) (stop: CancellationToken) : Crew =
        let world = TrainSettings.processCount train

        if world = 1 then
            new Crew(ProcessGroup.Join(ProcessGroupOptions(Rank = 0, World = 1)), [])
        else
            let port = freePort ()

            let members = [
                for rank in 1 .. world - 1 -> new Member(rank, world, folder, port, device train rank)
            ]

            use ended = CancellationTokenSource.CreateLinkedTokenSource stop

            let onEnd () =
                try
                    ended.Cancel()
                with :? ObjectDisposedException ->
                    () // they had met before

            try
                members |> List.iter (fun other -> other.Start onEnd)

                let group =
                    ProcessGroup.Join(
                        ProcessGroupOptions(Rank = 0, World = world, Port = port, Timeout = patience),
                        ended.Token
                    )

                new Crew(group, members)
            with error ->
                let failure =
                    match error with
                    | :? OperationCanceledException when not stop.IsCancellationRequested -> Crew.FailureOf members
                    | _ -> None

                members |> List.iter (fun other -> (other :> IDisposable).Dispose())

                match failure with
                | Some(_, line) -> raise (InvalidOperationException(line, error))
                | None -> reraise ()
