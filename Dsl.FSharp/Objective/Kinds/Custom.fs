namespace Research.Language

open System.Collections.Concurrent
open Research.Objectives

/// An objective that a script defines itself.
type Custom = {
    /// The name in tables and messages.
    Name: string
    /// `FunctionIdentity` of the loss: a different function is a different objective.
    Identity: string
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Custom =
    let private losses =
        ConcurrentDictionary<Custom, EmbeddingBatch -> TorchSharp.torch.Tensor>()

    /// Remembers a loss for as long as the process lives, so that the worker, which runs the script too, finds it.
    let register (name: string) (loss: EmbeddingBatch -> TorchSharp.torch.Tensor) : Custom =
        let custom = {
            Name = name
            Identity = FunctionIdentity.compute loss
        }

        losses[custom] <- loss
        custom

    let private find (custom: Custom) =
        match losses.TryGetValue custom with
        | true, loss -> loss
        | _ ->
            UserError.fail
                $"custom \"{custom.Name}\" is a function of the script that declared the run, and no such function is loaded here: run that script; if it has changed since, this is a different run"

    let private defaults = { Name = ""; Identity = "" }

    let kind: ObjectiveKind<Custom> = {
        Kind = "custom"
        Settings = {
            Defaults = defaults
            Together = fun _ -> []
            Items = [
                Setting.make defaults "name" Value.text _.Name (fun v s -> { s with Name = v })
                Setting.make defaults "identity" Value.text _.Identity (fun v s -> { s with Identity = v })
            ]
        }
        Label = _.Name
        Name = _.Name
        Teacher = fun _ -> None
        Diagnostics = fun _ -> []
        HasParameters = false
        Version = 1
        ToCore = fun custom -> new CustomObjective(custom.Name, find custom)
    }

namespace Research

open Research.Language

[<AutoOpen>]
module CustomWords =
    /// An objective of the script's own: its name, and a function from a batch to its loss, a scalar tensor. Autograd takes the gradient, on one
    /// process. `custom "flip" (fun batch -> ...)`; `batch.Image` and `batch.Text` are N x d with unit rows, `batch.LogitScale` is ln(1/tau).
    /// Runs are reused as long as the function computes the same and the script is started in the same way.
    let custom (name: string) (loss: Research.Objectives.EmbeddingBatch -> TorchSharp.torch.Tensor) =
        Objective.make Custom.kind (Custom.register name loss)
