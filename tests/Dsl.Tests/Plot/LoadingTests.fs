/// What a script's start loads, in an F# Interactive of its own.
module Research.Tests.LoadingTests

open Xunit
open Research.Language

/// Prints the assemblies that only drawing needs, once the script is over.
let private witness =
    """
System.AppDomain.CurrentDomain.ProcessExit.Add(fun _ ->
    for own in System.AppDomain.CurrentDomain.GetAssemblies() do
        match own.GetName().Name with
        | "Plotly.NET" | "DynamicObj" | "Newtonsoft.Json" | "Giraffe.ViewEngine" as name -> printfn "loaded: %s" name
        | "Research.Dsl" -> printfn "the witness saw the toolkit"
        | _ -> ())
"""

let private declared =
    """
sweep "loading" (experiment { evaluate [ retrieval ] }) {
    axis "batch" [ 16; 32 ] (fun n -> (batch n))
    seeds 2
    baseline "16"
}
|> report [
    table [ test.r10 ]
    forest test.r10
    bars test.r10
    curves training.loss
    line test.r10 "batch"
    small_multiples "batch" (paired test.r10)
]
|> titled "Loading"
|> main
"""

[<Fact>]
let ``declaring a sweep and its report loads nothing that draws`` () =
    use scratch = new Scratch()
    let ended = Toolkit.script scratch.Folder (witness + declared) [ "--explain" ]
    Assert.True((ended.Code = 0), ended.Errors)
    Assert.Contains("the witness saw the toolkit", ended.Output)
    Assert.DoesNotContain("loaded: ", ended.Output)

[<Fact>]
let ``the witness would see what drawing loads`` () =
    use scratch = new Scratch()

    let drawing =
        "open Research.Plots\nPlot.json (Figure.create \"T\" [ Figure.panel \"P\" (PlotAxis.create \"x\" \"\") (PlotAxis.create \"y\" \"\") [ Layer.Scatter(\"a\", [ 1.0, 2.0 ]) ] ]) |> ignore"

    let ended = Toolkit.script scratch.Folder (witness + drawing) []
    Assert.True((ended.Code = 0), ended.Errors)
    Assert.Contains("loaded: Plotly.NET", ended.Output)
