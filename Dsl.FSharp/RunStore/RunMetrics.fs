namespace Research.Runs

open Research.Language

open System
open System.IO
open System.Text
open System.Text.Json.Nodes

/// The metrics of one logged step.
type MetricPoint = {
    Step: int64
    Values: Map<string, float>
}

/// metrics.jsonl: one JSON object a line, `{"step":100,"train.loss":2.31,...}`, steps rising.
/// A line is flushed as it is written; a line torn by a crash is dropped by `truncate` when the run resumes.
[<RequireQualifiedAccess>]
module MetricsLog =
    let private parse path (line: string) =
        let fields = RunJson.parseObject path line

        {
            Step = int64 (RunJson.number path fields "step")
            Values =
                fields
                |> Seq.filter (fun field -> field.Key <> "step")
                |> Seq.choose (fun field -> RunJson.tryNumber field.Value |> Option.map (fun value -> field.Key, value))
                |> Map.ofSeq
        }

    /// The complete lines with their text; a last line without its end belongs to a write that was cut off.
    let private lines (path: string) =
        if not (File.Exists path) then
            []
        else
            let text = File.ReadAllText path
            let complete = text.Substring(0, text.LastIndexOf('\n') + 1)

            complete.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            |> Array.mapi (fun i line -> line, parse $"{path}, line {i + 1}" line)
            |> List.ofArray

    /// The logged steps in order; none when there is no file. Raises `InvalidDataException` with file and line when one is damaged.
    let read (folder: string) : MetricPoint list =
        lines (RunFolder.metrics folder) |> List.map snd

    /// The last complete line, read from the file's end; None when there is none, or none that can be read.
    let tryLast (folder: string) : MetricPoint option =
        let path = RunFolder.metrics folder

        try
            use stream =
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)

            stream.Position <- max 0L (stream.Length - 65536L)
            use reader = new StreamReader(stream)
            let lines = reader.ReadToEnd().Split '\n'

            lines
            |> Array.truncate (lines.Length - 1)
            |> Array.tryLast
            |> Option.map (parse path)
        with
        | :? FileNotFoundException
        | :? DirectoryNotFoundException
        | :? InvalidDataException -> None

    /// Adds one line.
    let append (folder: string) (step: int64) (values: (string * float) seq) =
        let node = JsonObject()
        node["step"] <- JsonValue.Create step

        for key, value in values do
            if key = "step" then
                raise (ArgumentException "A metric cannot be named 'step': that key holds the step itself.")

            node[key] <- RunJson.ofNumber value

        let bytes = Encoding.UTF8.GetBytes(node.ToJsonString() + "\n")

        use stream =
            new FileStream(RunFolder.metrics folder, FileMode.Append, FileAccess.Write, FileShare.Read)

        stream.Write(bytes, 0, bytes.Length)

    /// Drops what was logged after `step`, and a torn last line: a run that resumes from a checkpoint of that step logs the rest again.
    let truncate (folder: string) (step: int64) =
        let path = RunFolder.metrics folder

        if File.Exists path then
            let kept =
                lines path |> List.filter (fun (_, point) -> point.Step <= step) |> List.map fst

            AtomicFile.write path (String.concat "" (kept |> List.map (fun line -> line + "\n")))

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
