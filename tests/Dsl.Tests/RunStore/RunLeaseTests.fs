module Research.Tests.RunLeaseTests

open System
open System.Diagnostics
open System.IO
open System.Threading.Tasks
open Research
open Research.Language
open Research.Runs
open Research.Worker
open Xunit

let private refused (folder: string) =
    match RunLease.TryAcquire folder with
    | Error message -> message
    | Ok lease ->
        (lease :> IDisposable).Dispose()
        failwith "the lease was given twice"

let private ownedBy owner folder =
    RunState.write folder {
        RunState.planned with
            Status = RunStatus.Running
            Attempts = 1
            Owner = Some owner
    }

[<Fact>]
let ``a lease writes running with its process and ends as told`` () =
    use scratch = new Scratch()

    using (RunLease.Acquire scratch.Folder) (fun lease ->
        let state = RunState.read scratch.Folder
        Assert.Equal(RunStatus.Running, state.Status)
        Assert.Equal(Some(ProcessIdentity.current ()), state.Owner)
        Assert.Equal(1, state.Attempts)
        Assert.Equal(1, lease.Attempts)
        lease.Finish(RunStatus.Failed, "loss is NaN"))

    let state = RunState.read scratch.Folder
    Assert.Equal(RunStatus.Failed, state.Status)
    Assert.Equal(Some "loss is NaN", state.Error)
    Assert.Equal(None, state.Owner)

    using (RunLease.Acquire scratch.Folder) (fun lease ->
        Assert.Equal(2, lease.Attempts)
        Assert.Equal(None, (RunState.read scratch.Folder).Error))

    Assert.Equal(RunStatus.Interrupted, (RunState.read scratch.Folder).Status)

[<Fact>]
let ``of many who ask at once one gets the folder`` () =
    use scratch = new Scratch()

    let asked =
        Task.WhenAll [ for _ in 1..16 -> Task.Run(fun () -> RunLease.TryAcquire scratch.Folder) ]

    let given = asked.Result |> Array.choose Result.toOption
    Assert.Single given |> ignore
    Assert.Equal(1, (RunState.read scratch.Folder).Attempts)
    (given[0] :> IDisposable).Dispose()

[<Fact>]
let ``a lock of another process keeps the folder even before it wrote its state`` () =
    use scratch = new Scratch()
    let script = "flock \"$1\" sh -c 'touch \"$1.held\"; sleep 30' sh \"$1\""
    let lease = Path.Combine(scratch.Folder, ".lease")

    use holder =
        Process.Start("/bin/sh", [ "-c"; script; "sh"; lease ]) |> Unchecked.nonNull

    try
        Assert.True(Threading.SpinWait.SpinUntil((fun () -> File.Exists(lease + ".held")), 10_000))
        Assert.Contains(scratch.Folder, refused scratch.Folder)
    finally
        holder.Kill(entireProcessTree = true)
        holder.WaitForExit()

[<Fact>]
let ``a folder whose owner lives is refused by name, and free once the owner is dead`` () =
    use scratch = new Scratch()
    use owner = Process.Start("/bin/sleep", [ "30" ]) |> Unchecked.nonNull
    ownedBy (ProcessIdentity.ofPid owner.Id).Value scratch.Folder
    Assert.Contains($"process {owner.Id} ", refused scratch.Folder)
    Assert.Equal(RunStatus.Running, (RunLease.Observe scratch.Folder).Status)
    owner.Kill()
    owner.WaitForExit()
    Assert.Equal(RunStatus.Interrupted, (RunLease.Observe scratch.Folder).Status)
    use lease = RunLease.Acquire scratch.Folder
    Assert.Equal(2, lease.Attempts)

[<Fact>]
let ``a process that got a dead owner's number is not the owner`` () =
    use scratch = new Scratch()

    ownedBy
        {
            ProcessIdentity.current () with
                Started = "another boot/17"
        }
        scratch.Folder

    Assert.Equal(None, RunLease.Owner scratch.Folder)
    use lease = RunLease.Acquire scratch.Folder
    Assert.Equal(2, lease.Attempts)

/// A process of a machine that this one cannot look into.
let private foreign: ProcessIdentity = {
    Host = "elsewhere"
    Pid = 1
    Started = "x"
    Task = None
}

