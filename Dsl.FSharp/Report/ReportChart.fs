namespace Research.Reports

open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Plots

/// The charts that a script draws from its results.
module internal ReportChart =
    let private formats: ImageFormat list = [ ImageFormat.Svg; ImageFormat.Png; ImageFormat.Pdf ]

    /// Writes each chart as chart.html with its images, the second as chart-2, and returns the paths. An error in a chart is one line on standard
    /// error: the runs, the tables and the other figures stand without it.
    let save (folder: string) (study: Study) (finished: RunRecord list) : string list =
        let draws =
            study.Items
            |> List.choose (fun item ->
                match item with
                | ReportItem.Chart draw -> Some draw
                | _ -> None)

        let results = lazy Observation.ofRuns finished

        draws
        |> List.indexed
        |> List.collect (fun (i, draw) ->
            let name = if i = 0 then "chart" else $"chart-{i + 1}"

            try
                Plot.saveChart folder name formats study.Title (fun () -> draw results.Value)
            with error ->
                // An older picture would be taken for this report's.
                for ending in ".html" :: (formats |> List.map _.Extension) do
                    File.Delete(Path.Combine(folder, name + ending))

                eprintfn "%s: not drawn: %s" name (Words.message error)
                [])
