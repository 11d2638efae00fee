namespace Research.Language

open System
open System.Collections.Concurrent
open System.IO
open System.Security.Cryptography

/// A vocabulary of CLIP's kind as Hugging Face lays it out: a folder with vocab.json and merges.txt.
[<RequireQualifiedAccess>]
module TokenizerFiles =
    let private names = [ "vocab.json"; "merges.txt" ]

    /// What is missing in a folder.
    let problems (folder: string) : string list =
        match names |> List.filter (fun name -> not (File.Exists(Path.Combine(folder, name)))) with
        | [] -> []
        | missing -> [
            $"tokenizer_in \"{folder}\": the folder has no {Words.list missing}; it holds {Words.list names}, as Hugging Face writes them"
          ]

    let private known = ConcurrentDictionary<string * DateTime * int64, string>()

    let private hash path =
        let info = FileInfo path

        known.GetOrAdd(
            (path, info.LastWriteTimeUtc, info.Length),
            fun _ ->
                use stream = File.OpenRead path
                Convert.ToHexStringLower(SHA256.HashData stream)
        )

    /// "sha256:..." of the files' content, whatever their place. Throws FileNotFoundException if one is missing.
    let identity (folder: string) : string =
        match problems folder with
        | problem :: _ -> raise (FileNotFoundException problem)
        | [] ->
            let hashes =
                names
                |> List.map (fun name -> hash (Path.Combine(folder, name)))
                |> String.concat " "

            $"sha256:{hashes}"
