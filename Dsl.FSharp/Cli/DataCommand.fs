namespace Research

open System
open Research.Corpora

/// `./research data prepare NAME [--size S] | list | path [NAME] [--size S]`.
[<RequireQualifiedAccess>]
module DataCommand =
    let private usage =
        "usage: ./research data prepare NAME [--size PIXELS] [--force] | list | path [NAME] [--size PIXELS]"

    let private wrong (line: string) =
        eprintfn "%s" line
        eprintfn "%s" usage
        2

    /// The options behind the command's words: the size, whether to force, and what is left.
    let private options (arguments: string list) =
        let rec read size force rest arguments =
            match arguments with
            | [] -> Ok(size, force, List.rev rest)
            | "--force" :: more -> read size true rest more
            | "--size" :: (text: string) :: more ->
                match Int32.TryParse text with
                | true, size -> read size force rest more
                | false, _ -> Error $"--size is \"{text}\", but a whole number of pixels is expected"
            | [ "--size" ] -> Error "--size needs a number of pixels"
            | (option: string) :: _ when option.StartsWith '-' -> Error $"unknown option {option}"
            | word :: more -> read size force (word :: rest) more

        read CorpusCatalog.DefaultImageSize false [] arguments

    let private prepare name size force =
        let info = Preparation.ensure false force name size

        printfn "%s: %d pairs of %d px in %s" name info.Pairs info.ImageSize (CorpusCatalog.Folder(name, size))

        0

    let private list () =
        for entry in CorpusCatalog.List() do
            printfn "%s: %s" entry.Name entry.Description

            if entry.Prepared.Count = 0 then
                printfn "  not prepared; ./research data prepare %s" entry.Name

            for info in entry.Prepared do
                let sides =
                    info.Splits
                    |> Seq.map (fun side -> $"{side.Key} {side.Value}")
                    |> String.concat ", "

                printfn "  %d px: %d pairs (%s), fingerprint %s" info.ImageSize info.Pairs sides info.Fingerprint
                printfn "    sources: %s" (String.concat ", " info.Sources.Keys)

        0

    /// Runs the command and returns the exit code.
    let run (arguments: string list) : int =
        match options arguments with
        | Error line -> wrong line
        | Ok(size, force, words) ->
            match words with
            | [ "prepare"; name ] -> prepare name size force
            | [ "list" ] -> list ()
            | [ "path" ] ->
                printfn "%s" (IO.Path.Combine(CacheFolder.Root, "corpora"))
                0
            | [ "path"; name ] ->
                printfn "%s" (CorpusCatalog.Folder(name, size))
                0
            | [ "prepare" ] -> wrong $"prepare needs a corpus; known are {Words.list CorpusCatalog.Names}"
            | [] -> wrong "data needs a command"
            | word :: _ -> wrong $"unknown command \"{word}\""
