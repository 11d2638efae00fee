namespace Research.Tests

open System.IO
open System.Reflection
open Research
open Research.Commands
open Research.Language
open Xunit

/// What F# Interactive says to scripts that are wrong before anything of them runs.
[<Collection("engine")>]
type ScriptTests() =
    let script (body: string) =
        use scratch = new Scratch()
        Toolkit.script scratch.Folder body [ "--list" ]

    let study (item: string) (last: string) =
        $"sweep \"x\" (experiment {{ () }}) {{ axis \"batch\" [ 16; 32 ] batch }}\n|> report [ {item} ]\n{last}"

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
    [<InlineData("table [ Test.r10 ]", "|> main", "Test is now written: test")>]
    member _.``old spellings name the new ones``(item: string, last: string, expected: string) =
        let ended = script (study item last)
        Assert.NotEqual(0, ended.Code)
        Assert.Contains(expected, ended.Errors)

    [<Fact>]
    member _.``main knows the script's arguments``() =
        let ended = script (study "table [ test.r10 ]" "|> main")
        Assert.True((ended.Code = 0), ended.Errors)
        Assert.Contains("to do", ended.Output)

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

    [<Fact>]
    member _.``every word's example type-checks``() =
        // Words of a builder alone; all others are functions and values, too.
        let inSweep =
            set [
                for operation in typeof<SweepBuilder>.GetMethods() do
                    match operation.GetCustomAttribute<CustomOperationAttribute>() with
                    | null -> ()
                    | named -> named.Name
            ]

        let inExperiment = set [ "name"; "seed"; "evaluate" ]

        // A patch of whatever has the part needs to be told what.
        let patches =
            set [
                for words in typeof<Metric>.Assembly.GetTypes() do
                    if words.Namespace = "Research" && words.Name.EndsWith "Words" then
                        for word in words.GetMethods() do
                            match Array.tryLast (word.GetParameters()) with
                            | Some last when last.ParameterType.IsGenericParameter -> word.Name
                            | _ -> ()
            ]

        let line (word: Word) =
            let example = word.Example
            let first = (example.Split ' ')[0]

            if example.StartsWith "chart" || example.EndsWith "main" || example.Contains "..." then
                ""
            elif inSweep.Contains first then
                $"ignore (sweep \"x\" basis {{ {example} }})"
            elif inExperiment.Contains first then
                $"ignore (experiment {{ {example} }})"
            elif patches.Contains first then
                $"ignore ({example}: Language.Experiment -> Language.Experiment)"
            else
                $"ignore ({example})".Replace("(sweep |>", "(sweep' |>")

        let body = [
            "let basis = experiment { () }"
            "let clip = basis"
            "let sweep' = sweep \"x\" basis { seeds 2 }"
            "let onEmoji, onPictograms = sweep', sweep'"
            "let study = sweep' |> report [ table [ test.r1 ] ]"
            yield! WordsCommand.words |> List.map line
        ]

        use scratch = new Scratch()
        let path = scratch.File "study.fsx"
        let prelude = Path.Combine(Repository.root.Value, "experiments", "prelude.fsx")
        File.WriteAllText(path, $"#load \"{prelude}\"\nopen Research\n" + String.concat "\n" body)

        let ended =
            Toolkit.dotnet [ "fsi"; "--quiet"; "--typecheck-only"; path ] (fun _ _ -> ())

        Assert.True((ended.Code = 0), ended.Errors + ended.Output)

    [<Fact>]
    member _.``every word of the reports' rooms is listed``() =
        let listed =
            WordsCommand.words
            |> List.map (fun word -> (word.Name.Split ' ')[0])
            |> Set.ofList

        let defined =
            [
                "HeldOutWords"
                "RetrievalWords"
                "ZeroShotWords"
                "TrainingWords"
                "MetricWords"
                "StatisticsWords"
                "PaperWords"
                "ReportWords"
                "MainWord"
            ]
            |> List.collect (fun name ->
                (nonNull (typeof<Metric>.Assembly.GetType $"Research.{name}")).GetMethods()
                |> Array.filter (fun found -> found.IsStatic && not (found.Name.Contains '.'))
                |> Array.map _.Name.Replace("get_", "")
                |> List.ofArray)
            |> Set.ofList

        Assert.Empty(Set.difference defined listed)
