namespace Research.Runs

open Research.Language

open System
open System.IO
open System.Threading

/// The right to make a folder's run. One process at a time holds it: on one host by a lock that the kernel frees when the process dies,
/// and across hosts by the owner in state.json together with a heartbeat (the time of the file `.lease`, on the file system's clock).
[<Sealed>]
type RunLease private (folder: string, lock: FileStream, state: RunState, damage: string option, wasDone: bool) =
    let mutable finished = false
    let mutable disposed = false

    static let heartbeat = TimeSpan.FromSeconds 30.0
    static let patience = TimeSpan.FromMinutes 5.0

    // Written, not stamped, so that the file system's clock sets the time and not this machine's, which may be wrong.
    let beat () =
        try
            lock.Position <- 0L
            lock.WriteByte(byte '.')
            lock.Flush(flushToDisk = true)
        with
        | :? IOException
        | :? ObjectDisposedException
        | :? UnauthorizedAccessException -> () // the next beat makes up for a missed one; the folder's own writes report disk errors

    do beat ()
    let timer = new Timer((fun _ -> beat ()), null, heartbeat, heartbeat)

    static let isFresh (folder: string) =
        (FolderPlace.now folder - File.GetLastWriteTimeUtc(RunFolder.lease folder)).Duration() < patience

    /// Whether the owner has this very folder, and not the original of this copy.
    static let isOriginal (folder: string) (state: RunState) =
        match state.Place, FolderPlace.tryOf folder with
        | Some then', Some now -> then' = now
        | _ -> true

    /// The live process that owns the folder, if any. A process of another host counts as live while its heartbeat is fresh.
    static member Owner(folder: string) : ProcessIdentity option =
        let state = RunState.readOrInterrupted folder

        match state.Status, state.Owner with
        | RunStatus.Running, Some owner when isOriginal folder state ->
            match ProcessIdentity.isAlive owner with
            | Some true -> Some owner
            | Some false -> None
            | None when isFresh folder -> Some owner
            | None -> None
        | _ -> None

    /// The folder's state now: `running` under a dead owner counts as `interrupted`.
    static member Observe(folder: string) : RunState =
        let state = RunState.readOrInterrupted folder

        if state.Status = RunStatus.Running && (RunLease.Owner folder).IsNone then
            {
                state with
                    Status = RunStatus.Interrupted
                    Owner = None
            }
        else
            state

    /// Takes the folder and writes `running` with one more attempt, or returns its owner.
    static member TryAcquire(folder: string) : Result<RunLease, string> =
        let held (owner: ProcessIdentity option) =
            let who =
                match owner with
                | Some owner -> $"process {owner.Pid} on {owner.Host}"
                | None -> "another process"

            Error
                $"The run folder '{folder}' is in use by {who}, which is still running it: stop that process, or wait for it."

        let self = ProcessIdentity.current ()
        // Checked before the file is opened: looking at another host's heartbeat must not refresh it.
        let ownerBefore = RunLease.Owner folder

        match ownerBefore with
        | Some owner when owner <> self -> held ownerBefore
        | _ ->
            let lock =
                try
                    Some(
                        new FileStream(
                            RunFolder.lease folder,
                            FileMode.OpenOrCreate,
                            FileAccess.ReadWrite,
                            FileShare.None,
                            0
                        )
                    )
                with :? IOException when File.Exists(RunFolder.lease folder) ->
                    None

            match lock with
            | None -> held (RunLease.Owner folder)
            | Some lock ->
                let previous = RunState.readOrInterrupted folder

                let wasDone =
                    previous.Status = RunStatus.Done && File.Exists(RunFolder.final folder)

                let damage =
                    if previous.Status = RunStatus.Interrupted then
                        previous.Error
                    else
                        None

                let state = {
                    previous with
                        Status = RunStatus.Running
                        Attempts = previous.Attempts + 1
                        Error = None
                        Owner = Some self
                        Place = FolderPlace.tryOf folder
                }

                try
                    RunState.write folder state
                    Ok(new RunLease(folder, lock, state, damage, wasDone))
                with _ ->
                    lock.Dispose()
                    reraise ()

    /// The same, but raises an `IOException` that names the owner when the folder is taken.
    static member Acquire(folder: string) : RunLease =
        match RunLease.TryAcquire folder with
        | Ok lease -> lease
        | Error message -> raise (IOException message)

    /// How often the run has been taken, including this time.
    member _.Attempts = state.Attempts

    /// What was wrong with a damaged state.json that the lease replaced.
    member _.Damage = damage

    /// Whether the run was finished when the lease took it.
    member _.WasDone = wasDone

    /// Writes how the run ended. Without it, disposing the lease writes `interrupted`.
    member _.Finish(status: RunStatus, ?error: string) =
        ObjectDisposedException.ThrowIf(disposed, typeof<RunLease>)

        if status = RunStatus.Running || status = RunStatus.Planned then
            raise (ArgumentException $"A run cannot finish as '{status}'; use done, failed or interrupted.")

        RunState.write folder {
            state with
                Status = status
                Error = error
                Owner = None
        }

        finished <- true

    interface IDisposable with
        member this.Dispose() =
            if not disposed then
                timer.Dispose()

                try
                    if not finished then
                        this.Finish RunStatus.Interrupted
                finally
                    disposed <- true
                    lock.Dispose()
