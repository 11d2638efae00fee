namespace Research.Language

open System
open System.Collections.Concurrent
open System.IO
open System.Security.Cryptography
open Research.Encoders

/// Where trained weights are, and what identifies them.
[<RequireQualifiedAccess>]
module WeightFiles =
    let private missing (place: string) : 'a =
        raise (
            FileNotFoundException
                $"'{place}' holds no trained weights; name a run folder with its checkpoint (checkpoints stay on the machine that trained: run its sweep first), or the file or folder of a public CLIP checkpoint"
        )

    /// The weights of a run folder (its newest checkpoint) or of a folder with a public checkpoint, or the file itself.
    /// Throws FileNotFoundException, with the remedy, if there is none.
    let file (place: string) : string =
        let place = Path.GetFullPath place
        let checkpoints = Path.Combine(place, "checkpoint")

        if File.Exists place then
            place
        elif Directory.Exists checkpoints then
            Directory.GetDirectories(checkpoints, "step-*")
            |> Array.sortDescending
            |> Array.map (fun folder -> Path.Combine(folder, "state.safetensors"))
            |> Array.tryFind File.Exists
            |> Option.defaultWith (fun () -> missing place)
        elif Directory.Exists place then
            Checkpoints.FileIn place
            |> Option.ofObj
            |> Option.defaultWith (fun () -> missing place)
        else
            missing place

    /// Whether the place is a run folder, whose config.json says what the model is; Hugging Face's folders have a config.json, too.
    let isRun (place: string) =
        let place = Path.GetFullPath place

        File.Exists(Path.Combine(place, "config.json"))
        && Directory.Exists(Path.Combine(place, "checkpoint"))

    let private known = ConcurrentDictionary<string * DateTime * int64, string>()

    let private hash (path: string) =
        let info = FileInfo path

        known.GetOrAdd(
            (path, info.LastWriteTimeUtc, info.Length),
            fun _ ->
                use stream = File.OpenRead path
                Convert.ToHexStringLower(SHA256.HashData stream)
        )

    /// "sha256:..." of the weights, whatever their place: of the file, and of its shards and the configurations beside it where there are some.
    let identity (place: string) : string =
        let hashes = Checkpoints.Files(file place) |> Seq.map hash |> String.concat " "
        $"sha256:{hashes}"
