namespace Research

/// Pairs that training never sees: validation to choose by, test to report.
[<RequireQualifiedAccess>]
type HeldOut =
    | Validation
    | Test

    /// The word in a script and in config.json.
    member this.Word =
        match this with
        | Validation -> "validation"
        | Test -> "test"

    /// How the keys of its metrics begin.
    member this.Prefix =
        match this with
        | Validation -> "val"
        | Test -> "test"

    override this.ToString() = this.Word

/// The two held-out sides and, after a dot, what is measured on them: `evaluate_on [ validation; test ]`, `table [ test.r10 ]`.
[<AutoOpen>]
module HeldOutWords =
    /// The pairs to report on. `test.r10` is recall at 10 on them.
    let test = HeldOut.Test

    /// The pairs to choose settings by. `validation.r10` is recall at 10 on them.
    let validation = HeldOut.Validation

namespace Research.Evaluation

open Research

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module HeldOut =
    let all = [ HeldOut.Validation; HeldOut.Test ]

    /// The core's name of the side.
    let split (side: HeldOut) : Corpora.Split =
        match side with
        | HeldOut.Validation -> Corpora.Split.Validation
        | HeldOut.Test -> Corpora.Split.Test
