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

/// metrics.jsonl: one JSON object per line, `{"step":100,"train.loss":2.31,...}`, steps rising. Each line is flushed as it is written. A
/// power cut may leave a torn line or NULs, and a bad disk anything: readable lines are kept, and the rest is reported.
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

    /// A line of the file: its number, its text, and its point, if it can be read.
    type private Line = {
        Number: int
        Text: string
        Point: MetricPoint option
    }

    /// Steps rise, so a line whose step is out of order is damaged.
    let private inOrder (lines: Line list) : Line list =
        let rec next (last: int64) (lines: Line list) =
            match lines with
            | [] -> []
            | { Point = None } as line :: rest -> line :: next last rest
            | { Point = Some point } as line :: rest ->
                let following = rest |> List.tryPick _.Point |> Option.map _.Step

                let isOut =
                    point.Step < last
                    || (match following with
                        | Some step -> point.Step > step && last <= step
                        | None -> false)

                if isOut then
                    { line with Point = None } :: next last rest
                else
                    line :: next point.Step rest

        next 0L lines

    /// The complete lines. A last line without its end belongs to an interrupted write.
    let private lines (path: string) =
        if not (File.Exists path) then
            []
        else
            let text = File.ReadAllText path
            let complete = text.Substring(0, text.LastIndexOf('\n') + 1)

            complete.Split '\n'
            |> Array.truncate ((complete |> Seq.filter ((=) '\n') |> Seq.length))
            |> Array.indexed
            |> Array.filter (fun (_, line) -> line <> "")
            |> Array.map (fun (i, line) ->
                // NULs from a power cut may precede a good line that was appended after them.
                let line = line.Trim('\000', '\r')

                {
                    Number = i + 1
                    Text = line
                    Point =
                        try
                            if line.Contains '\uFFFD' then
                                None
                            else
                                Some(parse path line)
                        with :? InvalidDataException ->
                            None
                })
            |> List.ofArray
            |> inOrder

    /// A line on what cannot be read and where the curve has a hole; None when everything can.
    let private damage (path: string) (lines: Line list) =
        match lines |> List.filter _.Point.IsNone with
        | [] -> None
        | bad ->
            let before =
                lines
                |> List.takeWhile _.Point.IsSome
                |> List.tryLast
                |> Option.bind _.Point
                |> Option.map _.Step

            let after =
                lines
                |> List.skipWhile (fun line -> line.Number <= (List.last bad).Number)
                |> List.tryPick _.Point
                |> Option.map _.Step

            let hole =
                match before, after with
                | Some before, Some after -> $"between the steps {before} and {after}"
                | Some before, None -> $"after step {before}"
                | None, Some after -> $"before step {after}"
                | None, None -> "everywhere"

            let numbers =
                match bad with
                | [ one ] -> $"line {one.Number} cannot"
                | many -> $"{many.Length} lines from line {many.Head.Number} on cannot"

            Some $"{path}: {numbers} be read, so the curve has a hole {hole}"

    /// The logged steps in order, and what is wrong with the file; empty when there is no file.
    let readWithDamage (folder: string) : MetricPoint list * string option =
        let path = RunFolder.metrics folder
        let lines = lines path
        lines |> List.choose _.Point, damage path lines

    /// The logged steps in order, without the lines that cannot be read.
    let read (folder: string) : MetricPoint list = fst (readWithDamage folder)

    /// The last complete line, read from the file's end; None when there is none, or it cannot be read.
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
            |> Option.map (fun line -> parse path (line.Trim('\000', '\r')))
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

    /// Drops what was logged after `step`, which a run resuming from that step's checkpoint logs again, and what cannot be read.
    /// Returns a line on unreadable lines up to that step, which are lost.
    let truncate (folder: string) (step: int64) : string option =
        let path = RunFolder.metrics folder

        if not (File.Exists path) then
            None
        else
            let lines = lines path

            let kept =
                lines
                |> List.filter (fun line -> line.Point |> Option.exists (fun point -> point.Step <= step))

            AtomicFile.write path (String.concat "" (kept |> List.map (fun line -> line.Text + "\n")))

            // Unreadable lines after the last one kept are logged again.
            match List.tryLast kept with
            | Some last -> damage path (lines |> List.filter (fun line -> line.Number <= last.Number))
            | None -> None

/// The content of final.json.
type FinalMetrics = {
    /// By name, e.g. `test.retrieval.i2t.r10`: fractions in [0,1], except ranks and losses.
    Metrics: Map<string, float>
    /// Training steps.
    Steps: int64
    /// Wall-clock seconds of training and evaluation, over all attempts.
    Seconds: float
}

[<RequireQualifiedAccess>]
module FinalMetrics =
    /// Writes final.json. Call it last: its presence means that the run is finished.
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

    /// final.json, if it exists and is intact.
    let tryIntact (folder: string) : FinalMetrics option =
        try
            tryRead folder
        with :? InvalidDataException ->
            None
