module Research.Tests.ScatterPlotTests

open System
open FsCheck
open FsCheck.FSharp
open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Tables
open Research.Plots
open Research.Evaluation

let private near (digits: int) (expected: float) (actual: float) = Assert.Equal(expected, actual, digits)

/// Anscombe (1973), "Graphs in statistical analysis", first data set.
let private anscombe = [
    10.0, 8.04
    8.0, 6.95
    13.0, 7.58
    9.0, 8.81
    11.0, 8.33
    14.0, 9.96
    6.0, 7.24
    4.0, 4.26
    12.0, 10.84
    7.0, 4.82
    5.0, 5.68
]

[<Fact>]
let ``Anscombe's first data set has the published line`` () =
    let fit = LinearFit.ofPoints 0.95 anscombe
    near 3 0.5 fit.Slope
    near 2 3.0 fit.Intercept
    near 2 0.67 fit.RSquared.Value
    // Standard error of the slope 0.118, nine degrees of freedom: 2.262 of it either side.
    near 2 (0.5001 - 2.262157 * 0.1179) fit.SlopeInterval.Value.Low
    near 9 (LinearFit.at fit 9.0) 7.500909091
    // The standard error of the mean of y is the residual's over the root of n at the mean of x: 1.2366 / sqrt 11.
    near 3 (2.262157 * 1.2366 / sqrt 11.0) (LinearFit.bandAt fit 9.0).Value.HalfWidth

[<Fact>]
let ``a line through two points has no interval, and through one x there is none`` () =
    let fit = LinearFit.ofPoints 0.95 [ 1.0, 2.0; 3.0, 6.0 ]
    Assert.Equal(2.0, fit.Slope)
    Assert.Equal(None, fit.SlopeInterval)
    Assert.Equal(None, LinearFit.bandAt fit 2.0)

    let message points =
        Assert.Throws<ArgumentException>(fun () -> LinearFit.ofPoints 0.95 points |> ignore).Message

    Assert.Contains("two points", message [ 1.0, 2.0 ])
    Assert.Contains("x = 0.3", message [ 0.3, 2.0; 0.3, 4.0; 0.3, 5.0 ])

let private points =
    Gen.choose (-9, 9)
    |> Gen.map float
    |> fun coordinate -> Gen.zip coordinate coordinate
    |> Gen.listOf
    |> Gen.filter (List.isEmpty >> not)

let private holds property =
    Check.QuickThrowOnFailure(Prop.forAll (Arb.fromGen points) property)

let private beats (a, b) (c, d) = a >= c && b >= d && (a > c || b > d)

[<Fact>]
let ``the front is what nothing beats, and everything else is beaten by the front`` () =
    holds (fun points ->
        let onFront = Pareto.onFront Better.Higher Better.Higher points
        let front = List.zip points onFront |> List.filter snd |> List.map fst

        not front.IsEmpty
        && List.forall2
            (fun point on -> on = (points |> List.forall (fun other -> not (beats other point))))
            points
            onFront
        && List.forall2 (fun point on -> on || front |> List.exists (fun other -> beats other point)) points onFront)

[<Fact>]
let ``where less is better the front is that of the mirrored points`` () =
    holds (fun points ->
        let mirrored = points |> List.map (fun (x, y) -> -x, y)
        Pareto.onFront Better.Lower Better.Higher points = Pareto.onFront Better.Higher Better.Higher mirrored)

[<Fact>]
let ``the front's path has right angles and no corner that beats it`` () =
    holds (fun points ->
        let front =
            List.zip points (Pareto.onFront Better.Higher Better.Higher points)
            |> List.filter snd
            |> List.map fst

        let path = Pareto.path Better.Higher Better.Higher front

        path |> List.pairwise |> List.forall (fun ((a, b), (c, d)) -> a = c || b = d)
        && path
           |> List.forall (fun corner -> front |> List.forall (fun point -> not (beats corner point)))
        && front |> List.forall (fun point -> List.contains point path))

let private x = run.seconds
let private y = test.r10

let private runs = [
    for arm, seconds, recall in [ "fast", 10.0, 0.1; "slow", 30.0, 0.3; "bad", 20.0, 0.05 ] do
        for seed in 1..2 do
            RunFolders.record arm seed [ x.Key, seconds + 2.0 * float (seed - 1); y.Key, recall ]
]

[<Fact>]
let ``the Pareto panel takes arms' means and knows that less time is better`` () =
    match (ScatterPlot.pareto "" x y runs).Layers with
    | [ Layer.Steps(_, path); Layer.Marks marks ] ->
        Assert.Equal<(string * bool) list>(
            [ "fast", true; "slow", true; "bad", false ],
            marks |> List.map (fun mark -> mark.Name, mark.Filled)
        )

        Assert.Equal<float list>([ 11.0; 31.0; 21.0 ], marks |> List.map _.X)
        Assert.Equal(3, path.Length)
        let bend = path[1]
        near 9 31.0 (fst bend)
        near 9 10.0 (snd bend)
    | other -> failwith $"{other}"

[<Fact>]
let ``the scatter has a point a run, the line over all of them and its figures`` () =
    match (ScatterPlot.fitted 0.95 "" x y runs).Layers with
    | Layer.Fit(label, line) :: scatter ->
        Assert.Equal(3, scatter.Length)
        Assert.StartsWith("slope ", label)
        Assert.Contains("R² = ", label)
        Assert.Equal(10.0, line |> List.map _.X |> List.min, 9)
        Assert.Equal(32.0, line |> List.map _.X |> List.max, 9)
        Assert.All(line, fun point -> Assert.True point.Band.IsSome)
    | other -> failwith $"{other}"

    let flat =
        runs
        |> List.map (fun run -> {
            run with
                Metrics = run.Metrics.Add(x.Key, 5.0)
        })

    Assert.All((ScatterPlot.fitted 0.95 "" x y flat).Layers, fun layer -> Assert.True layer.IsScatter)

[<Fact>]
let ``a metric that no run has is named`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () -> ScatterPlot.pareto "" (test.top1) y runs |> ignore)

    Assert.Contains("'test.zeroshot.top1'", error.Message)
    Assert.Contains("run.seconds", error.Message)
