namespace Research.Commands

open System
open System.IO
open Research.Language

/// Where this toolkit is on the disk.
[<RequireQualifiedAccess>]
module Repository =
    let rec private above (folder: DirectoryInfo | null) =
        match folder with
        | null -> None
        | folder when File.Exists(Path.Combine(folder.FullName, "Research.sln")) -> Some folder.FullName
        | folder -> above folder.Parent

    /// The folder with Research.sln; the current folder if the assembly was copied elsewhere.
    let root =
        lazy
            (match Path.GetDirectoryName(Reflection.Assembly.GetExecutingAssembly().Location) with
             | null
             | "" -> Environment.CurrentDirectory
             | here -> above (DirectoryInfo here) |> Option.defaultValue Environment.CurrentDirectory)

    /// The default results folder of a sweep, independent of the current folder.
    let results (sweep: string) =
        Path.Combine(root.Value, "results", sweep)

    /// A path for people: relative to the current folder if that is shorter.
    let shown (path: string) =
        let relative = Path.GetRelativePath(Environment.CurrentDirectory, path)
        if relative.Length < path.Length then relative else path
