namespace Research.Plots

open System
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Tables

/// Figures of results, and their files.
[<RequireQualifiedAccess>]
module Plot =
    /// Arms side by side in one metric of a table: the mean as a bar with its interval, and each seed as a dot. Arms without a value follow, each
    /// with the reason; arms of which some seeds are missing are named below the axis.
    let arms (title: string) (column: Metric) (table: ResultTable) : Panel =
        let rows = ResultTable.cells column table

        Figure.panel title (ArmMarks.axis rows) (PlotAxis.ofMetric column) [
            Layer.Bars(rows |> List.choose (ArmMarks.mean column))
            Layer.Dots(rows |> List.collect (ArmMarks.dots column))
            yield! ArmMarks.gaps rows
        ]

    /// One arm's curve: at each step that all its seeds logged, their mean, with the band from the lowest to the highest seed.
    let private curve (column: Metric) (runs: RunRecord list) : LinePoint list =
        let logs =
            runs
            |> List.map (fun run ->
                SweepFolder.curve run
                |> List.choose (fun point ->
                    point.Values.TryFind column.Key
                    |> Option.filter Double.IsFinite
                    |> Option.map (fun value -> point.Step, column.Shown value))
                |> Map.ofList)
            |> List.filter (fun log -> not log.IsEmpty)

        match logs with
        | [] -> []
        | first :: rest ->
            first.Keys
            |> Seq.filter (fun step -> rest |> List.forall _.ContainsKey(step))
            |> Seq.map (fun step ->
                let values = logs |> List.map (fun log -> log[step])

                {
                    X = float step
                    Y = List.average values
                    Band =
                        if values.Length > 1 then
                            Some(List.min values, List.max values)
                        else
                            None
                })
            |> List.ofSeq

    /// A metric over training, one line an arm, from the finished runs' metrics.jsonl. Bands reach from the lowest to the highest seed; arms with
    /// unfinished runs are named below the axis. Raises `ArgumentException` when no run logged the metric.
    let learningCurves (title: string) (column: Metric) (runs: RunRecord list) : Panel =
        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)

        let lines =
            finished
            |> List.groupBy _.Arm
            |> List.map (fun (arm, own) -> arm, curve column own)
            |> List.filter (fun (_, points) -> not points.IsEmpty)

        if lines.IsEmpty then
            let known =
                finished
                |> Seq.collect SweepFolder.curve
                |> Seq.collect _.Values.Keys
                |> Seq.distinct
                |> Seq.sort

            let known = String.Join(", ", known)
            raise (ArgumentException $"No run logged the metric '{column.Key}'; the runs logged {known}.")

        Figure.panel
            title
            (PlotAxis.create "training step" "" |> PlotAxis.remark (Unfinished.ofArms runs))
            (PlotAxis.ofMetric column)
            (lines |> List.map Layer.Line)

    let private page (figure: Figure) : PlotlyPage = PlotlyFigure.page figure

    /// The figure as plotly.js takes it: `{"data":[...],"layout":{...}}`.
    let json (figure: Figure) : string =
        let page = page figure
        $"""{{"data":{page.Data},"layout":{page.StillLayout}}}"""

    /// The figure as an interactive page that needs no network: plotly.js is inside.
    /// Raises `FileNotFoundException`, naming the remedy, when plotly.js is not set up.
    let html (figure: Figure) : string = PlotHtml.interactive (page figure)

    /// Writes `<name>.html` into the folder and, with Chromium, the static images beside it; returns the paths. Leaves the images of an unchanged
    /// figure as they are. Without Chromium, one line on standard error says so and names the package; another does so for letters that no
    /// installed font has.
    let save (folder: string) (name: string) (formats: ImageFormat list) (figure: Figure) : string list =
        PlotFiles.save folder name formats (page figure)

    /// The same for a Plotly.NET chart made by the function; raises what it raises.
    let internal saveChart
        (folder: string)
        (name: string)
        (formats: ImageFormat list)
        (title: string)
        (draw: unit -> obj)
        : string list =
        PlotFiles.save folder name formats (ScriptChart.page title draw)
