namespace Research.Plots

open System
open Plotly.NET
open Plotly.NET.LayoutObjects
open Research.Language
open Research.Plots.Palette

/// A chart made by a script, drawn like our figures.
module internal ScriptChart =
    /// Our colours and letters for everything that a chart leaves open.
    let private ours () =
        let axis () =
            LinearAxis.init (
                AutoMargin = StyleParam.TickAutoMargin.All,
                GridColor = Color.fromString gridColour,
                LineColor = Color.fromString "#888888",
                ZeroLine = false
            )

        Layout.init (
            Font =
                Font.init (
                    Family = StyleParam.FontFamily.Custom fontFamily,
                    Size = float FigureLayout.tickFont,
                    Color = Color.fromString ink
                ),
            PaperBGColor = Color.fromString "#ffffff",
            PlotBGColor = Color.fromString "#ffffff",
            Colorway = Color.fromColors (colours |> Array.map Color.fromString)
        )
        |> Layout.setLinearAxis (StyleParam.SubPlotId.XAxis 1, axis ())
        |> Layout.setLinearAxis (StyleParam.SubPlotId.YAxis 1, axis ())
        |> Template.init

    /// Runs a script's function with our template, width (640) and height (520) as Plotly.NET's defaults, and returns the form for files.
    /// Raises what the function raises, and `ArgumentException` for a chart that the set-up's plotly.js cannot draw.
    let page (title: string) (draw: unit -> obj) : PlotlyPage =
        let template, width, height =
            Defaults.DefaultTemplate, Defaults.DefaultWidth, Defaults.DefaultHeight

        let chart =
            try
                Defaults.DefaultTemplate <- ours ()
                Defaults.DefaultWidth <- 640
                Defaults.DefaultHeight <- 520
                draw () :?> GenericChart
            finally
                Defaults.DefaultTemplate <- template
                Defaults.DefaultWidth <- width
                Defaults.DefaultHeight <- height

        if (GenericChart.getTraces chart).IsEmpty then
            raise (ArgumentException "the chart has no trace")

        let width, height = GenericChart.tryGetLayoutSize chart
        PlotlyFigure.pageOf title (defaultArg width 640) (defaultArg height 520) chart chart
