namespace Research.Launch

open Research.Language

open System
open System.IO

/// The processors and GPUs of a worker's slot.
type Slot = {
    /// The processors that its threads are pinned to; empty to let the system choose.
    Processors: int list
    /// The only CUDA devices that it sees, one for each process of a run; empty when the user named none.
    Devices: string list
}

/// Cores and GPUs for workers that run in parallel.
[<RequireQualifiedAccess>]
module Placement =
    /// "0-2,5", Linux's notation for sets of processors; None when it is not such a list.
    let parseProcessors (text: string) : int list option =
        let range (part: string) =
            match part.Trim().Split '-' |> Array.map Int32.TryParse with
            | [| (true, one) |] -> Some [ one ]
            | [| (true, first); (true, last) |] when first <= last -> Some [ first..last ]
            | _ -> None

        text.Split ','
        |> Array.map range
        |> List.ofArray
        |> fun parts ->
            if parts |> List.forall Option.isSome then
                Some(parts |> List.collect Option.get)
            else
                None

    /// The processors that this process may use; empty under a container's quota, where their numbers do not tell which are free.
    let private own () : int list =
        let mark = "Cpus_allowed_list:"

        try
            File.ReadLines "/proc/self/status"
            |> Seq.tryFind _.StartsWith(mark, StringComparison.Ordinal)
            |> Option.bind (fun line -> parseProcessors (line.Substring mark.Length))
            |> Option.filter (fun processors -> processors.Length = Environment.ProcessorCount)
            |> Option.defaultValue []
        with :? IOException -> []

    let private taskset =
        lazy ([ "/usr/bin/taskset"; "/bin/taskset" ] |> List.tryFind File.Exists)

    /// Divides processors and devices among slots, given the threads and processes of a run. Workers are pinned only where they fill the
    /// machine exactly: otherwise another program's pinned workers could share their processors while others idle. Devices are assigned in
    /// turn.
    let divide (processors: int list) (devices: string list) (jobs: int) (threads: int) (processes: int) : Slot list =
        let busy = threads * processes
        let groups = devices |> List.chunkBySize processes

        [
            for slot in 0 .. jobs - 1 ->
                {
                    Processors =
                        if jobs > 1 && jobs * busy = processors.Length then
                            processors |> List.skip (slot * busy) |> List.truncate busy
                        else
                            []
                    Devices =
                        match groups |> List.filter (fun group -> group.Length = processes) with
                        | [] -> []
                        | groups -> groups[slot % groups.Length]
                }
        ]

    // Parallel workers also share the processors that prepare pictures, unless the user chose the number of threads.
    let private loaders sharing =
        let variable = Research.Corpora.Streaming.StreamOptions.WorkersVariable

        match Environment.GetEnvironmentVariable variable with
        | null
        | "" -> [ variable, string (max 1 (Environment.ProcessorCount / sharing)) ]
        | _ -> []

    /// The options with a slot for each of their jobs: threads of every worker, its processors (by `taskset`, if installed), its
    /// part of the threads that prepare pictures, and its devices (as CUDA_VISIBLE_DEVICES, so that the worker's `cuda` is the first).
    let apply (threads: int) (processes: int) (devices: string list) (options: LocalOptions) : LocalOptions =
        let slots = divide (own ()) devices options.Jobs threads processes |> Array.ofList

        {
            options with
                Prefix =
                    fun slot ->
                        match taskset.Value, slots[slot].Processors with
                        | Some taskset, (_ :: _ as processors) -> [
                            taskset
                            "--cpu-list"
                            String.Join(',', processors)
                          ]
                        | _ -> []
                Environment =
                    fun slot -> [
                        for name in [ "OMP_NUM_THREADS"; "OPENBLAS_NUM_THREADS"; "MKL_NUM_THREADS" ] do
                            name, string threads
                        yield! loaders (options.Jobs * processes)
                        match slots[slot].Devices with
                        | [] -> ()
                        | devices -> "CUDA_VISIBLE_DEVICES", String.Join(',', devices)
                    ]
        }
