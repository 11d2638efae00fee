namespace Research

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
