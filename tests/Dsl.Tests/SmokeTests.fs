module Research.Tests.SmokeTests

open Xunit

[<Fact>]
let ``the entry point answers`` () =
    Assert.Equal(0, Research.Program.main [||])
