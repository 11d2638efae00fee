namespace Research.Plots

open System
open System.IO
open System.Net
open System.Text
open Research.Language

/// A drawing, whoever made it: the arguments of `Plotly.newPlot` as JSON.
type internal PlotlyPage = {
    Title: string
    Data: string
    /// On a page, with room for its buttons.
    Layout: string
    /// In an image.
    StillLayout: string
    Config: string
    /// Of the image, in CSS pixels.
    Width: int
    Height: int
    /// plotly.js, a file of npm's.
    Script: string
}

/// A drawing as one HTML file that needs no network. Plotly.NET's own page is not used: its element's id is random, so equal figures
/// would differ, and it does not escape `</script>` in a name.
module internal PlotHtml =
    let private shell (title: string) (head: string) (body: string) =
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
{head}
</head>
<body>
{body}
</body>
</html>
"""

    let private inlined (path: string) =
        // The licence requires its notice; the minified file starts with it. A closing tag inside the script would end it early.
        "<script>"
        + File.ReadAllText(path).Replace("</script", "<\\/script")
        + "</script>"

    /// The interactive page, plotly.js included.
    let interactive (page: PlotlyPage) =
        let call = $"Plotly.newPlot('figure', {page.Data}, {page.Layout}, {page.Config});"

        shell page.Title (inlined page.Script) $"<div id=\"figure\"></div>\n<script>\n{call}\n</script>"

    /// The letters that some machines' fonts lack: all but Latin, Greek and Cyrillic ones and their signs.
    let private rare (page: PlotlyPage) =
        (page.Data + page.StillLayout).EnumerateRunes()
        |> Seq.filter (fun rune -> rune.Value >= 0x530 && not (rune.Value >= 0x2000 && rune.Value < 0x2300))
        |> Seq.distinct
        |> Seq.map (fun rune -> $"'\\u{{{rune.Value:x}}}'")
        |> String.concat ","

    /// A page that draws the figure once and leaves its bytes, in base64, as the texts of `#svg` and `#png` (twice the size in pixels, for dense
    /// screens); "!" starts an error. `#letters` has "=" and the letters that no installed font can draw: they look like an unassigned code point.
    let exporting (page: PlotlyPage) =
        let source = Uri(page.Script).AbsoluteUri

        let call =
            $$"""const coded = text => btoa(unescape(encodeURIComponent(text)));
const draw = async (format, scale) => {
  const out = document.getElementById(format);
  try {
    const image = await Plotly.toImage({data: {{page.Data}}, layout: {{page.StillLayout}}},
        {format, width: {{page.Width}}, height: {{page.Height}}, scale, imageDataOnly: true});
    out.textContent = format === 'svg' ? coded(image) : image;
  } catch (error) { out.textContent = '!' + error; }
};
const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true});
canvas.width = canvas.height = 48;
pen.font = '32px {{Palette.fontFamily}}';
const picture = letter => { pen.clearRect(0, 0, 48, 48); pen.fillText(letter, 4, 36); return canvas.toDataURL(); };
const nobody = picture('\u{e0ff}');
document.getElementById('letters').textContent = coded('=' + [{{rare page}}].filter(letter => picture(letter) === nobody).join(''));
draw('svg', 1).then(() => draw('png', 2));"""

        // plotly.js draws its element ids at random; equal figures must give equal files.
        let steady =
            "<script>let state = 1; Math.random = () => (state = state * 16807 % 2147483647) / 2147483647;</script>"

        shell
            page.Title
            $"{steady}\n<script src=\"{WebUtility.HtmlEncode source}\"></script>"
            $"<pre id=\"svg\"></pre>\n<pre id=\"png\"></pre>\n<pre id=\"letters\"></pre>\n<script>\n{call}\n</script>"

    /// A page of the figure's size that holds only its SVG, for printing.
    let printing (svg: string) (page: PlotlyPage) =
        shell
            page.Title
            $"<style>@page {{ size: {page.Width}px {page.Height}px; margin: 0; }} svg {{ display: block; }}</style>"
            svg

    /// One line about letters without a glyph, with Debian's package that has them.
    let missingLetters (letters: string) : string =
        let runes = letters.EnumerateRunes() |> List.ofSeq

        let package (rune: Rune) =
            if rune.Value >= 0x1F000 then "fonts-noto-color-emoji"
            elif TextWidth.isWide rune then "fonts-wqy-microhei"
            else "fonts-noto-core"

        let packages = runes |> List.map package |> List.distinct |> String.concat " "

        let shown =
            if runes.Length <= 12 then
                letters
            else
                String.Join("", runes |> List.take 12) + "..."

        $"figure: no installed font has {shown}, so that the PNG and the PDF show boxes for them; install Debian's {packages} and report again."
