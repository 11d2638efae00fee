namespace Research

open System.IO
open System.Net

/// A figure as one HTML file that needs no network.
module internal PlotHtml =
    /// npm's `plotly.js-basic-dist-min` (scatter, bar and pie in 1.2 MB, where the full build has 4.6 MB). Raises `FileNotFoundException` that
    /// names ./research setup.
    let private script () =
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

        page figure.Title (inlined (script ())) $"<div id=\"figure\"></div>\n<script>\n{call}\n</script>"

    /// A page that draws the figure once and leaves the image's bytes, in base64, as the text of `#image`; "!" starts an error.
    let exporting (format: string) (scale: float) (figure: Figure) =
        let data = (PlotlyJson.data figure).ToJsonString()
        let layout = (PlotlyJson.layout false figure).ToJsonString()
        let source = System.Uri(script ()).AbsoluteUri
        let scale = scale.ToString("R", System.Globalization.CultureInfo.InvariantCulture)

        let call =
            $"""const out = document.getElementById('image');
Plotly.toImage({{data: {data}, layout: {layout}}},
               {{format: '{format}', width: {figure.Width}, height: {(FigureLayout.geometry figure).Height}, scale: {scale}, imageDataOnly: true}})
  .then(image => {{ out.textContent = '{format}' === 'svg' ? btoa(unescape(encodeURIComponent(image))) : image; }},
        error => {{ out.textContent = '!' + error; }});"""

        // plotly.js draws its element ids at random; the same figure shall give the same file.
        let steady =
            "<script>let state = 1; Math.random = () => (state = state * 16807 % 2147483647) / 2147483647;</script>"

        page
            figure.Title
            $"{steady}\n<script src=\"{WebUtility.HtmlEncode source}\"></script>"
            $"<pre id=\"image\"></pre>\n<script>\n{call}\n</script>"

    /// A page of the figure's size that holds only its SVG, to print.
    let printing (svg: string) (figure: Figure) =
        page
            figure.Title
            $"<style>@page {{ size: {figure.Width}px {(FigureLayout.geometry figure).Height}px; margin: 0; }} svg {{ display: block; }}</style>"
            svg
