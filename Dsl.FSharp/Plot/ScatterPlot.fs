namespace Research.Plots

open System
open System.Globalization
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats
open Research.Tables

/// The options that no other option beats in both of two metrics.
[<RequireQualifiedAccess>]
module Pareto =
    let private gain better (value: float) =
        match better with
        | Better.Lower -> -value
        | Better.Higher
        | Better.Neither -> value

    /// Whether each point is on the front: no other is at least as good in both metrics and better in one. Equal points stay together.
    let onFront (x: Better) (y: Better) (points: (float * float) list) : bool list =
        let gains = points |> List.map (fun (a, b) -> gain x a, gain y b)

        gains
        |> List.map (fun (a, b) -> gains |> List.forall (fun (c, d) -> not (c >= a && d >= b && (c > a || d > b))))

    /// The front as a path of right angles: everything between it and the bad corner is beaten. The given points are on the front.
    let path (x: Better) (y: Better) (front: (float * float) list) : (float * float) list =
        let sorted =
            front |> List.distinct |> List.sortBy (fun (a, b) -> gain x a, -(gain y b))

        match sorted with
        | [] -> []
        | first :: _ ->
            first
            :: (sorted
                |> List.pairwise
                |> List.collect (fun ((a, _), (c, d)) ->
                    // From the better y down to the next at the first one's x end: the corner that both beat.
                    [ a, d; c, d ]))

/// Two metrics against each other.
[<RequireQualifiedAccess>]
module ScatterPlot =
    let private points (x: Metric) (y: Metric) (runs: RunRecord list) =
        let runs = runs |> List.filter (fun run -> run.State = RunStatus.Done)

        let found =
            runs
            |> List.choose (fun run ->
                match run.Metrics.TryFind x.Key, run.Metrics.TryFind y.Key with
                | Some a, Some b when Double.IsFinite a && Double.IsFinite b -> Some(run.Arm, (x.Shown a, y.Shown b))
                | _ -> None)

        if found.IsEmpty then
            ResultTable.noRunHas [ x; y ] runs

        found

    /// The x axis, with the arms below it that have unfinished runs.
    let private axis (x: Metric) (runs: RunRecord list) =
        PlotAxis.ofMetric x |> PlotAxis.remark (Unfinished.ofArms runs)

    let private label (fit: LinearFit) =
        let number (value: float) =
            value.ToString("0.###", CultureInfo.InvariantCulture).Replace('-', '−')

        let level = 100.0 * fit.Level

        [
            Some $"slope {number fit.Slope}"
            fit.SlopeInterval
            |> Option.map (fun interval ->
                $"""[{number interval.Low}, {number interval.High}] ({level.ToString("0.##", CultureInfo.InvariantCulture)} %%)""")
            fit.RSquared |> Option.map (fun share -> $"R² = {number share}")
        ]
        |> List.choose id
        |> String.concat ", "

    /// The finished runs, one point per run, and if x varies a least-squares line through all of them with its interval as a band.
    /// Runs of one arm differ only by the seed, so the band assumes more independence than there is.
    let fitted (level: float) (title: string) (x: Metric) (y: Metric) (runs: RunRecord list) : Panel =
        let found = points x y runs

        let scatter =
            found
            |> List.groupBy fst
            |> List.map (fun (arm, own) -> Layer.Scatter(arm, List.map snd own))

        let all = List.map snd found
        let low, high = all |> List.map fst |> fun xs -> List.min xs, List.max xs

        let fit =
            if high - low <= 1e-9 * (abs low + abs high) then
                []
            else
                let fit = LinearFit.ofPoints level all

                let line = [
                    for i in 0..40 do
                        let at = low + (high - low) * float i / 40.0

                        {
                            X = at
                            Y = LinearFit.at fit at
                            Band = LinearFit.bandAt fit at |> Option.map (fun band -> band.Low, band.High)
                        }
                ]

                [ Layer.Fit(label fit, line) ]

        Figure.panel title (axis x runs) (PlotAxis.ofMetric y) (fit @ scatter)

    /// The arms' means in two metrics: filled where no other arm is better in both, with the front between them dotted.
    let pareto (title: string) (x: Metric) (y: Metric) (runs: RunRecord list) : Panel =
        let means =
            points x y runs
            |> List.groupBy fst
            |> List.map (fun (arm, own) ->
                arm, (own |> List.averageBy (snd >> fst), own |> List.averageBy (snd >> snd)))

        let front = Pareto.onFront x.Better y.Better (List.map snd means)

        let path =
            List.zip (List.map snd means) front
            |> List.filter snd
            |> List.map fst
            |> Pareto.path x.Better y.Better

        let marks =
            List.map2
                (fun (arm, (a, b)) filled -> {
                    Mark.Name = arm
                    X = a
                    Y = b
                    Filled = filled
                })
                means
                front

        Figure.panel title (axis x runs) (PlotAxis.ofMetric y) [ Layer.Steps("Pareto front", path); Layer.Marks marks ]
