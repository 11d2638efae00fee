module Research.Tests.WorkerEventTests

open Research
open Research.Language
open Research.Worker
open Xunit

[<Fact>]
let ``a worker's lines read back`` () =
    Assert.Equal(
        Some(WorkerEvent.Step(10L, 600L, Some 2.5, Some 1234.5)),
        WorkerEvent.tryParse (WorkerEvent.step 10L 600L 2.5 1234.5)
    )

    Assert.Equal(Some WorkerEvent.Evaluating, WorkerEvent.tryParse (WorkerEvent.eval 10L [ "val.retrieval.r10", 0.25 ]))
    Assert.Equal(Some WorkerEvent.Done, WorkerEvent.tryParse WorkerEvent.finished)

[<Theory>]
[<InlineData("")>]
[<InlineData("step 10")>]
[<InlineData("{")>]
[<InlineData("{}")>]
[<InlineData("{\"event\":")>]
[<InlineData("[1]")>]
[<InlineData("{\"a\":1,\"a\":2}")>]
let ``other output is no event`` (line: string) =
    Assert.Equal(None, WorkerEvent.tryParse line)

[<Fact>]
let ``an unknown event is passed over`` () =
    Assert.Equal(Some WorkerEvent.Other, WorkerEvent.tryParse """{"event":"note","text":"x"}""")
    Assert.Equal(Some WorkerEvent.Other, WorkerEvent.tryParse """{"event":"step"}""")
