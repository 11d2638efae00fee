module Research.Tests.RunLeaseTests

open System
open System.Diagnostics
open System.IO
open System.Threading.Tasks
open Research
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

[<Fact>]
let ``an owner on another host counts while its heartbeat is fresh`` () =
    use scratch = new Scratch()
    let lease = Path.Combine(scratch.Folder, ".lease")

    ownedBy
        {
            Host = "elsewhere"
            Pid = 1
            Started = "x"
        }
        scratch.Folder

    File.WriteAllText(lease, "")
    Assert.Contains("elsewhere", refused scratch.Folder)
    File.SetLastWriteTimeUtc(lease, DateTime.UtcNow.AddMinutes -11.0)
    use _ = RunLease.Acquire scratch.Folder
    Assert.Equal(Some(ProcessIdentity.current ()), (RunState.read scratch.Folder).Owner)
