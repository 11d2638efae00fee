namespace Research.Plots

open System

/// How one name looks in a whole figure.
type internal Look = {
    Colour: string
    /// A symbol of plotly.js, for points.
    Symbol: string
    /// A kind of dashes of plotly.js, for lines.
    Dash: string
}

/// The colours, symbols and letters of figures.
module internal Palette =
    /// Okabe and Ito's palette, which colour-blind readers can tell apart; yellow last, being faint on white.
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

    /// A marker's shape and a line's dashes tell names apart where colours do not: in black and white.
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

    /// The look of the name with this number, counted from 0. Symbols and dashes move on with each round of the colours, so that the first 48
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

    /// What a forest claims, and what it does not: the first is no colour of a name.
    let accent = "#5E3C99"
    let unclaimed = "#8c8c8c"

    /// The same colour, translucent.
    let translucent (hex: string) (opacity: float) =
        let part i =
            Convert.ToInt32(hex.Substring(i, 2), 16)

        FormattableString.Invariant $"rgba({part 1},{part 3},{part 5},{opacity})"
