namespace Research.Commands

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Text.RegularExpressions
open System.Xml.Linq
open Research.Language

/// The words of experiments and sweeps, read from the code: the functions that `open Research` offers, with their docstrings, and the
/// settings' defaults.
[<RequireQualifiedAccess>]
module LanguageVocabulary =
    let private library = Assembly.GetExecutingAssembly()

    /// Docstrings by member, such as "M:Research.DataWords.pixels``1(System.Int32,``0)".
    let private docstrings =
        lazy
            (let path = nonNull (Path.ChangeExtension(library.Location, ".xml"))
             let found = Dictionary<string, string>()

             if File.Exists path then
                 for entry in (XDocument.Load path).Descendants(XName.Get "member") do
                     match entry.Attribute(XName.Get "name"), entry.Element(XName.Get "summary") with
                     | null, _
                     | _, null -> ()
                     | name, summary ->
                         let key = Regex.Replace(name.Value, @"^\w:|``.*$|\(.*$", "")
                         found[key] <- Regex.Replace(summary.Value, @"\s+", " ").Trim()

             found)

    let private kinds =
        dict [
            "DataWords", "data"
            "AugmentWords", "data"
            "CaptionWords", "data"
            "EncoderWords", "model"
            "ScheduleWords", "schedule"
            "ObjectiveWords", "objective"
            "TeacherWords", "objective"
            "TrainWords", "training"
            "TowerWords", "training"
            "ExperimentWords", "experiment"
            "ConditionWords", "sweep"
            "DimensionWords", "sweep"
            "VariationWords", "sweep"
            "SweepWords", "sweep"
        ]

    let private settings = [
        let lines (settings: SettingLine list) =
            settings |> List.map (fun line -> (line.Path.Split '.' |> Array.last), line)

        yield! lines (Experiment.lines Experiment.defaults)

        for objective in Objectives.defaults do
            yield! lines (Objective.lines "objective" objective)
    ]

    // A few words are not their setting's key.
    let private keys =
        dict [
            for item in TrainSettings.settings.Items do
                if item.Word <> item.Key then
                    item.Word, item.Key
            "augment", "augmentation"
            "tokenizer_in", "tokenizer"
        ]

    let private defaultOf (word: string) =
        let key =
            match keys.TryGetValue word with
            | true, key -> key
            | _ -> word

        match settings |> List.tryFind (fst >> (=) key) with
        | Some(_, line) when line.IsDefault -> line.Value, defaultArg line.Reason ""
        | _ -> "", ""

    let private wordOf (kind: string) (docstring: string) (name: string) (parameters: string list) : Word =
        let quoted =
            Regex.Matches(docstring, "`([^`]+)`")
            |> Seq.map _.Groups[1].Value
            |> Seq.tryFind (fun text -> Regex.IsMatch(text, $@"\b{name}\b") && text <> name)

        // The first sentence, without an example at its end.
        let about =
            let plain =
                Regex.Replace(docstring, @":? `[^`]*`\.?$|:? `[^`]*`(?=\.)", "").Replace("`", "")

            let sentence = Regex.Match(plain, @"^.*?\.(?= |$)").Value
            if sentence = "" then plain else sentence

        let value, mark = defaultOf name

        {
            Name = name
            Kind = kind
            About = about
            Example =
                match quoted with
                | Some example -> example
                | None when parameters.IsEmpty -> name
                | None -> invalidOp $"the docstring of {name} has no example: end it in a colon and `{name} ...`"
            Default = value
            Mark = mark
        }

    /// Whether the module has the words of a kind of objective: it is in that kind's file.
    let private isObjective (words: Type) =
        let stem = words.Name.Substring(0, words.Name.Length - "Words".Length)

        [ stem; stem + "Module" ]
        |> List.exists (fun name ->
            match library.GetType $"Research.Language.{name}" with
            | null -> false
            | found -> not (isNull (found.GetProperty "kind")))

    let private isHidden (found: MemberInfo) =
        found.GetCustomAttributes<CompilerMessageAttribute>() |> Seq.isEmpty |> not

    let private ofModule (words: Type) : Word list =
        let kind =
            match kinds.TryGetValue words.Name with
            | true, kind -> kind
            | _ -> "objective"

        let docstring name =
            match docstrings.Value.TryGetValue $"{words.FullName}.{name}" with
            | true, text -> text
            | _ -> ""

        [
            for found in words.GetMembers(BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly) do
                if not (isHidden found) then
                    match found with
                    | :? PropertyInfo as value -> wordOf kind (docstring value.Name) value.Name []
                    // A name with "$W" is the compiler's own form of an inline function.
                    | :? MethodInfo as word when not word.IsSpecialName && not (word.Name.Contains '$') ->
                        let parameters =
                            [ for parameter in word.GetParameters() -> string parameter.Name ]
                            |> List.filter (fun name -> name <> "target" && name <> "experiment")

                        wordOf kind (docstring word.Name) word.Name parameters
                    | _ -> ()
        ]

    let private ofBuilder (kind: string) (builder: Type) : Word list = [
        for operation in builder.GetMethods() do
            match operation.GetCustomAttribute<CustomOperationAttribute>() with
            | null -> ()
            | named ->
                let docstring =
                    match docstrings.Value.TryGetValue $"{builder.FullName}.{operation.Name}" with
                    | true, text -> text
                    | _ -> ""

                let parameters = [ for parameter in operation.GetParameters() -> string parameter.Name ]
                wordOf kind docstring named.Name (List.truncate 3 parameters.Tail)
    ]

    /// Every word except those of evaluations, reports and papers, which their own modules list.
    let words: Lazy<Word list> =
        lazy
            ([
                for words in library.GetTypes() do
                    if
                        words.Namespace = "Research"
                        && words.Name.EndsWith("Words", StringComparison.Ordinal)
                        && words.Name <> "OldWords"
                        && not (isNull (words.GetCustomAttribute<AutoOpenAttribute>()))
                        && (kinds.ContainsKey words.Name || isObjective words)
                    then
                        yield! ofModule words
                yield! ofBuilder "experiment" typeof<ExperimentBuilder>
                yield! ofBuilder "sweep" typeof<SweepBuilder>
             ]
             |> List.distinctBy _.Name
             |> List.sortBy (fun word -> word.Kind, word.Name))
