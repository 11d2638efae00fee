/// A small vocabulary of CLIP's kind in Hugging Face's layout: the bytes, two merges, start and end.
module Research.Tests.TokenizerFolder

open System.IO
open System.Text.Json

let private symbols =
    let printable code =
        (code >= int '!' && code <= int '~')
        || (code >= 0xA1 && code <= 0xAC)
        || (code >= 0xAE && code <= 0xFF)

    let letters = [
        let mutable next = 256

        for code in 0..255 do
            if printable code then
                string (char code)
            else
                string (char next)
                next <- next + 1
    ]

    letters
    @ List.map (fun letter -> letter + "</w>") letters
    @ [ "re"; "red</w>"; "<|startoftext|>"; "<|endoftext|>" ]

let private write folder (first: int) =
    Directory.CreateDirectory folder |> ignore

    let numbers = symbols |> List.mapi (fun i symbol -> symbol, first + i) |> dict

    File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize numbers)
    File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\nr e\nre d</w>\n")

let private folder =
    lazy
        (let path =
            Path.Combine(Directory.CreateTempSubdirectory("research-tokenizer-").FullName, "words")

         write path 0
         write (path + " elsewhere") 0
         write (path + " changed") 1
         path)

/// The folder. The same stands behind it with " elsewhere", another vocabulary with " changed".
let path () = folder.Value
