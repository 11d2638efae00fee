namespace Research.Tests

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open System.Security.Cryptography
open Xunit
open Research.Language
open Research.Launch

/// A test that needs Slurm's daemons; skipped, with the reason, where they are not installed.
[<AttributeUsage(AttributeTargets.Method)>]
type SlurmFactAttribute() as this =
    inherit FactAttribute()

    static let missing =
        [
            "munged"
            "slurmctld"
            "slurmd"
            "sbatch"
            "srun"
            "squeue"
            "scontrol"
            "scancel"
        ]
        |> List.filter (fun program ->
            [ "/usr/sbin"; "/usr/bin"; "/sbin"; "/bin" ]
            |> List.forall (fun folder -> not (File.Exists(Path.Combine(folder, program)))))

    do
        if not missing.IsEmpty then
            let names = String.Join(", ", missing)

            this.Skip <-
                $"Slurm is not installed ({names} missing): apt-get install slurmctld slurmd slurm-client munge"

/// A Slurm cluster of one node with two processors, in a temporary folder, with daemons of its own: munged, slurmctld and slurmd. Two
/// partitions share the node; a job of "high" preempts those of "low", which get ten seconds of grace and go back into the queue.
type SlurmCluster() =
    let scratch = new Scratch()
    let folder = scratch.Folder

    let freePort () =
        use listener = new TcpListener(IPAddress.Loopback, 0)
        listener.Start()
        (listener.LocalEndpoint :?> IPEndPoint).Port

    let socket = Path.Combine(folder, "munge.socket")
    let config = Path.Combine(folder, "slurm.conf")
    let user = Environment.UserName

    let configuration =
        $"""
ClusterName=test
SlurmctldHost=localhost
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={freePort ()}
SlurmdPort={freePort ()}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={socket},cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_interval=1
KillWait=10
NodeName=node NodeAddr=localhost NodeHostname={Dns.GetHostName()} CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=low Nodes=node Default=YES PriorityTier=1 GraceTime=10 State=UP
PartitionName=high Nodes=node PriorityTier=10 State=UP
"""

    let path =
        "/usr/sbin:/usr/bin:/sbin:/bin:" + Environment.GetEnvironmentVariable "PATH"

    let starting (program: string) (arguments: string list) =
        let start =
            ProcessStartInfo(
                program,
                arguments,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true
            )

        start.Environment["SLURM_CONF"] <- config
        start.Environment["PATH"] <- path
        start

    let daemons = ResizeArray<Process>()

    let daemon program arguments =
        let child = Process.Start(starting program arguments) |> Unchecked.nonNull
        child.OutputDataReceived.Add ignore

        child.ErrorDataReceived.Add(fun line ->
            File.AppendAllText(Path.Combine(folder, program + ".err"), $"{line.Data}\n"))

        child.BeginOutputReadLine()
        child.BeginErrorReadLine()
        daemons.Add child

    let call program arguments =
        use child = Process.Start(starting program arguments) |> Unchecked.nonNull
        let errors = child.StandardError.ReadToEndAsync()
        let output = child.StandardOutput.ReadToEnd()
        child.WaitForExit()

        if child.ExitCode = 0 then
            output.Trim()
        else
            failwith $"{program} failed: {errors.Result}"

    let until (what: string) (ready: unit -> bool) =
        if not (Waiting.until 60.0 ready) then
            let logs =
                [ "munged.log"; "slurmctld.log"; "slurmd.log" ]
                |> List.map (fun name -> Path.Combine(folder, name))
                |> List.filter File.Exists
                |> List.map (fun path ->
                    String.Join('\n', File.ReadAllLines path |> Array.rev |> Array.truncate 10 |> Array.rev))

            let said = String.Join("\n", logs)
            failwith $"{what} did not happen within a minute:\n{said}"

    let answers program arguments =
        try
            call program arguments
        with _ ->
            ""

    do
        // munged wants a socket that every user reaches, in folders that others cannot change.
        File.SetUnixFileMode(folder, enum 0o755)
        Directory.CreateDirectory(Path.Combine(folder, "state")) |> ignore
        Directory.CreateDirectory(Path.Combine(folder, "spool")) |> ignore
        let key = Path.Combine(folder, "munge.key")
        File.WriteAllBytes(key, RandomNumberGenerator.GetBytes 1024)
        File.SetUnixFileMode(key, UnixFileMode.UserRead)
        File.WriteAllText(config, configuration)
        // slurmd looks for a cgroup file system even where nothing uses one, unless it is told the version; a container may have none.
        File.WriteAllText(Path.Combine(folder, "cgroup.conf"), "CgroupPlugin=cgroup/v1\n")

        daemon "munged" [
            "--foreground"
            $"--key-file={key}"
            $"--socket={socket}"
            $"--pid-file={folder}/munged.pid"
            $"--log-file={folder}/munged.log"
            $"--seed-file={folder}/munge.seed"
        ]

        until "munged's start" (fun () -> File.Exists socket)
        daemon "slurmctld" [ "-D"; "-f"; config ]
        daemon "slurmd" [ "-D"; "-f"; config; "-N"; "node" ]
        until "an idle node" (fun () -> answers "sinfo" [ "--noheader"; "--partition=low"; "--format=%T" ] = "idle")

    /// What a process needs to be a user of the cluster.
    member _.Environment = [ "SLURM_CONF", config; "PATH", path ]

    /// Runs one of Slurm's programs and returns what it printed.
    member _.Call(program: string, arguments: string list) = call program arguments

    interface IDisposable with
        member _.Dispose() =
            answers "scancel" [ $"--user={user}" ] |> ignore

            for child in Seq.rev daemons do
                if not child.HasExited then
                    child.Kill(entireProcessTree = true)

                child.WaitForExit()
                child.Dispose()

            (scratch :> IDisposable).Dispose()
