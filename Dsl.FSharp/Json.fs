namespace Research.Language

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Text.Json
open System.Text.Json.Nodes

/// JSON written by hand rather than by reflection: the text of a configuration is a contract that outlives the names of F# types.
[<RequireQualifiedAccess>]
module Json =
    /// An object from its fields; fields without a value are left out.
    let object (fields: (string * JsonNode option) list) : JsonNode =
        let node = JsonObject()

        for name, value in fields do
            match value with
            | Some value -> node.Add(name, value)
            | None -> ()

        node

    let array (items: JsonNode seq) : JsonNode =
        let node = JsonArray()

        for item in items do
            node.Add item

        node

    let text (value: string) : JsonNode = nonNull (JsonValue.Create(value))
    let integer (value: int) : JsonNode = JsonValue.Create(value)
    let boolean (value: bool) : JsonNode = JsonValue.Create(value)

    /// A finite number, written with the shortest digits that read back to the same double.
    let number (value: float) : JsonNode =
        if Double.IsFinite value then
            JsonValue.Create(value)
        else
            raise (ArgumentException $"{value} is no finite number and cannot be written to JSON.")

    /// Reads a text; a syntax error names its line.
    let parse (source: string) (content: string) : JsonNode =
        let mistake (message: string) =
            raise (InvalidDataException $"{source}: {message}")

        let parsed =
            try
                JsonNode.Parse content
            with :? JsonException as error ->
                mistake $"not valid JSON: {error.Message}"

        match parsed with
        | null -> mistake "holds null."
        | node -> node

    let private indented = JsonWriterOptions(Indented = true, IndentSize = 2)

    /// The text of a file that people read: indented, keys in the order in which they were given.
    let render (node: JsonNode) =
        use stream = new MemoryStream()

        using (new Utf8JsonWriter(stream, indented)) (fun writer -> node.WriteTo writer)
        Encoding.UTF8.GetString(stream.ToArray()) + "\n"

    let rec private sorted (node: JsonNode | null) : JsonNode =
        match node with
        | null -> raise (InvalidDataException "null has no canonical form.")
        | :? JsonObject as fields ->
            fields
            |> Seq.sortWith (fun a b -> String.CompareOrdinal(a.Key, b.Key))
            |> Seq.map (fun field -> field.Key, Some(sorted field.Value))
            |> List.ofSeq
            |> object
        | :? JsonArray as items -> items |> Seq.map sorted |> array
        | value -> value.DeepClone()

    /// The text that is hashed: no white space, keys in ordinal order.
    let canonical (node: JsonNode) =
        use stream = new MemoryStream()

        using (new Utf8JsonWriter(stream)) (fun writer -> (sorted node).WriteTo writer)
        Encoding.UTF8.GetString(stream.ToArray())

/// One value of a JSON document and the place where it stands, which messages name.
type JsonAt(place: string, node: JsonNode | null) =
    let fail (message: string) : 'a =
        raise (InvalidDataException $"{place} {message}")

    let scalar (what: string) (kinds: JsonValueKind list) : 'a =
        match node with
        | :? JsonValue as value when List.contains (value.GetValueKind()) kinds ->
            try
                value.GetValue<'a>()
            with
            | :? InvalidOperationException
            | :? FormatException -> fail $"is {value.ToJsonString()}, but {what} is expected."
        | null -> fail $"is null, but {what} is expected."
        | other -> fail $"is {other.ToJsonString()}, but {what} is expected."

    member _.Place = place
    member _.Node = node
    member _.Fail(message: string) : 'a = fail message
    member _.Text: string = scalar "a text" [ JsonValueKind.String ]
    member _.Integer: int = scalar "a whole number" [ JsonValueKind.Number ]
    member _.Number: float = scalar "a number" [ JsonValueKind.Number ]

    member _.Boolean: bool =
        scalar "true or false" [ JsonValueKind.True; JsonValueKind.False ]

    member _.Items: JsonAt list =
        match node with
        | :? JsonArray as items -> items |> Seq.mapi (fun i item -> JsonAt($"{place}[{i}]", item)) |> List.ofSeq
        | _ -> fail "must be a list."

    member _.IsObject = node :? JsonObject

    member _.IsText =
        match node with
        | :? JsonValue as value -> value.GetValueKind() = JsonValueKind.String
        | _ -> false

