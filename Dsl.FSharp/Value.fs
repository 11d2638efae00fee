namespace Research.Language

open System
open System.Globalization
open System.Text.Json.Nodes

/// One kind of value: its JSON form, its text in tables and messages, and its allowed range.
type Value<'v> = {
    /// The allowed values in words, such as "[0, 1]".
    Allowed: string
    Encode: 'v -> JsonNode
    Decode: JsonAt -> 'v
    Text: 'v -> string
    /// What is wrong with a value; the keyword stands in front.
    Problems: string -> 'v -> string list
}

/// The kinds of value that settings have.
[<RequireQualifiedAccess>]
module Value =
    let private bound (text: string) =
        match text.Trim() with
        | "inf" -> Double.PositiveInfinity
        | "-inf" -> Double.NegativeInfinity
        | number -> Double.Parse(number, CultureInfo.InvariantCulture)

    /// A finite number in an interval written as in mathematics: "[0, 1)", "(0, inf)".
    let number (interval: string) : Value<float> =
        let ends = interval.Trim('[', ']', '(', ')').Split ','
        let low, high = bound ends[0], bound ends[1]

        let inside value =
            Double.IsFinite value
            && (if interval.StartsWith '[' then
                    value >= low
                else
                    value > low)
            && (if interval.EndsWith ']' then
                    value <= high
                else
                    value < high)

        let rule =
            match Double.IsFinite low, Double.IsFinite high with
            | false, false -> "must be a finite number"
            | true, false when interval.StartsWith '[' -> $"must be a finite number of at least {Words.number low}"
            | true, false when low = 0.0 -> "must be a positive number"
            | true, false -> $"must be a finite number above {Words.number low}"
            | _ -> $"is outside the allowed range {interval}"

        {
            Allowed = interval
            Encode = Json.number
            Decode = _.Number
            Text = Words.number
            Problems =
                fun key value ->
                    if inside value then
                        []
                    else
                        [ $"{key} {Words.number value} {rule}" ]
        }

    /// A whole number from `least` to `most`; Int32.MaxValue is no upper bound.
    let whole (least: int) (most: int) : Value<int> =
        let rule =
            if most = Int32.MaxValue then
                $"must be at least {least}"
            else
                $"is outside the allowed range [{least}, {most}]"

        {
            Allowed =
                if most = Int32.MaxValue then
                    $"at least {least}"
                else
                    $"[{least}, {most}]"
            Encode = Json.integer
            Decode = _.Integer
            Text = string
            Problems =
                fun key value ->
                    if value >= least && value <= most then
                        []
                    else
                        [ $"{key} {value} {rule}" ]
        }

    let flag: Value<bool> = {
        Allowed = "true, false"
        Encode = Json.boolean
        Decode = _.Boolean
        Text = fun value -> if value then "true" else "false"
        Problems = fun _ _ -> []
    }

    /// Any text that is not blank.
    let text: Value<string> = {
        Allowed = "a text"
        Encode = Json.text
        Decode = _.Text
        Text = id
        Problems =
            fun key value ->
                if String.IsNullOrWhiteSpace value then
                    [ $"{key}: the text is empty" ]
                else
                    []
    }

    let private pick (words: (string * 'v) list) (at: JsonAt) =
        let word = at.Text

        match List.tryFind (fst >> (=) word) words with
        | Some(_, value) -> value
        | None -> at.Fail $"is \"{word}\"; allowed are {Words.list (List.map fst words)}."

    /// One of a few named values.
    let oneOf (words: (string * 'v) list) : Value<'v> =
        let name value =
            words |> List.find (fun (_, known) -> known = value) |> fst

        {
            Allowed = Words.list (List.map fst words)
            Encode = name >> Json.text
            Decode = pick words
            Text = name
            Problems = fun _ _ -> []
        }

    /// One of a list of names: `name "clean pairs"`.
    let name (known: string list) : Value<string> = {
        text with
            Allowed = Words.list known
            Problems =
                fun key value ->
                    if List.contains value known then
                        []
                    else
                        [ $"{key} \"{value}\" is unknown; known are {Words.list known}" ]
    }

    /// A value or none; `absent` says what none means, in JSON and in words.
    let optional (absent: string) (inner: Value<'v>) : Value<'v option> = {
        Allowed = $"{inner.Allowed}, or {absent}"
        Encode =
            fun value ->
                match value with
                | Some value -> inner.Encode value
                | None -> Json.text absent
        Decode =
            fun at ->
                if at.IsText && at.Text = absent then
                    None
                else
                    Some(inner.Decode at)
        Text =
            fun value ->
                match value with
                | Some value -> inner.Text value
                | None -> absent
        Problems = fun key value -> value |> Option.map (inner.Problems key) |> Option.defaultValue []
    }

    /// A list without repeats; `whenEmpty` is its text where it is empty.
    let list (whenEmpty: string) (inner: Value<'v>) : Value<'v list> = {
        Allowed = $"a list of {inner.Allowed}"
        Encode = List.map inner.Encode >> Json.array
        Decode = fun at -> at.Items |> List.map inner.Decode
        Text =
            fun values ->
                if values.IsEmpty then
                    whenEmpty
                else
                    values |> List.map inner.Text |> Words.list
        Problems =
            fun key values -> [
                yield! values |> List.collect (inner.Problems key)

                for twice, count in List.countBy inner.Text values do
                    if count > 1 then
                        $"{key} names {twice} twice"
            ]
    }

    /// A list that must have an item.
    let nonEmpty (inner: Value<'v>) : Value<'v list> =
        let items = list "" inner

        {
            items with
                Problems =
                    fun key values ->
                        if values.IsEmpty then
                            [ $"{key}: the list is empty; allowed are {inner.Allowed}" ]
                        else
                            items.Problems key values
        }

    /// The same with a further check.
    let where (check: 'v -> string option) (value: Value<'v>) = {
        value with
            Problems =
                fun key v -> [
                    yield! value.Problems key v
                    yield! check v |> Option.map (fun problem -> $"{key}: {problem}") |> Option.toList
                ]
    }
