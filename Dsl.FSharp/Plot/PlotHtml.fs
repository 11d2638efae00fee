namespace Research

open System.IO
open System.Net

/// A figure as one HTML file that needs no network.
module internal PlotHtml =
    /// npm's `plotly.js-basic-dist-min` (scatter, bar and pie in 1.2 MB, where the full build has 4.6 MB), or for heat maps
    /// `plotly.js-cartesian-dist-min` (1.5 MB). Raises `FileNotFoundException` that names ./research setup.
    let private script (figure: Figure) =
        if figure.Panels |> List.exists (FigureLayout.heatMap >> Option.isSome) then
            CacheFolder.NpmFile("plotly.js-cartesian-dist-min", "plotly-cartesian.min.js")
        else
            CacheFolder.NpmFile("plotly.js-basic-dist-min", "plotly-basic.min.js")

    let private page (title: string) (script: string) (body: string) =
        $"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{WebUtility.HtmlEncode title}</title>
<style>
body {{ margin: 0; background: #fff; }}
#figure {{ width: max-content; margin: 0 auto; }}
</style>
{script}
</head>
<body>
{body}
</body>
</html>
"""

    let private inlined (path: string) =
        // The licence asks for its notice; the minified file starts with it. A closing tag inside the script would end it early.
        "<script>"
        + File.ReadAllText(path).Replace("</script", "<\\/script")
        + "</script>"

    /// plotly.js offers to upload a figure to its maker's servers by default; a result is the researcher's own.
    [<Literal>]
    let private buttons =
        "{displaylogo: false, plotlyServerURL: '', toImageButtonOptions: {format: 'svg'}, modeBarButtonsToRemove: ['sendChartToCloud', 'select2d', 'lasso2d', 'autoScale2d']}"

    /// The interactive page, plotly.js included.
    let interactive (figure: Figure) =
        let data = (PlotlyJson.data figure).ToJsonString()
        let layout = (PlotlyJson.layout true figure).ToJsonString()

        let call = $"Plotly.newPlot('figure', {data}, {layout}, {buttons});"

        page figure.Title (inlined (script figure)) $"<div id=\"figure\"></div>\n<script>\n{call}\n</script>"

    /// A page that draws the figure once and leaves its bytes, in base64, as the texts of `#svg` and `#png` (twice the size in pixels, for dense
    /// screens); "!" starts an error.
    let exporting (figure: Figure) =
        let data = (PlotlyJson.data figure).ToJsonString()
        let layout = (PlotlyJson.layout false figure).ToJsonString()
        let source = System.Uri(script figure).AbsoluteUri

        let call =
            $"""const draw = async (format, scale) => {{
  const out = document.getElementById(format);
  try {{
    const image = await Plotly.toImage({{data: {data}, layout: {layout}}},
        {{format, width: {figure.Width}, height: {(FigureLayout.geometry figure).Height}, scale, imageDataOnly: true}});
    out.textContent = format === 'svg' ? btoa(unescape(encodeURIComponent(image))) : image;
  }} catch (error) {{ out.textContent = '!' + error; }}
}};
draw('svg', 1).then(() => draw('png', 2));"""

        // plotly.js draws its element ids at random; the same figure shall give the same file.
        let steady =
            "<script>let state = 1; Math.random = () => (state = state * 16807 % 2147483647) / 2147483647;</script>"

        page
            figure.Title
            $"{steady}\n<script src=\"{WebUtility.HtmlEncode source}\"></script>"
            $"<pre id=\"svg\"></pre>\n<pre id=\"png\"></pre>\n<script>\n{call}\n</script>"

    /// A page of the figure's size that holds only its SVG, to print.
    let printing (svg: string) (figure: Figure) =
        page
            figure.Title
            $"<style>@page {{ size: {figure.Width}px {(FigureLayout.geometry figure).Height}px; margin: 0; }} svg {{ display: block; }}</style>"
            svg
