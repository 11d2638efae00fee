namespace Research.Tests

open System.IO
open Research.Commands
open Xunit

/// What F# Interactive says to scripts that are wrong before anything of them runs.
[<Collection("engine")>]
type ScriptTests() =
    let script (body: string) =
        use scratch = new Scratch()
        Toolkit.script scratch.Folder body [ "--list" ]

    let study (item: string) (last: string) =
        $"sweep \"x\" (experiment {{ () }}) {{ }}\n|> report [ {item} ]\n{last}"

    [<Theory>]
    [<InlineData("bars \"test.retrieval.r10\"")>]
    [<InlineData("table [ \"test.retrieval.r10\" ]")>]
    member _.``a metric in quotation marks is refused with the word that it is``(item: string) =
        let ended = script (study item "|> main")
        Assert.NotEqual(0, ended.Code)
        Assert.Contains("study.fsx(4,", ended.Errors)

        Assert.Contains(
            "a metric is a word, not a string: write test.r10 instead of \"test.retrieval.r10\"",
            ended.Errors
        )

    [<Theory>]
    [<InlineData("table [ test.r10 ]",
                 "|> main fsi.CommandLineArgs",
                 "the last line is `|> main`, without fsi.CommandLineArgs")>]
    [<InlineData("table [ Test.r10 ]", "|> main", "write test instead of Test")>]
    member _.``old spellings name the new ones``(item: string, last: string, expected: string) =
        let ended = script (study item last)
        Assert.NotEqual(0, ended.Code)
        Assert.Contains(expected, ended.Errors)

    [<Fact>]
    member _.``main knows the script's arguments``() =
        let ended = script (study "table [ test.r10 ]" "|> main")
        Assert.True((ended.Code = 0), ended.Errors)
        Assert.Contains("seed", ended.Output)

    [<Fact>]
    member _.``a script in a clone that is not built ends in one line that names the set-up``() =
        use scratch = new Scratch()
        let root = Repository.root.Value

        for file in
            [
                "experiments/prelude.fsx"
                "experiments/quickstart.fsx"
                ".setup/unbuilt/toolkit.fsx"
            ] do
            let copy = scratch.File file
            Directory.CreateDirectory(Path.GetDirectoryName copy |> nonNull) |> ignore
            File.Copy(Path.Combine(root, file), copy)

        let ended =
            Toolkit.dotnet [ "fsi"; "--quiet"; scratch.File "experiments/quickstart.fsx" ] (fun _ _ -> ())

        Assert.Equal(2, ended.Code)
        let launcher = scratch.File "research"
        Assert.Equal($"The toolkit is not built yet. Run: {launcher} setup", Assert.Single ended.ErrorLines)
