namespace Research

open System
open System.IO
open System.Runtime.InteropServices

/// Where a folder stands, and the time there. Several machines may see one folder; their own clocks and mount points do not count.
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

    /// What tells the folder from a copy of it: its number in the file system, which all machines that mount it see. None where the
    /// system does not tell.
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

    /// The time by the clock that stamps files of the folder, so that machines whose clocks differ agree. This machine's time where
    /// the folder cannot be written.
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
