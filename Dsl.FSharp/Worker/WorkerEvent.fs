namespace Research.Worker

open Research.Language

open System
open System.Text.Json
open System.Text.Json.Nodes
open Research.Runs

/// One line of a worker's standard output.
[<RequireQualifiedAccess>]
type WorkerEvent =
    /// `{"event":"step","step":n,"of":m,"loss":x,"images_per_second":y}`: n of m steps are done.
    | Step of step: int64 * total: int64 * loss: float option * imagesPerSecond: float option
    /// `{"event":"eval",...}`: an evaluation has begun or is in progress.
    | Evaluating
    /// `{"event":"done"}`: the last line of a successful worker.
    | Done
    /// A JSON object with another event, which the launcher ignores.
    | Other

[<RequireQualifiedAccess>]
module WorkerEvent =
    let private node (fields: (string * (JsonNode | null)) list) =
        let node = JsonObject()

        for key, value in fields do
            node[key] <- value

        node.ToJsonString()

    /// The line that reports a step; the worker writes it with a line end and flushes.
    let step (step: int64) (total: int64) (loss: float) (imagesPerSecond: float) =
        node [
            "event", RunJson.ofText "step"
            "step", JsonValue.Create step
            "of", JsonValue.Create total
            "loss", RunJson.ofNumber loss
            "images_per_second", RunJson.ofNumber imagesPerSecond
        ]

    /// The line that reports an evaluation, with its metrics (none when it begins).
    let eval (step: int64) (metrics: (string * float) seq) =
        node [
            "event", RunJson.ofText "eval"
            "step", JsonValue.Create step
            "metrics", RunJson.ofNumbers metrics
        ]

    /// The line that ends a run.
    let finished = node [ "event", RunJson.ofText "done" ]

    /// Parses a line. None when it is not a JSON object with an event: such output goes to the log.
    let tryParse (line: string) : WorkerEvent option =
        if not (line.StartsWith '{') then
            None
        else
            try
                match JsonNode.Parse line with
                | :? JsonObject as fields ->
                    let number key =
                        RunJson.tryNode fields key |> Option.bind RunJson.tryNumber

                    match fields["event"] with
                    | null -> None
                    | event ->
                        match event.ToString(), number "step", number "of" with
                        | "step", Some step, Some total ->
                            Some(WorkerEvent.Step(int64 step, int64 total, number "loss", number "images_per_second"))
                        | "eval", _, _ -> Some WorkerEvent.Evaluating
                        | "done", _, _ -> Some WorkerEvent.Done
                        | _ -> Some WorkerEvent.Other
                | _ -> None
            with
            | :? JsonException
            | :? InvalidOperationException
            | :? ArgumentException -> None
