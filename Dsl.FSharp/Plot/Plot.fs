namespace Research

open System
open System.IO
open System.Text
open System.Text.Json.Nodes

/// A static image's format.
[<RequireQualifiedAccess>]
type ImageFormat =
    | Svg
    /// Twice the figure's size in pixels, for dense screens.
    | Png
    | Pdf

    /// The file's ending.
    member this.Extension =
        match this with
        | Svg -> ".svg"
        | Png -> ".png"
        | Pdf -> ".pdf"

/// Figures of results, and their files.
[<RequireQualifiedAccess>]
module Plot =
    /// Arms side by side in one metric of a table: the mean as a bar with its interval, and each seed as a dot.
    let arms (title: string) (column: MetricColumn) (table: ResultTable) : Panel =
        let index =
            match table.Columns |> List.tryFindIndex (fun own -> own.Key = column.Key) with
            | Some index -> index
            | None ->
                let known = String.Join(", ", table.Columns |> List.map _.Key)
                raise (ArgumentException $"The table has no column '{column.Key}'; its columns are {known}.")

        let cells = table.Rows |> List.map (fun row -> row.Arm, row.Cells[index])

        let bars =
            cells
            |> List.choose (fun (arm, cell) ->
                cell.Summary
                |> Option.map (fun summary -> {
                    Bar.Category = arm
                    Value = column.Shown summary.Mean
                    Interval =
                        summary.Interval
                        |> Option.map (fun interval -> column.Shown interval.Low, column.Shown interval.High)
                }))

        let dots =
            cells
            |> List.collect (fun (arm, cell) ->
                cell.Values
                |> List.map (fun (seed, value) -> {
                    Dot.Category = arm
                    Value = column.Shown value
                    Label = $"seed {seed}"
                }))

        Figure.panel title (PlotAxis.create "arm" "") (PlotAxis.ofColumn column) [ Layer.Bars bars; Layer.Dots dots ]

    /// One arm's curve: at each step that all its seeds logged, their mean, with the band from the lowest to the highest seed.
    let private curve (column: MetricColumn) (runs: RunRecord list) : LinePoint list =
        let logs =
            runs
            |> List.map (fun run ->
                MetricsLog.read run.Folder
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

    /// A metric over training, one line an arm, from the runs' metrics.jsonl. Bands reach from the lowest to the highest seed.
    /// Raises `ArgumentException` when no run logged the metric.
    let learningCurves (title: string) (column: MetricColumn) (runs: RunRecord list) : Panel =
        let lines =
            runs
            |> List.groupBy _.Arm
            |> List.map (fun (arm, own) -> arm, curve column own)
            |> List.filter (fun (_, points) -> not points.IsEmpty)

        if lines.IsEmpty then
            let known =
                runs
                |> Seq.collect (fun run -> MetricsLog.read run.Folder)
                |> Seq.collect _.Values.Keys
                |> Seq.distinct
                |> Seq.sort

            let known = String.Join(", ", known)
            raise (ArgumentException $"No run logged the metric '{column.Key}'; the runs logged {known}.")

        Figure.panel
            title
            (PlotAxis.create "training step" "")
            (PlotAxis.ofColumn column)
            (lines |> List.map Layer.Line)

    /// The figure as plotly.js takes it: `{"data":[...],"layout":{...}}`.
    let json (figure: Figure) : string =
        let node = JsonObject()
        node["data"] <- PlotlyJson.data figure
        node["layout"] <- PlotlyJson.layout false figure
        node.ToJsonString()

    /// The figure as an interactive page that needs no network: plotly.js is inside.
    /// Raises `FileNotFoundException`, naming the remedy, when plotly.js is not set up.
    let html (figure: Figure) : string = PlotHtml.interactive figure

    /// What the page will hold is what it holds already, so that its images need not be drawn again.
    let private unchanged (page: string) (content: string) =
        File.Exists page && File.ReadAllText page = content

    let private draw (browser: string) (figure: Figure) (images: (ImageFormat * string) list) =
        let svg, png =
            Chromium.export browser (PlotHtml.exporting figure)
            |> fun bytes -> bytes "svg", bytes "png"

        for format, path in images do
            match format with
            | ImageFormat.Svg -> AtomicFile.writeBytes path svg
            | ImageFormat.Png -> AtomicFile.writeBytes path png
            | ImageFormat.Pdf -> Chromium.print browser (PlotHtml.printing (Encoding.UTF8.GetString svg) figure) path

    /// Writes `<name>.html` into the folder and, with Chromium, the static images beside it; returns the paths. Images of a figure that did not
    /// change are left as they are. Without Chromium one line on standard error says so and names the package.
    let save (folder: string) (name: string) (formats: ImageFormat list) (figure: Figure) : string list =
        RunFolder.ensureWritable folder

        let target extension =
            Path.Combine(folder, Slug.ofText name + extension)

        let page = target ".html"
        let content = html figure

        let images =
            formats
            |> List.distinct
            |> List.map (fun format -> format, target format.Extension)

        let paths = page :: List.map snd images

        if unchanged page content && images |> List.forall (snd >> File.Exists) then
            paths
        else
            match images, Chromium.find () with
            | [], _ ->
                AtomicFile.write page content
                paths
            | _, None ->
                AtomicFile.write page content
                eprintfn "%s" Chromium.missing
                [ page ]
            | images, Some browser ->
                // The page comes last: it says that the images beside it are this figure's.
                draw browser figure images
                AtomicFile.write page content
                paths
