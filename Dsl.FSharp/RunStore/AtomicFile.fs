namespace Research.Runs

open Research.Language

open System
open System.IO
open System.Text
open System.Text.Json
open System.Text.Json.Nodes

/// Writes files so that they always hold the whole old or the whole new text, even when the process is killed.
[<RequireQualifiedAccess>]
module AtomicFile =
    /// Writes beside the target, flushes to the disk, then renames over it.
    let writeBytes (path: string) (bytes: byte[]) =
        let temporary = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp"

        try
            using (new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None)) (fun stream ->
                stream.Write(bytes, 0, bytes.Length)
                stream.Flush(flushToDisk = true))

            File.Move(temporary, path, overwrite = true)
        finally
            File.Delete temporary

    /// The same for text, as UTF-8 without a byte-order mark.
    let write (path: string) (text: string) =
        writeBytes path (UTF8Encoding(false).GetBytes text)

/// Temporary folders.
[<RequireQualifiedAccess>]
module TemporaryFolder =
    /// Creates a separate folder in the system's place for temporary files. Raises `IOException`, which names that place and the remedy,
    /// if that is impossible.
    let create (prefix: string) : string =
        try
            Directory.CreateTempSubdirectory(prefix).FullName
        with
        | :? IOException
        | :? UnauthorizedAccessException as error ->
            let place = Path.GetTempPath()

            let reason =
                if Directory.Exists place then
                    error.Message.TrimEnd '.'
                else
                    "it is not a folder"

            raise (
                IOException(
                    $"No temporary folder can be created in '{place}' ({reason}): set TMPDIR to a writable folder.",
                    error
                )
            )

/// The small JSON files of a run folder. Every error names the file.
[<RequireQualifiedAccess>]
module internal RunJson =
    let private layout = JsonSerializerOptions(WriteIndented = true, IndentSize = 2)

    let write (path: string) (node: JsonNode) =
        AtomicFile.write path (node.ToJsonString layout + "\n")

    let broken (path: string) (what: string) : 'a =
        raise (InvalidDataException $"{path}: {what}")

    let parseObject (path: string) (text: string) : JsonObject =
        let node =
            try
                JsonNode.Parse text
            with :? JsonException as error ->
                broken path $"not valid JSON: {error.Message}"

        match node with
        | :? JsonObject as fields -> fields
        | _ -> broken path "a JSON object is expected."

    let read (path: string) : JsonObject =
        parseObject path (File.ReadAllText path)

    let tryNode (fields: JsonObject) (key: string) : JsonNode option =
        match fields[key] with
        | null -> None
        | node -> Some node

    let private wrong path (key: string) what (node: JsonNode) =
        broken path $"\"{key}\" is {node.ToJsonString()}, but {what} is expected."

    let tryText path fields key =
        tryNode fields key
        |> Option.map (fun node ->
            match node.GetValueKind() with
            | JsonValueKind.String -> node.GetValue<string>()
            | _ -> wrong path key "a text" node)

    let tryInteger path fields key =
        tryNode fields key
        |> Option.map (fun node ->
            match Int32.TryParse(node.ToJsonString(), Globalization.CultureInfo.InvariantCulture) with
            | true, number -> number
            | false, _ -> wrong path key "a whole number" node)

    let private need path key found =
        match found with
        | Some result -> result
        | None -> broken path $"\"{key}\" is missing."

    let text path fields key =
        tryText path fields key |> need path key

    let integer path fields key =
        tryInteger path fields key |> need path key

    /// Finite numbers as JSON numbers; others, which JSON cannot express, as the texts "NaN", "Infinity" and "-Infinity".
    let ofNumber (value: float) : JsonNode | null =
        if Double.IsFinite value then
            JsonValue.Create value
        else
            JsonValue.Create(value.ToString("R", Globalization.CultureInfo.InvariantCulture))

    let tryNumber (node: JsonNode | null) =
        match node with
        | null -> None
        | node ->
            match node.GetValueKind() with
            | JsonValueKind.Number ->
                Some(Double.Parse(node.ToJsonString(), Globalization.CultureInfo.InvariantCulture))
            | JsonValueKind.String ->
                match node.GetValue<string>() with
                | "NaN" -> Some nan
                | "Infinity" -> Some infinity
                | "-Infinity" -> Some -infinity
                | _ -> None
            | _ -> None

    let number path fields key =
        let node = tryNode fields key |> need path key

        match tryNumber node with
        | Some number -> number
        | None -> wrong path key "a number" node

    /// An object of numbers, in the order of its keys.
    let ofNumbers (values: (string * float) seq) : JsonNode =
        let node = JsonObject()

        for key, value in values do
            node[key] <- ofNumber value

        node

    let ofText (value: string) : JsonNode | null = JsonValue.Create value

    let ofOption (convert: 'a -> JsonNode | null) (value: 'a option) : JsonNode | null =
        match value with
        | Some value -> convert value
        | None -> null
