namespace Research

open System
open System.Globalization
open Research.Runs

/// Two metrics against each other.
[<RequireQualifiedAccess>]
module ScatterPlot =
    let private points (x: MetricColumn) (y: MetricColumn) (runs: RunRecord list) =
        let found =
            runs
            |> List.choose (fun run ->
                match run.Metrics.TryFind x.Key, run.Metrics.TryFind y.Key with
                | Some a, Some b when Double.IsFinite a && Double.IsFinite b -> Some(run.Arm, (x.Shown a, y.Shown b))
                | _ -> None)

        if found.IsEmpty then
            let known =
                runs
                |> Seq.collect _.Metrics.Keys
                |> Seq.distinct
                |> Seq.sort
                |> String.concat ", "

            raise (ArgumentException $"No run has both the metrics '{x.Key}' and '{y.Key}'; the runs have {known}.")

        found

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

    /// The finished runs, one point a run, and where x varies a least-squares line over all of them with its interval as a band.
    /// Runs of one arm differ by the seed only, so that the band takes more for granted than independent settings would.
    let fitted (level: float) (title: string) (x: MetricColumn) (y: MetricColumn) (runs: RunRecord list) : Panel =
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

        Figure.panel title (PlotAxis.ofColumn x) (PlotAxis.ofColumn y) (fit @ scatter)

    /// The arms' means in two metrics: filled where no other arm is better in both, with the front between them dotted.
    let pareto (title: string) (x: MetricColumn) (y: MetricColumn) (runs: RunRecord list) : Panel =
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

        Figure.panel title (PlotAxis.ofColumn x) (PlotAxis.ofColumn y) [
            Layer.Steps("Pareto front", path)
            Layer.Marks marks
        ]
