module Research.Tests.TensorBoardTests

open System
open System.IO
open System.Text
open Research
open Research.Language
open Research.Runs
open Xunit

/// A second reading of the formats, which shares nothing with the writer: CRC-32C bit by bit, TFRecord and Protocol Buffers as published.
module private Reader =
    let crc32c (bytes: byte[]) =
        let mutable crc = 0xFFFFFFFFu

        for b in bytes do
            crc <- crc ^^^ uint32 b

            for _ in 1..8 do
                crc <-
                    if crc &&& 1u = 1u then
                        (crc >>> 1) ^^^ 0x82F63B78u
                    else
                        crc >>> 1

        ~~~crc

    let unmask (masked: uint32) =
        let rotated = masked - 0xa282ead8u
        (rotated >>> 17) ||| (rotated <<< 15)

    let records (file: byte[]) = [
        let mutable at = 0

        while at < file.Length do
            let length = int (BitConverter.ToUInt64(file, at))
            Assert.Equal(crc32c file[at .. at + 7], unmask (BitConverter.ToUInt32(file, at + 8)))
            let data = file[at + 12 .. at + 11 + length]
            Assert.Equal(crc32c data, unmask (BitConverter.ToUInt32(file, at + 12 + length)))
            data
            at <- at + 16 + length
    ]

    type Field =
        | Varint of uint64
        | Fixed64 of byte[]
        | Fixed32 of byte[]
        | Chunk of byte[]

    let rec private varint (bytes: byte[]) at shift =
        let b = bytes[at]
        let low = uint64 (b &&& 0x7Fuy) <<< shift

        if b &&& 0x80uy = 0uy then
            low, at + 1
        else
            let rest, next = varint bytes (at + 1) (shift + 7)
            low ||| rest, next

    let fields (bytes: byte[]) = [
        let mutable at = 0

        while at < bytes.Length do
            let key, next = varint bytes at 0
            let number = int (key >>> 3)

            match key &&& 7UL with
            | 0UL ->
                let value, after = varint bytes next 0
                number, Varint value
                at <- after
            | 1UL ->
                number, Fixed64 bytes[next .. next + 7]
                at <- next + 8
            | 5UL ->
                number, Fixed32 bytes[next .. next + 3]
                at <- next + 4
            | 2UL ->
                let length, start = varint bytes next 0
                number, Chunk bytes[start .. start + int length - 1]
                at <- start + int length
            | wire -> failwith $"wire type {wire}"
    ]

    let one number fields =
        fields
        |> List.pick (fun (found, value) -> if found = number then Some value else None)

    let chunk number fields =
        match one number fields with
        | Chunk bytes -> bytes
        | other -> failwith $"field {number} is {other}"

    /// (wall time, step, (tag, value) list) of an event with a summary.
    let event (data: byte[]) =
        let found = fields data

        let wall =
            match one 1 found with
            | Fixed64 bytes -> BitConverter.ToDouble(bytes, 0)
            | other -> failwith $"wall_time is {other}"

        let step =
            match one 2 found with
            | Varint step -> int64 step
            | other -> failwith $"step is {other}"

        let values =
            fields (chunk 5 found)
            |> List.map (fun (number, value) ->
                match number, value with
                | 1, Chunk bytes ->
                    let scalar = fields bytes

                    let number =
                        match one 2 scalar with
                        | Fixed32 bytes -> BitConverter.ToSingle(bytes, 0)
                        | other -> failwith $"simple_value is {other}"

                    Encoding.UTF8.GetString(chunk 1 scalar), number
                | other -> failwith $"a summary holds {other}")

        wall, step, values

let private written folder =
    Directory.GetFiles(TensorBoard.folder folder)
    |> Array.exactlyOne
    |> File.ReadAllBytes
    |> Reader.records

[<Fact>]
let ``the checksum is RFC 3720's`` () =
    let check (expected: uint32) (bytes: byte[]) =
        Assert.Equal(expected, TensorBoard.crc32c (ReadOnlySpan bytes))
        Assert.Equal(expected, Reader.crc32c bytes)

    check 0xE3069283u (Encoding.ASCII.GetBytes "123456789")
    check 0x8A9136AAu (Array.zeroCreate 32)
    check 0x62A8AB43u (Array.create 32 0xFFuy)
    check 0x46DD794Eu [| for i in 0..31 -> byte i |]
    check 0x113FDB5Cu [| for i in 31..-1..0 -> byte i |]

[<Fact>]
let ``an event file says what the log and the final metrics say`` () =
    use scratch = new Scratch()
    MetricsLog.append scratch.Folder 10L [ "train.loss", 2.5; "images_per_second", 99.0 ]
    MetricsLog.append scratch.Folder 300L [ "train.loss", nan ]

    FinalMetrics.write scratch.Folder {
        Metrics = Map [ "test.retrieval.r10", 0.25; "train.loss", 1.0 ]
        Steps = 300L
        Seconds = 60.0
    }

    TensorBoard.export scratch.Folder |> ignore

    match written scratch.Folder with
    | [ header; first; second; final ] ->
        Assert.Equal("brain.Event:2", Reader.fields header |> Reader.chunk 3 |> Encoding.UTF8.GetString)
        let wall, step, values = Reader.event first
        Assert.Equal(10L, step)
        Assert.Equal<(string * float32) list>([ "images_per_second", 99.0f; "train/loss", 2.5f ], List.sort values)
        let later, step, values = Reader.event second
        Assert.Equal(300L, step)
        Assert.True(Single.IsNaN(snd values.Head))
        Assert.Equal(58.0, later - wall, 3) // 60 seconds over 300 steps
        let _, step, values = Reader.event final
        Assert.Equal(300L, step)
        Assert.Equal<(string * float32) list>([ "test/retrieval.r10", 0.25f ], values)
    | other -> failwith $"{other.Length} records"

[<Fact>]
let ``a writer goes on behind what a resumed run had logged, in one file`` () =
    use scratch = new Scratch()
    MetricsLog.append scratch.Folder 1L [ "train.loss", 3.0 ]

    for step in [ 2L; 3L ] do
        using (new TensorBoard.Writer(scratch.Folder)) (fun writer ->
            let values = [ "train.loss", 3.0 - float step ]
            MetricsLog.append scratch.Folder step values
            writer.Add(step, values))

    let steps =
        written scratch.Folder
        |> List.tail
        |> List.map (fun data -> let _, step, _ = Reader.event data in step)

    Assert.Equal<int64 list>([ 1L; 2L; 3L ], steps)
