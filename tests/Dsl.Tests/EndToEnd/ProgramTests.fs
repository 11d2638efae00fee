namespace Research.Tests

open System
open System.IO
open Research
open Xunit
open Research.Commands
open Research.Language

[<Collection("engine")>]
type ProgramTests() =
    /// Standard output of a command that succeeds.
    let answer (line: string) =
        let output = new StringWriter()
        let before = Console.Out

        try
            Console.SetOut output
            Assert.Equal(0, Research.Program.main (line.Split ' '))
            output.ToString()
        finally
            Console.SetOut before

    let launcher = Path.Combine(Repository.root.Value, "research")

    /// The verbs of the launcher's own help.
    let verbs =
        File.ReadAllLines launcher
        |> Array.filter (fun line -> System.Text.RegularExpressions.Regex.IsMatch(line, "^  [a-z]+ "))
        |> Array.map (fun line -> (line.Trim().Split ' ')[0])
        |> List.ofArray

    [<Theory>]
    [<InlineData("")>]
    [<InlineData("worker")>]
    [<InlineData("nonsense --run x")>]
    member _.``the executable without a known command says how it is used``(line: string) =
        let errors = new StringWriter()
        let before = Console.Error

        try
            Console.SetError errors
            Assert.Equal(2, Research.Program.main (line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            Assert.StartsWith("usage: worker --run FOLDER", errors.ToString())
        finally
            Console.SetError before

    [<Theory>]
    [<InlineData("data", "data needs a command")>]
    [<InlineData("data prepare", "prepare needs one name; known corpora are clipart, emoji, pictograms")>]
    [<InlineData("data prepare nonsense", "Unknown corpus 'nonsense'. Known: clipart, emoji, pictograms")>]
    [<InlineData("data path --size small", "--size is \"small\", but a whole number is expected")>]
    [<InlineData("data list now", "list takes no argument; \"now\" is one too many")>]
    [<InlineData("data import x", "import needs --name NAME: the corpus's name in scripts")>]
    [<InlineData("data import x --name y --captions some", "--captions is \"some\"; known are first, random, all")>]
    [<InlineData("data import x --name emoji", "'emoji' cannot name an import")>]
    [<InlineData("data import x --name y --shards 3", "unknown option --shards")>]
    [<InlineData("data import x --name y --tes-share 0.1", "unknown option --tes-share; did you mean --test-share?")>]
    [<InlineData("data import x --name", "--name needs a value")>]
    [<InlineData("data frobnicate", "unknown command \"frobnicate\"")>]
    [<InlineData("data improt x", "unknown command \"improt\"; did you mean import?")>]
    [<InlineData("new", "new needs a NAME")>]
    [<InlineData("words retreival", "there is no word \"retreival\"; did you mean retrieval?")>]
    member _.``a command names what is wrong``(line: string, expected: string) =
        let errors = new StringWriter()
        let before = Console.Error

        try
            Console.SetError errors
            Assert.Equal(2, Research.Program.main (line.Split ' '))
            Assert.StartsWith(expected, errors.ToString())
        finally
            Console.SetError before

    [<Fact>]
    member _.``a sweep without its base is told of the new form before F# is asked``() =
        use scratch = new Scratch()

        let told (body: string) =
            let script = scratch.File "study.fsx"
            File.WriteAllText(script, body)

            let check =
                $"set -euo pipefail; . '{Repository.root.Value}/.setup/script.sh'; old_sweep '{script}'"

            use child =
                Diagnostics.Process.Start(
                    Diagnostics.ProcessStartInfo("bash", [ "-c"; check ], RedirectStandardError = true)
                )
                |> Unchecked.nonNull

            let errors = child.StandardError.ReadToEnd().TrimEnd()
            child.WaitForExit()
            Assert.Equal((errors <> ""), (child.ExitCode = 0))
            errors

        let told' = told "open Research\nsweep \"rates 1\" {\n    base_ small\n}\n"

        Assert.Equal(
            "study.fsx(2): sweep takes its base after its name: sweep \"rates 1\" BASE { ... }, where BASE is an experiment; base_ is gone",
            told'
        )

        Assert.StartsWith("study.fsx(1): ", told "let s = sweep \"x\" { seeds 2 }")
        Assert.Equal("", told "sweep \"x\" small {\n    seeds 2\n}\n// sweep \"y\" { }\n")

    [<Fact>]
    member _.``every verb prints its own help``() =
        Assert.True(verbs.Length >= 10, String.Join(" ", verbs))

        for verb in verbs do
            let help =
                match verb with
                | "data"
                | "model"
                | "new"
                | "words"
                | "runs" -> answer $"{verb} --help"
                | "bench" -> "usage: ./research bench" // the benches' own program lists them
                | verb ->
                    let start =
                        Diagnostics.ProcessStartInfo(
                            "bash",
                            [ launcher; verb; "--help" ],
                            RedirectStandardOutput = true
                        )

                    use child = nonNull (Diagnostics.Process.Start start)
                    let output = child.StandardOutput.ReadToEnd()
                    child.WaitForExit()
                    Assert.Equal(0, child.ExitCode)
                    output

            Assert.StartsWith($"usage: ./research {verb}", help)

        for verb in [ "list"; "prepare"; "import"; "export"; "show"; "verify"; "path" ] do
            Assert.StartsWith($"usage: ./research data {verb}", answer $"data {verb} --help")

        Assert.Contains("--caption-column C", answer "data import --help")

    [<Fact>]
    member _.``words lists every word with an example, and finds one by its name, its end or its kind``() =
        let all = answer "words"

        for word in WordsCommand.words do
            Assert.Contains(word.Name, all)
            Assert.Contains(word.Example, all)

        Assert.Contains("table [ test.r10 ]", answer "words test.r10")
        Assert.Contains("test.all.r10", answer "words r10")
        Assert.Contains("zero_shot subgroups", answer "words zero_shot")
        let statistics = answer "words statistics"
        Assert.Contains("default: t_test [O]", statistics)
        Assert.DoesNotContain("forest", statistics)
