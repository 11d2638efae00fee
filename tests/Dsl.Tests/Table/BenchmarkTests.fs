module Research.Tests.BenchmarkTests

open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Tables

let private metrics = [
    "test.zeroshot.top1", 0.25
    "test.zeroshot.top5", 0.5
    "test.zeroshot.mean_per_class", 0.125
    "test.zeroshot.groups.top1", 0.75
    "test.retrieval.i2t.r5", 0.3
    "test.retrieval.t2i.r5", 0.2
    "val.retrieval.t2i.r5", 0.1
    "val.retrieval.i2t.r5", 0.15
]

[<Fact>]
let ``a run has a line for each split and task in CLIP_benchmark's columns`` () =
    use scratch = new Scratch()
    let folder = scratch.File "run"
    RunConfig.write folder { Seed = 3; Hash = "00000000" } (Experiment.encode (experiment { image Vit.tiny }))

    let run = {
        RunFolders.record "PSD, cosine" 3 metrics with
            Folder = folder
    }

    let planned = {
        RunFolders.record "InfoNCE" 1 [] with
            State = RunStatus.Planned
    }

    let preset = (experiment { image Vit.tiny }).Image.Preset

    let lines = (Table.csvBenchmark [ run; planned ]).TrimEnd().Split '\n'

    Assert.Equal<string>(
        [|
            "acc1,acc5,mean_per_class_recall,dataset,model,pretrained,task,mean_average_precision,image_retrieval_recall@5,text_retrieval_recall@5,model_fullname"
            $"0.25,0.5,0.125,emoji,{preset},\"PSD, cosine-s3\",zeroshot_classification,,,,\"{preset} PSD, cosine-s3\""
            $"0.75,,,emoji/groups,{preset},\"PSD, cosine-s3\",zeroshot_classification,,,,\"{preset} PSD, cosine-s3\""
            $",,,emoji,{preset},\"PSD, cosine-s3\",zeroshot_retrieval,,0.2,0.3,\"{preset} PSD, cosine-s3\""
            $",,,emoji/validation,{preset},\"PSD, cosine-s3\",zeroshot_retrieval,,0.1,0.15,\"{preset} PSD, cosine-s3\""
        |],
        lines
    )
