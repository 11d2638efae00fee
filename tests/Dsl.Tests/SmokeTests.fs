module Research.Tests.SmokeTests

open Xunit

[<Fact>]
let ``the executable without a command says how it is used`` () =
    Assert.Equal(2, Research.Program.main [||])
