namespace Research.Plots

open System

/// The look of one name in a whole figure.
type internal Look = {
    Colour: string
    /// A symbol of plotly.js, for points.
    Symbol: string
    /// A dash pattern of plotly.js, for lines.
    Dash: string
}

/// The colours, symbols and letters of figures.
module internal Palette =
    /// Okabe and Ito's palette, which colour-blind readers can distinguish; yellow last, because it is faint on white.
    let colours = [|
        "#0072B2"
        "#D55E00"
        "#009E73"
        "#CC79A7"
        "#E69F00"
        "#56B4E9"
        "#000000"
        "#F0E442"
    |]

    /// A marker's shape and a line's dashes distinguish names where colours do not: in black and white.
    let private symbols = [|
        "circle"
        "square"
        "diamond"
        "triangle-up"
        "x"
        "triangle-down"
        "cross"
        "star"
    |]

    let private dashes = [| "solid"; "dash"; "dot"; "dashdot"; "longdash"; "longdashdot" |]

    /// The look of name number `index`, counted from 0. Symbols and dashes advance with each round of the colours, so that the first 48
    /// names all differ.
    let look (index: int) : Look =
        let shifted = index + index / colours.Length

        {
            Colour = colours[index % colours.Length]
            Symbol = symbols[shifted % symbols.Length]
            Dash = dashes[shifted % dashes.Length]
        }

    let fontFamily =
        "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"

    let ink = "#222222"
    let faint = "#666666"
    let gridColour = "#e6e6e6"

    /// The colours of a forest's significant and other differences: no name has the first.
    let accent = "#5E3C99"
    let unclaimed = "#8c8c8c"

    /// The same colour, translucent.
    let translucent (hex: string) (opacity: float) =
        let part i =
            Convert.ToInt32(hex.Substring(i, 2), 16)

        FormattableString.Invariant $"rgba({part 1},{part 3},{part 5},{opacity})"
