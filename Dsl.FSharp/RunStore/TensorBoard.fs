namespace Research.Runs

open Research.Language

open System
open System.Buffers.Binary
open System.IO
open System.Numerics
open System.Text

/// Event files that TensorBoard reads: `tensorboard/events.out.tfevents...` in the run folder. They are made from metrics.jsonl, which
/// stays authoritative.
///
/// An event file is a chain of TFRecords: length (8 bytes, little-endian), masked CRC-32C of the length, the data, masked CRC-32C of the
/// data. Each data is an `Event` in Protocol Buffers' encoding: wall_time = 1 (double), step = 2 (int64), file_version = 3 (string),
/// summary = 5, of values = 1 with tag = 1 (string) and simple_value = 2 (float).
[<RequireQualifiedAccess>]
module TensorBoard =
    /// Set to 1 by a launcher whose workers are to write event files as they train.
    [<Literal>]
    let variable = "RESEARCH_TENSORBOARD"

    /// Where a run's event files are.
    let folder (runFolder: string) = Path.Combine(runFolder, "tensorboard")

    /// CRC-32C (Castagnoli), as RFC 3720 has it.
    let crc32c (bytes: ReadOnlySpan<byte>) : uint32 =
        let mutable crc = 0xFFFFFFFFu

        for byte in bytes do
            crc <- BitOperations.Crc32C(crc, byte)

        ~~~crc

    /// TFRecord's mask over a CRC, so that the CRC of data that contain CRCs stays a good one.
    let private masked (crc: uint32) =
        BitOperations.RotateRight(crc, 15) + 0xa282ead8u

    let private record (data: byte[]) : byte[] =
        let framed = Array.zeroCreate<byte>(data.Length + 16)
        BinaryPrimitives.WriteUInt64LittleEndian(framed.AsSpan(0, 8), uint64 data.Length)

        BinaryPrimitives.WriteUInt32LittleEndian(
            framed.AsSpan(8, 4),
            masked (crc32c (Span.op_Implicit (framed.AsSpan(0, 8))))
        )

        data.CopyTo(framed, 12)

        BinaryPrimitives.WriteUInt32LittleEndian(
            framed.AsSpan(12 + data.Length, 4),
            masked (crc32c (ReadOnlySpan data))
        )

        framed

    /// Protocol Buffers' wire format, as far as events need it.
    type private Message() =
        let stream = new MemoryStream()

        let varint (value: uint64) =
            let mutable rest = value

            while rest >= 0x80UL do
                stream.WriteByte(byte rest ||| 0x80uy)
                rest <- rest >>> 7

            stream.WriteByte(byte rest)

        let key field wire = varint (uint64 (field <<< 3 ||| wire))

        member _.Integer(field: int, value: int64) =
            key field 0
            varint (uint64 value)

        member _.Double(field: int, value: float) =
            key field 1
            let bytes = Array.zeroCreate<byte> 8
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(), value)
            stream.Write(bytes, 0, 8)

        member _.Single(field: int, value: float32) =
            key field 5
            let bytes = Array.zeroCreate<byte> 4
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(), value)
            stream.Write(bytes, 0, 4)

        member _.Bytes(field: int, value: byte[]) =
            key field 2
            varint (uint64 value.Length)
            stream.Write(value, 0, value.Length)

        member message.Text(field: int, value: string) =
            message.Bytes(field, Encoding.UTF8.GetBytes value)

        member _.ToArray() = stream.ToArray()

    let private seconds (time: DateTime) =
        (time.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds

    let private header (time: DateTime) =
        let event = Message()
        event.Double(1, seconds time)
        event.Text(3, "brain.Event:2")
        record (event.ToArray())

    let private scalars (time: DateTime) (step: int64) (values: (string * float) seq) =
        let summary = Message()

        for tag, value in values do
            let scalar = Message()
            scalar.Text(1, tag)
            scalar.Single(2, float32 value)
            summary.Bytes(1, scalar.ToArray())

        let event = Message()
        event.Double(1, seconds time)
        event.Integer(2, step)
        event.Bytes(5, summary.ToArray())
        record (event.ToArray())

    /// TensorBoard shows "train/loss" under the heading "train".
    let private tag (metric: string) =
        match metric.IndexOf '.' with
        | -1 -> metric
        | dot -> metric.Substring(0, dot) + "/" + metric.Substring(dot + 1)

    let private tagged values =
        values |> Seq.map (fun (name, value) -> tag name, value)

    let private newPath runFolder (time: DateTime) =
        Directory.CreateDirectory(folder runFolder) |> ignore

        for old in Directory.GetFiles(folder runFolder, "events.out.tfevents.*") do
            File.Delete old

        Path.Combine(folder runFolder, $"events.out.tfevents.{int64 (seconds time)}.research")

    /// The history of a run: all logged steps, followed by the final metrics of a finished one.
    let private history (runFolder: string) =
        let final =
            match FinalMetrics.tryIntact runFolder with
            | Some final -> [
                final.Steps, Map.toList final.Metrics |> List.filter (fun (name, _) -> name <> "train.loss")
              ]
            | None -> []

        (MetricsLog.read runFolder
         |> List.map (fun point -> point.Step, Map.toList point.Values))
        @ final

    /// Writes a run's event file from its metrics.jsonl and final.json, replacing an earlier one, and returns its path. Times are
    /// spread evenly over the run's seconds up to the last write of metrics.jsonl, since the log has none.
    let export (runFolder: string) : string =
        let steps = history runFolder
        let log = RunFolder.metrics runFolder

        let ended =
            if File.Exists log then
                File.GetLastWriteTimeUtc log
            else
                DateTime.UtcNow

        let took =
            FinalMetrics.tryIntact runFolder
            |> Option.map _.Seconds
            |> Option.defaultValue 0.0

        let last = steps |> List.map fst |> List.fold max 1L

        let time step =
            ended.AddSeconds(-took * (1.0 - float step / float last))

        let path = newPath runFolder (time 0L)

        AtomicFile.writeBytes
            path
            (Array.concat [
                header (time 0L)
                for step, values in steps do
                    scalars (time step) step (tagged values)
            ])

        path

    /// An event file that grows with a run. It begins with the contents of metrics.jsonl.
    [<Sealed>]
    type Writer(runFolder: string) =
        let stream =
            new FileStream(export runFolder, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)

        /// Adds the metrics of a step, with the present time.
        member _.Add(step: int64, values: (string * float) seq) =
            let bytes = scalars DateTime.UtcNow step (tagged values)
            stream.Write(bytes, 0, bytes.Length)
            stream.Flush()

        interface IDisposable with
            member _.Dispose() = stream.Dispose()

    /// The event file of a worker whose launcher asked for one; otherwise nothing.
    [<Sealed>]
    type OnRequest(runFolder: string) =
        let wanted = Environment.GetEnvironmentVariable variable = "1"
        let mutable writer: Writer option = None

        /// Begins the file, once metrics.jsonl holds no more than the run has done.
        member _.Start() =
            if wanted then
                writer <- Some(new Writer(runFolder))

        member _.Add(step: int64, values: (string * float) seq) =
            writer |> Option.iter (fun writer -> writer.Add(step, values))

        interface IDisposable with
            member _.Dispose() =
                writer |> Option.iter (fun writer -> (writer :> IDisposable).Dispose())
