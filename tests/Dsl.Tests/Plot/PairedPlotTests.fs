module Research.Tests.PairedPlotTests

open System
open Research
open Research.Language
open Xunit
open Research.Tables
open Research.Plots

let private column = test.r10

let private runs = [
    for arm, shift in [ "PSD", 0.05; "InfoNCE", 0.0 ] do
        for seed in 1..5 do
            RunFolders.record arm seed [
                column.Key, 0.1 + shift + 0.01 * float seed + 0.0001 * float (seed * seed) * shift
            ]
]

let private table baseline =
    ResultTable.ofRuns
        {
            ResultTable.request [ column ] with
                Baseline = baseline
        }
        runs

[<Fact>]
let ``seeds are lines through the arms, the baseline first`` () =
    match (PairedPlot.seeds "" column (table (Some "InfoNCE"))).Layers with
    | [ Layer.Means means; Layer.Links links; Layer.Dots dots ] ->
        Assert.Equal<string list>([ "InfoNCE"; "PSD" ], means |> List.map _.Category)
        Assert.Equal(13.0, means.Head.Value, 9)
        Assert.Equal(5, links.Length)
        Assert.Equal("seed 1", fst links.Head)
        Assert.Equal<string list>([ "InfoNCE"; "PSD" ], snd links.Head |> List.map _.Category)
        Assert.Equal(10, dots.Length)
    | other -> failwith $"{other}"
