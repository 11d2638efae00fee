namespace Research.Estimates

open System
open System.IO
open System.Security.Cryptography
open System.Text
open System.Text.Json.Nodes
open Research.Language
open Research.Runs

/// Measurements of trials, stored in the cache folder, so that each shape is tried once per machine and not at every start. One file per shape,
/// replaced whole; an old or damaged one counts as absent.
[<RequireQualifiedAccess>]
module TrialTimes =
    /// Engines and machines change.
    let private lifetime = TimeSpan.FromDays 30.0

    /// The file of a shape on this machine.
    let path (cache: string) (shape: string) : string =
        let processor = RunEnvironment.processor () |> Option.defaultValue ""

        let key =
            $"{processor}\n{Environment.ProcessorCount}\n{ExperimentHash.codeVersion}\n{shape}"

        let name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes key))
        Path.Combine(cache, "step-times", name + ".json")

    /// Seconds of a step, and of loading and evaluation of a run.
    let tryRead (cache: string) (shape: string) : (float * float) option =
        let path = path cache shape

        try
            if File.Exists path && DateTime.UtcNow - File.GetLastWriteTimeUtc path < lifetime then
                let fields = RunJson.read path
                let step = RunJson.number path fields "step"
                let overhead = RunJson.number path fields "overhead"

                if
                    Double.IsFinite step
                    && step > 0.0
                    && Double.IsFinite overhead
                    && overhead >= 0.0
                then
                    Some(step, overhead)
                else
                    None
            else
                None
        with
        | :? IOException
        | :? InvalidDataException
        | :? UnauthorizedAccessException -> None

    /// A cache that cannot be written only costs another trial at the next start.
    let write (cache: string) (shape: string) (step: float, overhead: float) =
        try
            let path = path cache shape
            Directory.CreateDirectory(Path.Combine(cache, "step-times")) |> ignore
            let fields = JsonObject()
            fields["shape"] <- JsonNode.Parse shape
            fields["step"] <- RunJson.ofNumber step
            fields["overhead"] <- RunJson.ofNumber overhead
            RunJson.write path fields
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()
