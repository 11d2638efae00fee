module Research.Tests.MetricColumnTests

open Research
open Research.Language
open Xunit
open Research.Tables

[<Theory>]
[<InlineData("test.retrieval.i2t.r10", "image→text R@10", "%")>]
[<InlineData("val.retrieval.t2i.r1", "text→image R@1", "%")>]
[<InlineData("test.retrieval.r5", "R@5", "%")>]
[<InlineData("test.retrieval.t2i.median_rank", "text→image median rank", "")>]
[<InlineData("test.retrieval.all.r5", "R@5 among all", "%")>]
[<InlineData("test.retrieval.all.i2t.r5", "image→text R@5 among all", "%")>]
[<InlineData("test.retrieval.chance.r10", "chance of R@10", "%")>]
[<InlineData("test.zeroshot.top1", "zero-shot top-1", "%")>]
[<InlineData("test.zeroshot.groups.top1", "zero-shot groups top-1", "%")>]
[<InlineData("train.loss", "training loss", "")>]
[<InlineData("diagnostics.tau", "diagnostics.tau", "")>]
let ``a metric's name gives its title and unit`` (key: string, title: string, unit: string) =
    let column = MetricColumn.ofKey key
    Assert.Equal(title, column.Title)
    Assert.Equal(unit, column.Unit)
    Assert.Equal(key, column.Key)

[<Fact>]
let ``ranks and losses are better low, accuracies high`` () =
    Assert.Equal(Better.Lower, (MetricColumn.ofKey "test.retrieval.i2t.median_rank").Better)
    Assert.Equal(Better.Lower, (MetricColumn.ofKey "train.loss").Better)
    Assert.Equal(Better.Higher, (MetricColumn.ofKey "test.zeroshot.top5").Better)

[<Theory>]
[<InlineData(0.2765, "27.7", "+27.7")>]
[<InlineData(-0.0304, "-3.0", "-3.0")>]
[<InlineData(-0.0004, "0.0", "0.0")>]
[<InlineData(0.0004, "0.0", "0.0")>]
let ``numbers are rounded, and what rounds to zero has no sign`` (value: float, plain: string, signed: string) =
    let column = MetricColumn.percent "k" "K"
    Assert.Equal(plain, MetricColumn.format column value)
    Assert.Equal(signed, MetricColumn.formatSigned column value)
