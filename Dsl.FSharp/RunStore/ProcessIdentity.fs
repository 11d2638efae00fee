namespace Research.Runs

open Research.Language

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices

/// Identifies a process and distinguishes it from a later one with the same number.
type ProcessIdentity = {
    Host: string
    Pid: int
    /// The process's start time, in a form for comparison only: the boot and the kernel's start tick.
    Started: string
    /// The scheduler's task to which this attempt belongs. The scheduler ends an attempt before it starts the next, so a process of the
    /// same task knows that an earlier owner is gone, wherever it ran.
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

    /// State and start tick from /proc/PID/stat. The command's name, in parentheses, may hold anything, so fields are counted after it.
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

    /// Set by a scheduler's batch script: the task to which this attempt belongs.
    [<Literal>]
    let taskVariable = "RESEARCH_TASK"

    let private task =
        lazy
            (match Environment.GetEnvironmentVariable taskVariable with
             | null
             | "" -> None
             | task -> Some task)

    /// The process of this host with this number now.
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

/// Identifies a folder, and reads the time of its file system. Machines that share a folder may have different clocks and mount points.
[<RequireQualifiedAccess>]
module FolderPlace =
    [<DllImport("libc", EntryPoint = "statx")>]
    extern int private statx(
        int folder,
        [<MarshalAs(UnmanagedType.LPUTF8Str)>] string path,
        int flags,
        uint mask,
        byte[] result
    )

    [<Literal>]
    let private CurrentFolder = -100

    [<Literal>]
    let private InodeMask = 0x100u

    /// The folder's inode, which differs from a copy's and is the same on all machines that mount it. None where the system does not say.
    let tryOf (folder: string) : string option =
        if not (OperatingSystem.IsLinux()) then
            None
        else
            try
                // struct statx is the same on every architecture: 256 bytes, stx_mask at 0, stx_ino at 32.
                let result = Array.zeroCreate<byte> 256

                if
                    statx (CurrentFolder, folder, 0, InodeMask, result) = 0
                    && BitConverter.ToUInt32(result, 0) &&& InodeMask <> 0u
                then
                    Some(string (BitConverter.ToUInt64(result, 32)))
                else
                    None
            with :? EntryPointNotFoundException ->
                None

    /// The time of the clock that stamps the folder's files, so that machines with different clocks agree; this machine's time if the
    /// folder cannot be written.
    let now (folder: string) : DateTime =
        let probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}")

        try
            try
                using (File.Create probe) ignore
                File.GetLastWriteTimeUtc probe
            finally
                File.Delete probe
        with
        | :? IOException
        | :? UnauthorizedAccessException -> DateTime.UtcNow
