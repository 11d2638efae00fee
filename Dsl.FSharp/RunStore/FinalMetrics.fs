namespace Research

open System.IO
open System.Text.Json.Nodes

/// The content of final.json.
type FinalMetrics = {
    /// Named as in the evaluation rooms, e.g. `test.retrieval.i2t.r10`: fractions in [0,1], except ranks and losses.
    Metrics: Map<string, float>
    /// Training steps.
    Steps: int64
    /// Wall-clock seconds of training and evaluation, over all attempts.
    Seconds: float
}

[<RequireQualifiedAccess>]
module FinalMetrics =
    /// Writes final.json. Call it last: its presence says that the run is finished.
    let write (folder: string) (final: FinalMetrics) =
        let node = JsonObject()
        node["metrics"] <- RunJson.ofNumbers (Map.toSeq final.Metrics)
        node["steps"] <- JsonValue.Create final.Steps
        node["seconds"] <- RunJson.ofNumber final.Seconds
        RunJson.write (RunFolder.final folder) node

    /// Reads final.json; None when there is none. Raises `InvalidDataException` when it is damaged.
    let tryRead (folder: string) : FinalMetrics option =
        let path = RunFolder.final folder

        if not (File.Exists path) then
            None
        else
            let fields = RunJson.read path

            let metrics =
                match RunJson.tryNode fields "metrics" with
                | Some(:? JsonObject as metrics) ->
                    metrics
                    |> Seq.map (fun field -> field.Key, RunJson.number path metrics field.Key)
                    |> Map.ofSeq
                | _ -> RunJson.broken path "\"metrics\" must be an object of numbers."

            Some {
                Metrics = metrics
                Steps = int64 (RunJson.number path fields "steps")
                Seconds = RunJson.number path fields "seconds"
            }
