namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Xunit
open Research.Commands

/// The scripts of experiments/, as their users start them.
[<Collection("engine")>]
type ExampleTests() =
    static let folder = Path.Combine(Repository.root.Value, "experiments")

    static member Scripts: TheoryData<string> =
        let data = TheoryData<string>()

        for path in Directory.GetFiles(folder, "*.fsx") |> Array.sort do
            match Path.GetFileName path with
            | "prelude.fsx"
            | "charts.fsx" -> ()
            | name -> data.Add(string name)

        data

    /// The plan that a script prints, as JSON, without anything being trained.
    member private _.Plan(script: string, out: string) =
        let ended =
            Toolkit.dotnet [ "fsi"; "--quiet"; script; "--dry-run"; "--json"; "--out"; out ] (fun _ _ -> ())

        Assert.True((ended.Code = 0), ended.Errors)
        Assert.False(Directory.Exists out, "a dry run writes nothing")
        JsonFields(script, Json.parse script ended.Output)

    [<Theory>]
    [<MemberData(nameof ExampleTests.Scripts)>]
    member this.``each example prints its plan``(script: string) =
        use scratch = new Scratch()
        let plan = this.Plan(Path.Combine(folder, script), scratch.File "out")
        Assert.Equal(Path.GetFileNameWithoutExtension script, plan.Text "sweep")
        let arms = plan.Texts "arms"
        let seeds = plan.Items "seeds"
        Assert.Equal(arms.Length * seeds.Length, (plan.Items "runs").Length)
        Assert.True((plan.Object "estimate").Number "seconds" > 0.0)

    [<Theory>]
    [<MemberData(nameof ExampleTests.Scripts)>]
    member _.``each example is short``(script: string) =
        Assert.InRange(File.ReadAllLines(Path.Combine(folder, script)).Length, 1, 39)

    [<Fact>]
    member this.``a new script runs as it is``() =
        use scratch = new Scratch()
        let path = NewCommand.write scratch.Folder "first-try"
        let script = File.ReadAllText path
        Assert.Contains("sweep \"first-try\"", script)

        File.WriteAllText(path, script.Replace("#load \"prelude.fsx\"", $"#load \"{folder}/prelude.fsx\""))

        let plan = this.Plan(path, scratch.File "out")
        Assert.Equal<string list>([ "InfoNCE"; "PSD" ], plan.Texts "arms")

    [<Fact>]
    member _.``a new script never overwrites one``() =
        use scratch = new Scratch()
        NewCommand.write scratch.Folder "once" |> ignore
        Assert.Throws<IOException>(fun () -> NewCommand.write scratch.Folder "once" |> ignore)

    [<Theory>]
    [<InlineData("")>]
    [<InlineData("../escape")>]
    [<InlineData(".hidden")>]
    [<InlineData("a b")>]
    member _.``a name that is no file's name is refused``(name: string) =
        use scratch = new Scratch()

        let error =
            Assert.Throws<ArgumentException>(fun () -> NewCommand.write scratch.Folder name |> ignore)

        Assert.Contains("cannot name a script", error.Message)
