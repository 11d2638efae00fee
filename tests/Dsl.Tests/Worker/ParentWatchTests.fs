module Research.Tests.ParentWatchTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open Research
open Research.Language
open Xunit

/// A script that is launcher and worker in one: the worker watches its parent and leaves a file when the parent is gone.
let private script =
    """
#r "Research.Dsl.dll"
#r "Research.Core.dll"
#r "Spectre.Console.dll"
open System
open System.IO
open Research
open Research.Worker
open Research.Launch
match fsi.CommandLineArgs with
| [| _; "launch"; script; folder |] ->
    File.WriteAllText(Path.Combine(folder, "launcher"), string Environment.ProcessId)
    let options = { LocalOptions.standard with Command = (fun run -> [ "dotnet"; "fsi"; "--quiet"; script; "work"; run ]) }
    Local.run options [ { Folder = folder; Label = "a"; Seed = 1; Steps = 1L; Hash = "00000000"; Promised = [] } ] |> ignore
| [| _; "work"; folder |] ->
    ParentWatch.start (fun () -> File.WriteAllText(Path.Combine(folder, "parent-gone"), ""); exit WorkerContract.stopped)
    File.WriteAllText(Path.Combine(folder, "working"), string Environment.ProcessId)
    Threading.Thread.Sleep 60_000
| _ -> exit 2
"""

[<Fact>]
let ``a worker notices that its launcher was killed`` () =
    use scratch = new Scratch()
    let folder = RunFolders.planned (scratch.File "sweep") "a" 1 "00000000"
    let file = scratch.File "orphan.fsx"
    let reference = $"#I @\"{AppContext.BaseDirectory.TrimEnd '/'}\"\n"
    File.WriteAllText(file, reference + script)

    let appeared name seconds =
        SpinWait.SpinUntil((fun () -> File.Exists(Path.Combine(folder, name))), TimeSpan.FromSeconds(float seconds))

    use launcher =
        Process.Start("dotnet", [ "fsi"; "--quiet"; file; "launch"; file; folder ])
        |> Unchecked.nonNull

    try
        Assert.True(appeared "working" 300, "the worker did not start")
        Assert.False(File.Exists(Path.Combine(folder, "parent-gone")))
        // `dotnet fsi` may run F# Interactive in a child of its own: the script's process is the launcher.
        let launching = int (File.ReadAllText(Path.Combine(folder, "launcher")))
        using (Process.GetProcessById launching) _.Kill()
        Assert.True(appeared "parent-gone" 60, "the worker did not notice")
    finally
        launcher.Kill(entireProcessTree = true)
