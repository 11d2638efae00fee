namespace Research

open System
open System.Diagnostics
open System.IO

/// A process, told apart from a later one that got the same number.
type ProcessIdentity = {
    Host: string
    Pid: int
    /// When the process started, in a form that is only compared: the boot and the kernel's start tick.
    Started: string
    /// The task of a cluster's scheduler that the process is an attempt of. The scheduler ends an attempt before it starts the next, so a
    /// process of the same task knows that an earlier owner is gone, wherever that one ran.
    Task: string option
}

[<RequireQualifiedAccess>]
module ProcessIdentity =
    let private boot =
        lazy
            (try
                File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()
             with _ ->
                 "")

    /// State and start tick from /proc/PID/stat. The command's name, in parentheses, may hold anything, so fields count from behind it.
    let private stat (pid: int) =
        try
            let text = File.ReadAllText $"/proc/{pid}/stat"
            let fields = text.Substring(text.LastIndexOf(')') + 2).Split(' ')
            Some(fields[0], fields[19])
        with
        | :? IOException
        | :? UnauthorizedAccessException -> None

    let private startOf (pid: int) =
        if Directory.Exists "/proc/self" then
            match stat pid with
            | Some(("Z" | "X"), _)
            | None -> None
            | Some(_, tick) -> Some $"{boot.Value}/{tick}"
        else
            try
                use found = Process.GetProcessById pid
                Some(found.StartTime.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ"))
            with
            | :? ArgumentException
            | :? InvalidOperationException -> None

    /// Set by a scheduler's batch script: the task that this process is an attempt of.
    [<Literal>]
    let taskVariable = "RESEARCH_TASK"

    let private task =
        lazy
            (match Environment.GetEnvironmentVariable taskVariable with
             | null
             | "" -> None
             | task -> Some task)

    /// The process of this host that has the number now.
    let ofPid (pid: int) : ProcessIdentity option =
        startOf pid
        |> Option.map (fun started -> {
            Host = Environment.MachineName
            Pid = pid
            Started = started
            Task = if pid = Environment.ProcessId then task.Value else None
        })

    /// This process.
    let current () =
        ofPid Environment.ProcessId
        |> Option.defaultValue {
            Host = Environment.MachineName
            Pid = Environment.ProcessId
            Started = ""
            Task = task.Value
        }

    /// Whether the process still runs: None when it belongs to another host, where this one cannot see it.
    let isAlive (identity: ProcessIdentity) =
        if identity.Host <> Environment.MachineName then
            match identity.Task, task.Value with
            | Some theirs, Some ours when theirs = ours -> Some false
            | _ -> None
        else
            Some(startOf identity.Pid = Some identity.Started)
