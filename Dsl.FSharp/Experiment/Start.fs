namespace Research.Language

/// Trained weights that encoders start from; None starts from random ones.
type Start = {
    /// The image encoder's: a run folder, or the file or folder of any checkpoint.
    Image: string option
    /// The text encoder's.
    Text: string option
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Start =
    let nothing = { Image = None; Text = None }

    /// Both encoders and the logit scale from one model: `whole "layers" 1 4 (fun count -> image (Vit.tiny |> layers count))`.
    let whole (place: string) = {
        Image = Some place
        Text = Some place
    }

    /// The place whose logit scale is taken: where both encoders come from.
    let logitScale (start: Start) : string option =
        if start.Image = start.Text then start.Image else None

    let private place = Value.optional "random weights" Value.text

    // The weights count, not their place.
    let settings: Settings<Start> = {
        Defaults = nothing
        Together = fun _ -> []
        Items = [
            Setting.make nothing "image" place _.Image (fun v s -> { s with Start.Image = v })
            |> Setting.word "start_image_from"
            |> Setting.hashedAs (_.Image >> Encoder.identity)
            Setting.make nothing "text" place _.Text (fun v s -> { s with Start.Text = v })
            |> Setting.word "start_text_from"
            |> Setting.hashedAs (_.Text >> Encoder.identity)
        ]
    }
