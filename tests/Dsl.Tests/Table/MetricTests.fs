module Research.Tests.MetricTests

open Research
open Xunit

let private experiment' = experiment { evaluate [ retrieval; zero_shot Groups ] }

[<Fact>]
let ``an experiment's final metrics are known before it is trained`` () =
    let known = Metric.known experiment'
    Assert.Contains("test.retrieval.i2t.r10", known)
    Assert.Contains("val.retrieval.median_rank", known)
    Assert.Contains("test.zeroshot.groups.top1", known)
    Assert.Contains("train.loss", known)
    Assert.DoesNotContain("test.zeroshot.top1", known)

    let onlyTest = {
        experiment' with
            EvaluateOn = [ Test ]
    }

    Assert.DoesNotContain("val.retrieval.r10", Metric.known onlyTest)

[<Fact>]
let ``an unknown metric is named with the one that is probably meant`` () =
    Assert.Equal(None, Metric.problem experiment' "test.retrieval.r10")
    let line = (Metric.problem experiment' "test.retreival.r10").Value
    Assert.Contains("\"test.retreival.r10\"", line)
    Assert.Contains("\"test.retrieval.r10\" is meant?", line)
    Assert.Contains("test.zeroshot.groups.top5", line)
    Assert.DoesNotContain("meant", (Metric.problem experiment' "accuracy").Value)
