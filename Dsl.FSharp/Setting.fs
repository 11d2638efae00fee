namespace Research.Language

open System.Text.Json.Nodes

/// One line of a configuration for people to read.
type SettingLine = {
    /// Where it stands in config.json, such as "train.batch".
    Path: string
    Value: string
    /// Whether it is the default.
    IsDefault: bool
    /// Whose choice the default is, and why.
    Reason: string option
}

/// A setting as a value: everything that is done with it is derived from this.
[<RequireQualifiedAccess>]
type Setting<'T> = {
    /// Its key in config.json.
    Key: string
    /// Its word in scripts, by which messages name it.
    Word: string
    Allowed: string
    Unit: string option
    /// Whose choice the default is ([P] the papers', [R] recalled and not re-read, [O] ours), and why.
    Reason: string option
    /// The version of the code behind the setting where it is in use. To be raised when what the code computes changes; 1 is not hashed.
    Version: 'T -> int
    IsDefault: 'T -> bool
    Encode: 'T -> JsonNode
    Decode: JsonAt -> 'T -> 'T
    /// What the identity of a run's numbers takes from it; None for what changes no number.
    Hash: 'T -> JsonNode option
    /// Sets a value of the setting's own type; None for a value of another type.
    TrySet: objnull -> 'T -> 'T option
    /// What is wrong with its value, after this word.
    ProblemsOf: string -> 'T -> string list
    Lines: string -> 'T -> SettingLine list
} with

    /// What is wrong with its value.
    member setting.Problems(part: 'T) : string list = setting.ProblemsOf setting.Word part

/// The settings of one part of an experiment.
type Settings<'T> = {
    Defaults: 'T
    Items: Setting<'T> list
    /// What is wrong with values that are each allowed but do not go together.
    Together: 'T -> string list
}

