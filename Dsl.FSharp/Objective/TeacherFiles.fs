namespace Research.Language

open System
open System.Collections.Concurrent
open System.IO
open System.Security.Cryptography

/// Where a frozen teacher's weights are, and what identifies them.
[<RequireQualifiedAccess>]
module TeacherFiles =
    let private missing (place: string) : 'a =
        raise (
            FileNotFoundException
                $"teacher: '{place}' holds no trained weights; name a run folder with its checkpoint (checkpoints stay on the machine that trained: run its sweep first) or a safetensors file"
        )

    /// The safetensors file of a run folder (its newest checkpoint) or the file itself.
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
        else
            missing place

    /// Whether the place is a run folder, whose config.json says what the model is.
    let isRun (place: string) =
        File.Exists(Path.Combine(Path.GetFullPath place, "config.json"))

    let private known = ConcurrentDictionary<string * DateTime * int64, string>()

    /// "sha256:..." of the weights, whatever their place.
    let identity (place: string) : string =
        let path = file place
        let info = FileInfo path

        known.GetOrAdd(
            (path, info.LastWriteTimeUtc, info.Length),
            fun _ ->
                use stream = File.OpenRead path
                $"sha256:{Convert.ToHexStringLower(SHA256.HashData stream)}"
        )
