namespace Research.Plots

open System
open System.Globalization
open System.Text

/// The drawn width of a text, and where it is broken. Measured in DejaVu Sans, the widest of the fonts that figures name and the one that
/// set-up installs: what fits in it fits in the others, and the layout is the same on every machine.
module internal TextWidth =
    /// The advances of U+0020 to U+007E in thousandths of the font size.
    let private ascii =
        "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 636 636 636 337 337 838 838 838 531 \
         1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 \
         500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 592 592 525 636 337 636 838"
            .Split
            ' '
        |> Array.map float

    /// Letters as wide as high: Chinese, Japanese and Korean ones, and emoji.
    let isWide (rune: Rune) =
        let c = rune.Value

        c >= 0x1100 && c <= 0x115F
        || c >= 0x2E80 && c <= 0xA4CF
        || c >= 0xAC00 && c <= 0xD7A3
        || c >= 0xF900 && c <= 0xFAFF
        || c >= 0xFE30 && c <= 0xFE6F
        || c >= 0xFF00 && c <= 0xFF60
        || c >= 0x1F000

    let private advance (rune: Rune) =
        if rune.Value >= 0x20 && rune.Value < 0x20 + ascii.Length then
            ascii[rune.Value - 0x20] / 1000.0
        else
            match Rune.GetUnicodeCategory rune with
            | UnicodeCategory.NonSpacingMark
            | UnicodeCategory.EnclosingMark
            | UnicodeCategory.Format -> 0.0
            | _ when isWide rune -> 1.0
            // The mean of Latin, Greek and Cyrillic letters is 0.61, 0.62 and 0.72; signs such as arrows and the minus have 0.84.
            | UnicodeCategory.MathSymbol
            | UnicodeCategory.OtherSymbol -> 0.84
            | _ -> 0.72

    /// The width in pixels of one line in letters of this size.
    let ofText (size: int) (text: string) : float =
        let mutable sum = 0.0

        for rune in text.EnumerateRunes() do
            sum <- sum + advance rune

        sum * float size

    /// The same font in bold is wider.
    let bold = 1.11

    let private words (text: string) =
        text.Split([| ' '; '\r'; '\t' |], StringSplitOptions.RemoveEmptyEntries)

    /// Cuts a word into pieces that fit, each but the last with a hyphen; a piece has at least one letter.
    let private pieces (size: int) (width: float) (word: string) : string list =
        if ofText size word <= width then
            [ word ]
        else
            let hyphen = ofText size "-"
            let found = Collections.Generic.List<string>()
            let piece = StringBuilder()
            let mutable used = 0.0

            for rune in word.EnumerateRunes() do
                let own = advance rune * float size

                if piece.Length > 0 && used + own + hyphen > width then
                    found.Add(piece.ToString())
                    piece.Clear() |> ignore
                    used <- 0.0

                piece.Append(rune.ToString()) |> ignore
                used <- used + own

            found.Add(piece.ToString())

            found
            |> List.ofSeq
            |> List.mapi (fun i part ->
                // Scripts in which each letter is a word are not hyphenated.
                if i = found.Count - 1 || isWide (Rune.GetRuneAt(part, 0)) then
                    part
                else
                    part + "-")

    let private fill (size: int) (width: float) (words: string seq) : string list =
        let lines = Collections.Generic.List<string>()
        let mutable line = ""

        for word in words do
            let longer = if line = "" then word else $"{line} {word}"

            if line <> "" && ofText size longer > width then
                lines.Add line
                line <- word
            else
                line <- longer

        if line <> "" then
            lines.Add line

        List.ofSeq lines

    /// Breaks a text into lines of at most `width` pixels: at its own line ends and spaces, and within words longer than a line.
    let wrap (size: int) (width: float) (text: string) : string list =
        text.Split '\n'
        |> List.ofArray
        |> List.collect (fun line -> line |> words |> Seq.collect (pieces size width) |> fill size width)

    /// Whether the text fits this width without breaking a word.
    let fits (size: int) (width: float) (text: string) =
        text.Replace('\n', ' ')
        |> words
        |> Seq.forall (fun word -> ofText size word <= width)

    /// The width of the widest of several lines.
    let ofLines (size: int) (lines: string list) =
        lines |> List.map (ofText size) |> List.fold max 0.0

    /// The same, with equally few lines of about equal length, for names.
    let wrapEvenly (size: int) (width: float) (text: string) : string list =
        let least = (wrap size width text).Length

        [ 0.5; 0.6; 0.7; 0.8; 0.9 ]
        |> List.map (fun share -> share * width)
        |> List.tryPick (fun width ->
            let lines = wrap size width text

            if fits size width text && lines.Length = least then
                Some lines
            else
                None)
        |> Option.defaultWith (fun () -> wrap size width text)

    /// plotly.js reads a subset of HTML in its texts; user text is not HTML.
    let escape (text: string) =
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

    /// Lines as one plotly.js text.
    let joined (lines: string list) =
        String.Join("<br>", List.map escape lines)