/// Reads one JSON object and insists that every key is known: a misspelt key must not silently leave a default in place.
type JsonFields(source: string, node: JsonNode | null) =
    let fail (message: string) : 'a =
        raise (InvalidDataException $"{source}: {message}")

    let fields =
        match node with
        | :? JsonObject as fields -> fields
        | _ -> fail "an object is expected here."

    let asked = HashSet<string>()

    let find (key: string) =
        asked.Add key |> ignore

        match fields[key] with
        | null -> None
        | value -> Some value

    let need key =
        match find key with
        | Some value -> value
        | None -> fail $"\"{key}\" is missing."

    let value (key: string) (what: string) (node: JsonNode) : 'a =
        try
            node.GetValue<'a>()
        with
        | :? InvalidOperationException
        | :? FormatException -> fail $"\"{key}\" is {node.ToJsonString()}, but {what} is expected."

    /// Where this object stands, for messages: the file and the path of keys.
    member _.Source = source

    member _.Fail(message: string) : 'a = fail message
    /// The keys, in order.
    member _.Keys = fields |> Seq.map _.Key |> List.ofSeq

    /// The value itself, for fields of more than one form.
    member _.Node key : JsonNode = need key

    /// Whether there is such a key, which is known from now on.
    member _.Has key = (find key).IsSome

    /// The value at a key, if there is one.
    member _.TryAt key : JsonAt option =
        find key |> Option.map (fun node -> JsonAt($"{source}: {key}", node))

    /// The value at a key.
    member _.At key : JsonAt = JsonAt($"{source}: {key}", need key)

    member _.Text key : string = value key "a text" (need key)
    member _.Integer key : int = value key "a whole number" (need key)
    member _.Number key : float = value key "a number" (need key)
    member _.Boolean key : bool = value key "true or false" (need key)

    member _.TryText key : string option =
        find key |> Option.map (value key "a text")

    member _.TryInteger key : int option =
        find key |> Option.map (value key "a whole number")

    member _.TryNumber key : float option =
        find key |> Option.map (value key "a number")

    member _.Object key =
        JsonFields($"{source}: {key}", need key)

    member _.TryObject key =
        find key |> Option.map (fun node -> JsonFields($"{source}: {key}", node))

    /// The items of a list, each with the place where it stands.
    member _.Items key : (string * (JsonNode | null)) list =
        match need key with
        | :? JsonArray as items -> items |> Seq.mapi (fun i item -> $"{source}: {key}[{i}]", item) |> List.ofSeq
        | _ -> fail $"\"{key}\" must be a list."

    /// The items of a list that may be absent: none then.
    member this.TryItems key : (string * (JsonNode | null)) list =
        match find key with
        | Some _ -> this.Items key
        | None -> []

    member this.Texts key : string list =
        this.Items key
        |> List.map (fun (place, item) ->
            match item with
            | :? JsonValue as scalar when scalar.GetValueKind() = JsonValueKind.String -> scalar.GetValue<string>()
            | _ -> raise (InvalidDataException $"{place} must be a text."))

    /// One of a few words.
    member this.Choice(key, allowed: (string * 'a) list) : 'a =
        let word = this.Text key

        match List.tryFind (fun (name, _) -> name = word) allowed with
        | Some(_, result) -> result
        | None -> fail $"\"{key}\" is \"{word}\"; allowed are {Words.list (List.map fst allowed)}."

    /// Call after the last field: refuses keys that nobody asked for.
    member _.Done() =
        let unknown =
            fields |> Seq.map _.Key |> Seq.filter (asked.Contains >> not) |> List.ofSeq

        if not unknown.IsEmpty then
            fail $"unknown key {Words.list unknown}; known here are {Words.list (Seq.sort asked)}."
