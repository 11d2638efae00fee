module Research.Tests.PlacementTests

open Research
open Research.Language
open Research.Launch
open Xunit

[<Theory>]
[<InlineData("0", 1)>]
[<InlineData("0-3", 4)>]
[<InlineData(" 0-1,4,6-7", 5)>]
let ``sets of processors read as Linux writes them`` (text: string, count: int) =
    Assert.Equal(count, (Placement.parseProcessors text).Value.Length)

[<Theory>]
[<InlineData("")>]
[<InlineData("a")>]
[<InlineData("3-1")>]
let ``what is no set of processors is none`` (text: string) =
    Assert.Equal(None, Placement.parseProcessors text)

[<Fact>]
let ``workers that fill the machine get processors of their own, others float`` () =
    let processors jobs threads =
        Placement.divide [ 0; 1; 4; 5 ] [] jobs threads 1 |> List.map _.Processors

    Assert.Equal<int list list>([ [ 0; 1 ]; [ 4; 5 ] ], processors 2 2)
    Assert.Equal<int list list>([ [ 0 ]; [ 1 ]; [ 4 ]; [ 5 ] ], processors 4 1)
    Assert.Equal<int list list>([ []; [] ], processors 2 1)
    Assert.Equal<int list list>([ [] ], processors 1 4)
    Assert.Equal<int list list>([ []; []; [] ], processors 3 2)

[<Fact>]
let ``devices go round the slots`` () =
    let devices named jobs processes =
        Placement.divide [] named jobs 1 processes |> List.map _.Devices

    Assert.Equal<string list list>([ [ "0" ]; [ "2" ]; [ "0" ] ], devices [ "0"; "2" ] 3 1)
    Assert.Equal<string list list>([ [] ], devices [] 1 2)
    // a run of two processes has two of them to itself
    Assert.Equal<string list list>(
        [ [ "0"; "1" ]; [ "2"; "3" ]; [ "0"; "1" ] ],
        devices [ "0"; "1"; "2"; "3"; "4" ] 3 2
    )

[<Fact>]
let ``a run of several processes has processors for all of them`` () =
    Assert.Equal<int list list>(
        [ [ 0; 1 ]; [ 4; 5 ] ],
        Placement.divide [ 0; 1; 4; 5 ] [] 2 1 2 |> List.map _.Processors
    )

    let options =
        Placement.apply 1 2 [ "5"; "6" ] { LocalOptions.standard with Jobs = 1 }

    Assert.Contains(("CUDA_VISIBLE_DEVICES", "5,6"), options.Environment 0)
    Assert.Contains(("OMP_NUM_THREADS", "1"), options.Environment 0)

[<Fact>]
let ``workers side by side share the threads that prepare pictures`` () =
    let cores = System.Environment.ProcessorCount

    for jobs in [ 1; 2; cores + 1 ] do
        let options =
            Placement.apply 1 1 [] {
                LocalOptions.standard with
                    Jobs = jobs
            }

        let expected = string (max 1 (cores / jobs))
        Assert.Contains(("RESEARCH_LOADER_WORKERS", expected), options.Environment 0)

[<Fact>]
let ``a slot's device is the only one that its worker sees`` () =
    let options =
        Placement.apply 3 1 [ "5"; "6" ] { LocalOptions.standard with Jobs = 2 }

    Assert.Contains(("CUDA_VISIBLE_DEVICES", "6"), options.Environment 1)
    Assert.Contains(("OMP_NUM_THREADS", "3"), options.Environment 1)
    let alone = Placement.apply 1 1 [] LocalOptions.standard
    Assert.DoesNotContain("CUDA_VISIBLE_DEVICES", alone.Environment 0 |> List.map fst)
