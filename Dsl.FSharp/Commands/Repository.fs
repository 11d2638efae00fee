namespace Research.Commands

open System
open System.IO
open Research.Language

/// Where this toolkit stands on the disk.
[<RequireQualifiedAccess>]
module Repository =
    let rec private above (folder: DirectoryInfo | null) =
        match folder with
        | null -> None
        | folder when File.Exists(Path.Combine(folder.FullName, "Research.sln")) -> Some folder.FullName
        | folder -> above folder.Parent

    /// The folder that holds Research.sln; the current one where the assembly was copied elsewhere.
    let root =
        lazy
            (match Path.GetDirectoryName(Reflection.Assembly.GetExecutingAssembly().Location) with
             | null
             | "" -> Environment.CurrentDirectory
             | here -> above (DirectoryInfo here) |> Option.defaultValue Environment.CurrentDirectory)

    /// The default results folder of a sweep, whatever the current folder is.
    let results (sweep: string) =
        Path.Combine(root.Value, "results", sweep)

    /// A path as people read it: relative to the current folder where that is shorter.
    let shown (path: string) =
        let relative = Path.GetRelativePath(Environment.CurrentDirectory, path)
        if relative.Length < path.Length then relative else path
