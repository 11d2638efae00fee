namespace Research.Evaluation

open System
open Research
open Research.Language
open Research.Corpora
open Research.Evaluation.Probes

/// What a probe learns and is measured on: the embeddings of the training split, of validation to choose by, and of the side. Its classes are those
/// of the training pictures.
type ProbeTask = {
    Classes: string array
    Train: ProbeSet
    /// The validation pictures of these classes.
    Validation: ProbeSet
    /// The side's pictures of these classes; None where there is none.
    Held: ProbeSet option
    /// The classes of the side's other pictures, in which every picture is counted wrong, and the number of these.
    Unseen: string array * int
}

/// A probe's figures, from 0 to 1, over all pictures of the side.
type ProbeFigures = {
    Top1: float
    Top5: float
    MeanPerClass: float
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ProbeTask =
    /// The splits that a probe uses beside the side.
    let learnsFrom = [ Split.Train; Split.Validation ]

    /// The task over the subject's side; the tensors belong to the current dispose scope. Notices name what a reader of the figures should know:
    /// `script` says of which evaluation. Raises `ArgumentException` when validation has no picture of a training class.
    let make (script: string) (classes: Classes) (subject: Subject) : ProbeTask =
        let classOf = ZeroShotEvaluation.classOf classes
        let train = subject.PicturesOf Split.Train

        let names =
            train.Entries |> Seq.map classOf |> Seq.distinct |> Seq.sort |> Array.ofSeq

        let numbers = names |> Array.mapi (fun i name -> name, i) |> dict

        let known (pictures: EncodedPictures) =
            let rows = [|
                for i in 0 .. pictures.Entries.Count - 1 do
                    match numbers.TryGetValue(classOf pictures.Entries[i]) with
                    | true, number -> i, number
                    | _ -> ()
            |]

            if rows.Length = 0 then
                None
            else
                // The labels of the rows that are left out are never read.
                let labels = Array.zeroCreate pictures.Entries.Count
                rows |> Array.iter (fun (row, number) -> labels[row] <- number)
                Some(ProbeSet(pictures.Embeddings, labels, names.Length).At(rows |> Array.map fst))

        let validation =
            match known (subject.PicturesOf Split.Validation) with
            | Some validation -> validation
            | None ->
                raise (
                    ArgumentException
                        $"{script}: no validation picture has a class of the training pictures, so there is nothing to choose by; leave it out of evaluate"
                )

        let unseen =
            subject.Pictures.Entries
            |> Seq.map classOf
            |> Seq.filter (numbers.ContainsKey >> not)
            |> Array.ofSeq

        let unseenNames = unseen |> Array.distinct |> Array.sort

        if unseen.Length > 0 then
            let quoted =
                unseenNames
                |> Seq.map (fun name -> $"'{name}'")
                |> Seq.truncate 5
                |> List.ofSeq
                |> Words.list

            let more =
                if unseenNames.Length > 5 then
                    $" and {unseenNames.Length - 5} more"
                else
                    ""

            subject.Notice
                $"{script}: no training picture is of the classes {quoted}{more}, so their {unseen.Length} {subject.Side} pictures are counted wrong"

        if names.Length <= 5 then
            subject.Notice $"{script}: with {names.Length} classes top-5 is 100 %% whatever a probe learns"

        {
            Classes = names
            Train = (known train).Value
            Validation = validation
            Held = known subject.Pictures
            Unseen = unseenNames, unseen.Length
        }

    /// A classifier's figures on the side.
    let measure (task: ProbeTask) (classifier: LinearClassifier) : ProbeFigures =
        match task.Held with
        | None -> {
            Top1 = 0.0
            Top5 = 0.0
            MeanPerClass = 0.0
          }
        | Some held ->
            let result = classifier.Evaluate held
            let classes, pictures = task.Unseen
            let share = float held.Count / float (held.Count + pictures)
            let present = held.Labels |> Seq.distinct |> Seq.length

            {
                Top1 = share * result.Top1
                Top5 = share * result.Top5
                MeanPerClass = result.MeanPerClass * float present / float (present + classes.Length)
            }

    /// Validation's words are those of the side that a probe chooses by, on which it is not measured.
    let refuse (side: HeldOut) (script: string) =
        if side = HeldOut.Validation then
            UserError.fail
                $"{script}: a probe chooses its settings on validation and is measured on test; write test.{script}"
