namespace Research.Commands

open System
open System.Collections.Generic
open System.Globalization
open Research.Language

/// An option of a verb.
type VerbOption = {
    /// With its dashes.
    Name: string
    /// What follows it, such as "PIXELS"; "" for a flag.
    Value: string
    /// One line.
    About: string
}

/// The arguments after a verb: options that take a value, flags, and the rest.
type CommandLine(options: VerbOption list, arguments: string list) =
    let values = Dictionary<string, List<string>>()
    let words = List<string>()

    let find name =
        options |> List.tryFind (fun option -> option.Name = name)

    let given name =
        if not (values.ContainsKey name) then
            values[name] <- List<string>()

        values[name]

    let rec read arguments =
        match arguments with
        | [] -> ()
        | (word: string) :: rest ->
            match find word, rest with
            | Some { Value = "" }, _ ->
                given word |> ignore
                read rest
            | Some _, value :: rest ->
                (given word).Add value
                read rest
            | Some _, [] -> raise (ArgumentException $"{word} needs a value")
            | None, _ when word.StartsWith("--", StringComparison.Ordinal) ->
                let hint = Nearest.hint (options |> List.map _.Name) word
                raise (ArgumentException $"unknown option {word}{hint}")
            | None, _ ->
                words.Add word
                read rest

    do read arguments

    /// The arguments that are not options.
    member _.Words = List.ofSeq words
    member _.Has option = values.ContainsKey option

    member _.All option =
        match values.TryGetValue option with
        | true, given -> List.ofSeq given
        | false, _ -> []

    member line.Text option : string option = line.All option |> List.tryLast

    /// The value read by `parse`, or the fallback if the option is missing.
    member private line.Read option (fallback: 'value) (expected: string) (parse: string -> bool * 'value) =
        match line.Text option with
        | None -> fallback
        | Some text ->
            match parse text with
            | true, value -> value
            | false, _ -> raise (ArgumentException $"{option} is \"{text}\"{expected}")

    member line.Whole option (fallback: int) =
        line.Read option fallback ", but a whole number is expected" Int32.TryParse

    member line.Share option (fallback: float) =
        line.Read option fallback ", but a number in [0, 1] is expected" (fun text ->
            Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture))

    member line.Choice<'choice when 'choice: struct and 'choice: (new: unit -> 'choice) and 'choice :> ValueType>
        option
        (fallback: 'choice)
        =
        let known = Enum.GetNames(typeof<'choice>) |> Array.map _.ToLowerInvariant()

        line.Read option fallback $"; known are {Words.list known}" (fun text ->
            match Enum.TryParse<'choice>(text, true) with
            | true, choice when not (Char.IsDigit text[0]) -> true, choice
            | _ -> false, fallback)

/// One verb of a command.
type Verb = {
    Name: string
    /// What it takes, such as "NAME"; "" for nothing.
    Takes: string
    /// One line.
    About: string
    Options: VerbOption list
    /// Returns the exit code.
    Run: CommandLine -> int
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Verb =
    let option name value about : VerbOption = {
        Name = name
        Value = value
        About = about
    }

    /// Whether the arguments ask for help.
    let asksHelp (arguments: string list) =
        arguments |> List.exists (fun word -> word = "--help" || word = "-h")

    let private spaced (words: string list) =
        words |> List.filter ((<>) "") |> String.concat " "

    /// A verb's argument and each of its options. `command` is what precedes the verb, such as "./research data".
    let help (command: string) (verb: Verb) : string =
        let left (option: VerbOption) = spaced [ option.Name; option.Value ]

        let width = verb.Options |> List.map (left >> String.length) |> List.fold max 0

        [
            spaced [
                "usage:"
                command
                verb.Name
                verb.Takes
                (if verb.Options.IsEmpty then "" else "[OPTIONS]")
            ]
            verb.About
            if not verb.Options.IsEmpty then
                ""

                for option in verb.Options do
                    $"  {(left option).PadRight width}  {option.About}"
        ]
        |> String.concat "\n"

    /// All verbs of a command, one per line.
    let overview (command: string) (verbs: Verb list) : string =
        let left (verb: Verb) = spaced [ verb.Name; verb.Takes ]
        let width = verbs |> List.map (left >> String.length) |> List.max

        [
            $"usage: {command} COMMAND"

            for verb in verbs do
                $"  {(left verb).PadRight width}  {verb.About}"

            $"{command} COMMAND --help lists the options of a command"
        ]
        |> String.concat "\n"

    /// Runs the verb that the arguments begin with, or prints the requested help. Raises `ArgumentException` for an unknown verb.
    let run (command: string) (verbs: Verb list) (arguments: string list) : int =
        let known = verbs |> List.map _.Name

        match arguments with
        | ("--help" | "-h") :: _ ->
            printfn "%s" (overview command verbs)
            0
        | [] ->
            let own = Array.last (command.Split(' ', '/'))
            raise (ArgumentException $"{own} needs a command; known are {Words.list known}")
        | name :: rest ->
            match verbs |> List.tryFind (fun verb -> verb.Name = name) with
            | None ->
                raise (
                    ArgumentException
                        $"unknown command \"{name}\"{Nearest.hint known name}; known are {Words.list known}"
                )
            | Some verb when asksHelp rest ->
                printfn "%s" (help command verb)
                0
            | Some verb -> verb.Run(CommandLine(verb.Options, rest))
