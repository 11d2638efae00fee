module Research.Tests.RunEnvironmentTests

open System.Diagnostics
open System.IO
open System.Text.Json
open Research
open Research.Language
open Research.Runs
open Xunit

let private git (folder: string) (arguments: string list) =
    use child =
        Process.Start(
            "git",
            [
                "-C"
                folder
                "-c"
                "user.name=a"
                "-c"
                "user.email=a@example.org"
                "-c"
                "init.defaultBranch=main"
            ]
            @ arguments
        )
        |> Unchecked.nonNull

    child.WaitForExit()
    Assert.Equal(0, child.ExitCode)

[<Fact>]
let ``the code's commit is known, results do not make it dirty, and code does`` () =
    use scratch = new Scratch()
    git scratch.Folder [ "init"; "--quiet" ]
    File.WriteAllText(scratch.File "code.fs", "1")
    git scratch.Folder [ "add"; "." ]
    git scratch.Folder [ "commit"; "--quiet"; "-m"; "first" ]
    let head = File.ReadAllText(scratch.File ".git/refs/heads/main").Trim()
    Directory.CreateDirectory(scratch.File "results") |> ignore
    File.WriteAllText(scratch.File "results/table.md", "1")
    Assert.Equal({ Commit = Some head; Dirty = false }, RunEnvironment.codeVersion scratch.Folder)
    let inner = Directory.CreateDirectory(scratch.File "inner").FullName
    File.WriteAllText(scratch.File "code.fs", "2")
    Assert.Equal({ Commit = Some head; Dirty = true }, RunEnvironment.codeVersion inner)

[<Fact>]
let ``outside a work tree there is no commit`` () =
    use scratch = new Scratch()
    Assert.Equal({ Commit = None; Dirty = false }, RunEnvironment.codeVersion scratch.Folder)

[<Fact>]
let ``environment.json holds engine, machine, code and seed`` () =
    use scratch = new Scratch()
    RunEnvironment.write scratch.Folder (Map [ "name", "libtorch"; "version", "1.13.1" ]) 4

    use document =
        JsonDocument.Parse(File.ReadAllText(RunFolder.environment scratch.Folder))

    let root = document.RootElement
    Assert.Equal("1.13.1", root.GetProperty("engine").GetProperty("version").GetString())
    Assert.Equal(4, root.GetProperty("seed").GetInt32())
    Assert.Equal(System.Environment.ProcessorCount, root.GetProperty("machine").GetProperty("cores").GetInt32())
    Assert.True(root.GetProperty("machine").GetProperty("memory_gib").GetDouble() > 0.1)
    Assert.True(root.GetProperty("code").TryGetProperty("dirty") |> fst)