let private heartbeat (folder: string) (age: TimeSpan) =
    let lease = Path.Combine(folder, ".lease")
    File.WriteAllText(lease, "")
    File.SetLastWriteTimeUtc(lease, DateTime.UtcNow - age)

[<Fact>]
let ``an owner on another host counts while its heartbeat is fresh`` () =
    use scratch = new Scratch()
    ownedBy foreign scratch.Folder
    heartbeat scratch.Folder TimeSpan.Zero
    Assert.Contains("elsewhere", refused scratch.Folder)
    heartbeat scratch.Folder (TimeSpan.FromMinutes 6.0)
    use _ = RunLease.Acquire scratch.Folder
    Assert.Equal(Some(ProcessIdentity.current ()), (RunState.read scratch.Folder).Owner)

[<Fact>]
let ``a heartbeat from the future is no heartbeat`` () =
    use scratch = new Scratch()
    ownedBy foreign scratch.Folder
    heartbeat scratch.Folder (TimeSpan.FromHours -3.0)
    Assert.Equal(None, RunLease.Owner scratch.Folder)

[<Fact>]
let ``a lease's heartbeat has the time of its file system`` () =
    use scratch = new Scratch()
    // Left by a machine whose clock was hours ahead.
    heartbeat scratch.Folder (TimeSpan.FromHours -3.0)
    use _ = RunLease.Acquire scratch.Folder
    let beat = File.GetLastWriteTimeUtc(Path.Combine(scratch.Folder, ".lease"))
    Assert.True((FolderPlace.now scratch.Folder - beat).Duration() < TimeSpan.FromMinutes 1.0)
    Assert.Equal(2, Directory.GetFiles(scratch.Folder).Length) // the probe of the clock is gone; .lease and state.json stay

[<Fact>]
let ``a copy of a folder that is being run is free, the original is not`` () =
    use scratch = new Scratch()
    let original = scratch.File "original"
    let copy = scratch.File "copy"
    Directory.CreateDirectory original |> ignore
    Directory.CreateDirectory copy |> ignore
    use _ = RunLease.Acquire original
    File.Copy(RunFolder.state original, RunFolder.state copy)
    Assert.Equal(RunStatus.Running, (RunLease.Observe original).Status)
    Assert.Equal(RunStatus.Interrupted, (RunLease.Observe copy).Status)
    use lease = RunLease.Acquire copy
    Assert.Equal(2, lease.Attempts)

[<Fact>]
let ``a state that was torn is an interrupted run, and the lease says what was wrong`` () =
    use scratch = new Scratch()
    File.WriteAllText(RunFolder.state scratch.Folder, """{"status":"run""")
    Assert.Equal(RunStatus.Interrupted, (RunLease.Observe scratch.Folder).Status)
    use lease = RunLease.Acquire scratch.Folder
    Assert.Contains(RunFolder.state scratch.Folder, lease.Damage.Value)
    Assert.Equal(RunStatus.Running, (RunState.read scratch.Folder).Status)

[<Fact>]
let ``only an attempt of the same task replaces an owner that it cannot see`` () =
    use scratch = new Scratch()

    let alive task =
        // In a process of its own, since a process has its task from the start.
        let start =
            ProcessStartInfo(
                "dotnet",
                [ Toolkit.library; "worker"; "--run"; scratch.Folder ],
                RedirectStandardError = true
            )

        start.Environment[ProcessIdentity.taskVariable] <- task
        use child = Process.Start start |> Unchecked.nonNull
        let errors = child.StandardError.ReadToEnd()
        child.WaitForExit()
        errors, child.ExitCode

    RunConfig.write
        scratch.Folder
        { Seed = 0; Hash = "00000000" }
        (Experiment.encode (experiment { corpus (corpus_in "/nonexistent") }))

    ownedBy
        {
            foreign with
                Task = Some "slurm/c/7_0"
        }
        scratch.Folder

    heartbeat scratch.Folder TimeSpan.Zero
    let errors, code = alive "slurm/c/8_0"
    Assert.Equal(WorkerContract.held, code)
    Assert.Contains("process 1 on elsewhere", errors)
    let errors, code = alive "slurm/c/7_0"
    Assert.Equal(2, code)
    Assert.Contains("/nonexistent", errors)
