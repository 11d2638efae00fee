namespace Research.Tests

open System
open System.IO
open Xunit

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
    [<InlineData("data prepare", "prepare needs a corpus; known are emoji")>]
    [<InlineData("data prepare nonsense", "Unknown corpus 'nonsense'. Known: emoji")>]
    [<InlineData("data list --size small", "--size is \"small\", but a whole number of pixels is expected")>]
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
