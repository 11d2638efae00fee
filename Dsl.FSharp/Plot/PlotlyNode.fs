namespace Research

open System.Text.Json.Nodes
open Research.FigureLayout

/// JSON in the few shapes that plotly.js takes.
module internal PlotlyNode =
    type Node = JsonNode | null

    let text (value: string) : Node = JsonValue.Create value
    let number (value: float) : Node = JsonValue.Create value
    let whole (value: int) : Node = JsonValue.Create value
    let no () : Node = JsonValue.Create false
    let on () : Node = JsonValue.Create true
    let array (items: Node seq) : Node = JsonArray(Array.ofSeq items)
    let numbers (values: float seq) = array (values |> Seq.map number)
    let texts (values: string seq) = array (values |> Seq.map text)

    let fields (items: (string * Node) list) : Node =
        let node = JsonObject()

        for key, value in items do
            node[key] <- value

        node

    let font (size: int) (colour: string) =
        fields [ "size", whole size; "color", text colour; "family", text fontFamily ]

    let axisName (letter: string) panel =
        if panel = 0 then letter else $"{letter}{panel + 1}"
