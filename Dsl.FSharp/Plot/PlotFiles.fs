namespace Research.Plots

open System
open System.IO
open System.Text
open Research.Language
open Research.Runs

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

/// A drawing's files: a page and, with Chromium, images.
module internal PlotFiles =
    /// Whether the page already has these contents, so that its images need not be drawn again.
    let private unchanged (page: string) (content: string) =
        File.Exists page && File.ReadAllText page = content

    /// Draws the images and returns the letters that they lack.
    let private draw (browser: string) (page: PlotlyPage) (images: (ImageFormat * string) list) : string =
        let drawn = Chromium.export browser (PlotHtml.exporting page)
        let svg, png = drawn "svg", drawn "png"

        for format, path in images do
            match format with
            | ImageFormat.Svg -> AtomicFile.writeBytes path svg
            | ImageFormat.Png -> AtomicFile.writeBytes path png
            | ImageFormat.Pdf -> Chromium.print browser (PlotHtml.printing (Encoding.UTF8.GetString svg) page) path

        (Encoding.UTF8.GetString(drawn "letters")).Substring 1

    /// Writes `<name>.html` and the images beside it, and returns the paths.
    let save (folder: string) (name: string) (formats: ImageFormat list) (drawing: PlotlyPage) : string list =
        RunFolder.ensureWritable folder

        let target extension =
            Path.Combine(folder, Slug.ofText name + extension)

        let page = target ".html"
        let content = PlotHtml.interactive drawing

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
                match draw browser drawing images with
                | "" ->
                    // The page comes last: it proves that the images beside it are this figure's.
                    AtomicFile.write page content
                | letters ->
                    // The remark makes the page differ from what the next report expects, so that the images are drawn again with the font.
                    AtomicFile.write page (content + "<!-- drawn without a font for some letters -->\n")
                    eprintfn "%s" (PlotHtml.missingLetters letters)

                paths
