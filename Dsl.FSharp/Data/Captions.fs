namespace Research.Language

/// Which words of an entry make its caption.
type Captions =
    /// The name alone; the first caption of a picture with several.
    | Label
    /// The name and all tags; the first caption of a picture with several.
    | AllTags
    /// One of the picture's captions, such as COCO's five, drawn afresh each time the pair is seen; no tags.
    | AnyCaption
    /// In evaluation: each of the picture's captions, such as COCO's five, is a text of its own that belongs to the picture; no tags.
    | EveryCaption
    /// The name and a random number of tags, up to this many, drawn afresh each time the pair is seen. For a picture with several captions,
    /// any of them takes the place of the name.
    | RandomTags of most: int

    override captions.ToString() =
        match captions with
        | Label -> "label"
        | AllTags -> "label and tags"
        | AnyCaption -> "any one caption"
        | EveryCaption -> "every caption"
        | RandomTags most -> $"label and up to {most} random tags"

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Captions =
    /// The core's style for such captions.
    let style captions : Research.Corpora.CaptionStyle =
        match captions with
        | Label
        | EveryCaption -> Research.Corpora.CaptionStyle.Label
        | AllTags -> Research.Corpora.CaptionStyle.LabelAndTags
        | AnyCaption -> Research.Corpora.CaptionStyle.LabelAndRandomTags 0
        | RandomTags most -> Research.Corpora.CaptionStyle.LabelAndRandomTags most

    /// The core's style that shows every word such a caption can hold.
    let longest captions : Research.Corpora.CaptionStyle =
        match captions with
        | Label
        | AnyCaption
        | EveryCaption
        | RandomTags 0 -> Research.Corpora.CaptionStyle.Label
        | AllTags
        | RandomTags _ -> Research.Corpora.CaptionStyle.LabelAndTags

    let private words = [ "label", Label; "tags", AllTags; "any", AnyCaption; "every", EveryCaption ]

    let private ofWords = Value.oneOf words

    let private refusal inEvaluation captions =
        match captions with
        | RandomTags most when most < 0 -> Some $"random_tags {most}: the number of tags must be at least 0"
        | (AnyCaption | RandomTags _) when inEvaluation ->
            Some "random captions would make the evaluation random; use label, all_tags or every_caption"
        | EveryCaption when not inEvaluation ->
            Some
                "a training pair has one caption; any_caption draws one of several each time, every_caption is for evaluation_captions"
        | _ -> None

    let private value inEvaluation : Value<Captions> =
        Value.where (refusal inEvaluation) {
            Allowed =
                if inEvaluation then
                    "label, all_tags, every_caption"
                else
                    "label, all_tags, any_caption, random_tags n"
            Encode =
                fun captions ->
                    match captions with
                    | RandomTags most -> Json.object [ "random_tags", Some(Json.integer most) ]
                    | word -> ofWords.Encode word
            Decode =
                fun at ->
                    if at.IsObject then
                        let fields = JsonFields(at.Place, at.Node)
                        let captions = RandomTags(fields.Integer "random_tags")
                        fields.Done()
                        captions
                    else
                        ofWords.Decode at
            Text = string
            Problems = fun _ _ -> []
        }

    /// Captions in training.
    let inTraining = value false

    /// Captions in evaluation, where nothing is random.
    let inEvaluation = value true

namespace Research

open Research.Language

/// Which words of an entry make its caption.
[<AutoOpen>]
module CaptionWords =
    /// The name alone; the first caption of a picture with several.
    let label = Label

    /// The name and all tags; the first caption of a picture with several.
    let all_tags = AllTags

    /// One of the picture's captions, such as COCO's five, drawn afresh each time the pair is seen; no tags.
    let any_caption = AnyCaption

    /// In evaluation: each of the picture's captions, such as COCO's five, is a text of its own that belongs to the picture; no tags.
    let every_caption = EveryCaption

    /// The name and a random number of tags, up to this many, drawn afresh each time the pair is seen: `captions (random_tags 3)`.
    let random_tags most = RandomTags most
