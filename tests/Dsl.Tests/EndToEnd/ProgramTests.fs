namespace Research.Tests

open System
open System.IO
open Xunit
open Research.Language

[<Collection("engine")>]
type ProgramTests() =
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
    [<InlineData("data list now", "list takes nothing behind it; \"now\" is one too many")>]
    [<InlineData("data import x", "import needs --name NAME: the corpus's name in scripts")>]
    [<InlineData("data import x --name y --captions some", "--captions is \"some\"; known are first, random, all")>]
    [<InlineData("data import x --name emoji", "'emoji' cannot name an import")>]
    [<InlineData("data import x --name y --shards 3", "unknown option --shards")>]
    [<InlineData("data import x --name", "--name needs a value")>]
    [<InlineData("data frobnicate", "unknown command \"frobnicate\"")>]
    member _.``the data command names what is wrong``(line: string, expected: string) =
        let errors = new StringWriter()
        let before = Console.Error

        try
            Console.SetError errors
            Assert.Equal(2, Research.Program.main (line.Split ' '))
            Assert.StartsWith(expected, errors.ToString())
        finally
            Console.SetError before
