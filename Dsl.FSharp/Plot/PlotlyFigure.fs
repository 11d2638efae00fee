namespace Research.Plots

open System
open Newtonsoft.Json
open Plotly.NET
open Research.Language
open Research.Printing

/// Turns a figure into a Plotly.NET chart, and that into JSON.
module internal PlotlyFigure =
    let private grounds (figure: Research.Plots.Figure) (geometry: FigureGeometry) : PlotlyGround list =
        let names = FigureNames.all figure
        let mutable shown = Set.empty

        let inLegend name =
            let first = List.contains name geometry.Legend && not (shown.Contains name)
            shown <- shown.Add name
            first

        List.zip figure.Panels geometry.Places
        |> List.mapi (fun i (panel, place) ->
            let extra = figure.Panels.Length + i + 1

            {
                Panel = panel
                Place = place
                X = StyleParam.LinearAxisId.X(i + 1)
                Y = StyleParam.LinearAxisId.Y(i + 1)
                Beside =
                    (if place.Sideways then
                         StyleParam.LinearAxisId.Y extra
                     else
                         StyleParam.LinearAxisId.X extra)
                Look = fun name -> Palette.look (List.findIndex ((=) name) names)
                InLegend = inLegend
                NamesBeside = FigureNames.besideMarks figure
            })

    /// The buttons of an interactive page. plotly.js offers to upload a figure to its maker's servers; results must stay with the researcher.
    let private config () =
        let config =
            Config.init (
                Displaylogo = false,
                ShowSendToCloud = false,
                ToImageButtonOptions = ConfigObjects.ToImageButtonOptions.init (Format = StyleParam.ImageFormat.SVG),
                ModeBarButtonsToRemove = [
                    StyleParam.ModeBarButton.Select2d
                    StyleParam.ModeBarButton.Lasso2d
                    StyleParam.ModeBarButton.AutoScale2d
                ]
            )

        // Plotly.NET's own field is written as `plotlyServerUrl`, which plotly.js does not know.
        config.SetProperty("plotlyServerURL", "")
        config

    /// The figure; on a page with a strip for the buttons.
    let chart (buttons: bool) (figure: Research.Plots.Figure) : GenericChart =
        let geometry = FigureLayout.geometry figure
        let grounds = grounds figure geometry

        GenericChart.ofTraceObjects false (List.collect PlotlyTraces.ofPanel grounds)
        |> GenericChart.setLayout (PlotlyLayout.ofFigure buttons figure geometry grounds)

    /// Names safe to display: a control character in one would make the SVG unreadable.
    type private NameWriter(target: System.IO.TextWriter) =
        inherit JsonTextWriter(target)

        override _.WriteValue(text: string | null) =
            base.WriteValue(
                match text with
                | null -> null
                | text -> PrintableText.Of(text, lines = true)
            )

    /// Escapes `<`, `>` and `&`, so that the text can stand inside a script element whatever users put into names.
    let private write (value: obj) : string =
        let settings =
            JsonSerializerSettings(ReferenceLoopHandling = ReferenceLoopHandling.Serialize)

        use text = new System.IO.StringWriter(Globalization.CultureInfo.InvariantCulture)

        use writer =
            new NameWriter(text, StringEscapeHandling = StringEscapeHandling.EscapeHtml)

        JsonSerializer.CreateDefault(settings).Serialize(writer, value)
        text.ToString()

    /// npm's `plotly.js-basic-dist-min` (1.2 MB, against 4.6 MB for the full build) or, for other kinds of traces,
    /// `plotly.js-cartesian-dist-min` (1.5 MB). Raises `FileNotFoundException` that names ./research setup, and `ArgumentException` for a kind that
    /// neither has.
    let private script (traces: Trace list) =
        let basic = [ "bar"; "pie"; "scatter" ]

        let cartesian =
            basic
            @ [
                "box"
                "contour"
                "heatmap"
                "histogram"
                "histogram2d"
                "histogram2dcontour"
                "image"
                "scatterternary"
                "violin"
            ]

        let kinds = traces |> List.map _.``type`` |> List.distinct

        match kinds |> List.tryFind (fun kind -> not (List.contains kind cartesian)) with
        | Some kind ->
            raise (
                ArgumentException
                    $"a trace of type '{kind}' cannot be drawn; the plotly.js of the set-up has {Words.list cartesian}"
            )
        | None when kinds |> List.forall (fun kind -> List.contains kind basic) ->
            Research.CacheFolder.NpmFile("plotly.js-basic-dist-min", "plotly-basic.min.js")
        | None -> Research.CacheFolder.NpmFile("plotly.js-cartesian-dist-min", "plotly-cartesian.min.js")

    /// A chart of this size in its form for files, with a separate layout for images.
    let pageOf (title: string) (width: int) (height: int) (still: GenericChart) (chart: GenericChart) : PlotlyPage =
        let traces = GenericChart.getTraces chart

        {
            Title = PrintableText.Of title
            Data = write traces
            Layout = write (GenericChart.getLayout chart)
            StillLayout = write (GenericChart.getLayout still)
            Config = write (config ())
            Width = width
            Height = height
            Script = script traces
        }

    let page (figure: Research.Plots.Figure) : PlotlyPage =
        let geometry = FigureLayout.geometry figure
        pageOf figure.Title figure.Width geometry.Height (chart false figure) (chart true figure)
