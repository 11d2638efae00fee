namespace Research.Commands

open System
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Papers
open Research.Reports

/// `./research words [WORD]`: the vocabulary of scripts.
[<RequireQualifiedAccess>]
module WordsCommand =
    /// All words; each part of the language lists its own.
    let words: Word list =
        LanguageVocabulary.words.Value
        @ EvaluationVocabulary.words
        @ ReportVocabulary.words
        @ Comparison.words
        @ PaperVocabulary.words

    /// The words with this name or of this kind. For a dotted word the last part is enough, as in "r10", and a word with arguments is found without
    /// them, as in "zero_shot".
    let find (asked: string) : Word list =
        let parts (word: Word) =
            let name = (word.Name.Split ' ')[0]
            [ word.Name; name; Array.last (name.Split '.') ]

        match words |> List.filter (fun word -> word.Name = asked) with
        | [] ->
            words
            |> List.filter (fun word -> word.Kind = asked || List.contains asked (parts word))
        | exact ->
            exact
            @ (words |> List.filter (fun word -> word.Kind = asked && word.Name <> asked))

    let private print (words: Word list) =
        let width = words |> List.map _.Name.Length |> List.max

        for kind, own in words |> List.groupBy _.Kind do
            printfn "%s" kind

            for word in own do
                printfn "  %s  %s" (word.Name.PadRight width) word.About
                printfn "  %s    %s" (String(' ', width)) word.Example

                if word.Default <> "" then
                    printfn "  %s    default: %s" (String(' ', width)) ($"{word.Default} {word.Mark}".TrimEnd())

    let verb: Verb = {
        Name = "words"
        Takes = "[WORD | KIND]"
        About = "list the words of scripts, each with one line and an example"
        Options = []
        Run =
            fun line ->
                match line.Words with
                | [] ->
                    print words
                    0
                | [ asked ] ->
                    match find asked with
                    | [] ->
                        let known = (words |> List.map _.Name) @ (words |> List.map _.Kind |> List.distinct)

                        raise (
                            ArgumentException
                                $"there is no word \"{asked}\"{Nearest.hint known asked}; ./research words lists all"
                        )
                    | found ->
                        print found
                        0
                | _ :: extra :: _ -> raise (ArgumentException $"words takes one word; \"{extra}\" is one too many")
    }