[<RequireQualifiedAccess>]
module Setting =
    /// A setting of a part whose defaults are these.
    let make
        (defaults: 'T)
        (key: string)
        (value: Value<'v>)
        (get: 'T -> 'v)
        (set: 'v -> 'T -> 'T)
        : Setting<'T> when 'v: equality =
        let isDefault part = get part = get defaults

        {
            Key = key
            Word = key
            Allowed = value.Allowed
            Unit = None
            Reason = None
            Version = fun _ -> 1
            IsDefault = isDefault
            Encode = get >> value.Encode
            Decode = fun at -> set (value.Decode at)
            Hash = get >> value.Encode >> Some
            TrySet =
                fun boxed part ->
                    match boxed with
                    | :? 'v as v -> Some(set v part)
                    | _ -> None
            ProblemsOf = fun word -> get >> value.Problems word
            Lines =
                fun path part -> [
                    {
                        Path = path
                        Value = value.Text(get part)
                        IsDefault = isDefault part
                        Reason = None
                    }
                ]
        }

    /// Whose choice the default is, and why.
    let because reason (setting: Setting<'T>) = {
        setting with
            Reason = Some reason
            Lines =
                fun path part ->
                    setting.Lines path part
                    |> List.map (fun line -> {
                        line with
                            SettingLine.Reason = Some reason
                    })
    }

    let unit name (setting: Setting<'T>) = { setting with Unit = Some name }

    /// No number depends on it.
    let unhashed (setting: Setting<'T>) = { setting with Hash = fun _ -> None }

    /// The identity takes this instead of the value.
    let hashedAs (identity: 'T -> JsonNode option) (setting: Setting<'T>) = { setting with Hash = identity }

    /// Messages begin with its key, where another setting has a part of the same kind.
    let named (setting: Setting<'T>) = {
        setting with
            ProblemsOf = fun word part -> setting.ProblemsOf word part |> List.map (fun problem -> $"{word}: {problem}")
    }

    /// Scripts say it with another word than config.json.
    let word name (setting: Setting<'T>) = { setting with Setting.Word = name }

    /// The version of the code behind the setting, wherever it is not the default.
    let version number (setting: Setting<'T>) = {
        setting with
            Version = fun part -> if setting.IsDefault part then 1 else number
    }

[<RequireQualifiedAccess>]
module Settings =
    /// The part's JSON form: what differs from the default.
    let encode (settings: Settings<'T>) (part: 'T) : JsonNode =
        Json.object [
            for item in settings.Items do
                if not (item.IsDefault part) then
                    item.Key, Some(item.Encode part)
        ]

    /// The fields that the object holds, over the defaults; refuses unknown keys. `known` are further keys that the caller reads.
    let decodeFields (settings: Settings<'T>) (fields: JsonFields) : 'T =
        let part =
            settings.Items
            |> List.fold
                (fun part item ->
                    match fields.TryAt item.Key with
                    | Some at -> item.Decode at part
                    | None -> part)
                settings.Defaults

        fields.Done()
        part

    let decode (settings: Settings<'T>) (at: JsonAt) : 'T =
        decodeFields settings (JsonFields(at.Place, at.Node))

    /// What the identity of a run's numbers takes from the part.
    let hash (settings: Settings<'T>) (part: 'T) : JsonNode =
        Json.object [
            for item in settings.Items do
                if not (item.IsDefault part) then
                    match item.Hash part with
                    | Some node -> item.Key, Some node
                    | None -> ()
        ]

    /// The settings in use whose code has been changed since it was first written, with its version.
    let versions (settings: Settings<'T>) (part: 'T) : (string * int) list = [
        for item in settings.Items do
            match item.Version part with
            | 1 -> ()
            | version -> item.Key, version
    ]

    /// Everything that is wrong with the part.
    let problems (settings: Settings<'T>) (part: 'T) : string list =
        match settings.Items |> List.collect (fun item -> item.Problems part) with
        | [] -> settings.Together part
        | problems -> problems

    /// Every value, whether it is the default, and why.
    let lines (settings: Settings<'T>) (path: string) (part: 'T) : SettingLine list =
        settings.Items
        |> List.collect (fun item -> item.Lines (if path = "" then item.Key else $"{path}.{item.Key}") part)

    let item (settings: Settings<'T>) key =
        settings.Items |> List.find (fun item -> item.Key = key)

    /// The part with another value of a setting, which must lie in its own range. What does not go together is found later, when all is said.
    let set (settings: Settings<'T>) (key: string) (value: 'v) (part: 'T) : 'T =
        let item = item settings key

        match item.TrySet (box value) part with
        | Some changed ->
            item.Problems changed |> UserError.failAny
            changed
        | None -> invalidOp $"the setting {key} holds no {typeof<'v>.Name}"

    /// A part as a value of its own, such as one that may be absent; `text` is the part in words.
    let value (text: 'T -> string) (settings: Settings<'T>) : Value<'T> = {
        Allowed = Words.list (settings.Items |> List.map _.Key)
        Encode = encode settings
        Decode = decode settings
        Text = text
        Problems = fun key part -> problems settings part |> List.map (fun problem -> $"{key}: {problem}")
    }

    /// A part as a setting of the whole.
    let part
        (whole: 'W)
        (key: string)
        (settings: Settings<'T>)
        (get: 'W -> 'T)
        (set: 'T -> 'W -> 'W)
        : Setting<'W> when 'T: equality = {
        Key = key
        Word = key
        Allowed = Words.list (settings.Items |> List.map _.Key)
        Unit = None
        Reason = None
        Version = fun _ -> 1
        IsDefault = fun part -> get part = get whole
        Encode = get >> encode settings
        Decode = fun at -> set (decode settings at)
        Hash =
            fun whole ->
                match hash settings (get whole) with
                | :? JsonObject as fields when fields.Count = 0 -> None
                | fields -> Some fields
        TrySet =
            fun boxed part ->
                match boxed with
                | :? 'T as v -> Some(set v part)
                | _ -> None
        ProblemsOf = fun _ -> get >> problems settings
        Lines = fun path part -> lines settings path (get part)
    }

/// A whole that has a part of this kind: what makes one word a setting of the part and a patch of the experiment.
/// A part holds itself.
type IHas<'part, 'whole> =
    abstract Change: ('part -> 'part) -> 'whole

[<RequireQualifiedAccess>]
module Part =
    /// The whole with its part changed: `change "twice the batch" (batch 256)`.
    let change<'part, 'whole when 'whole :> IHas<'part, 'whole>> (change: 'part -> 'part) (whole: 'whole) : 'whole =
        (whole :> IHas<'part, 'whole>).Change change
