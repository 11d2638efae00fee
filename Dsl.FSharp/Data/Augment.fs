namespace Research

open Research.Imaging

/// A random change of training pictures, drawn anew for every picture in every epoch. Names and ranges are torchvision's.
[<RequireQualifiedAccess>]
type Augment =
    /// A rectangle whose part of the picture's area and whose width per height lie in these ranges, made full size again.
    | Crop of scale: (float * float) * ratio: (float * float)
    /// Mirrors left and right, so often.
    | Flip of probability: float
    /// Half the ranges of the factors of brightness, contrast and saturation, and the largest turn of the hue.
    | ColourJitter of brightness: float * contrast: float * saturation: float * hue: float
    /// So many operations drawn from fourteen, each at this magnitude of 0 to 30.
    | RandAugment of operations: int * magnitude: int
    /// Makes pictures grey, so often.
    | Grey of probability: float

    override augment.ToString() =
        match augment with
        | Augment.Crop((least, most), (narrowest, widest)) when
            most = 1.0 && (narrowest, widest) = (3.0 / 4.0, 4.0 / 3.0)
            ->
            $"random_crop {Words.number least}"
        | Augment.Crop((least, most), (narrowest, widest)) ->
            $"random_resized_crop ({Words.number least}, {Words.number most}) ({Words.number narrowest}, {Words.number widest})"
        | Augment.Flip probability -> $"flip {Words.number probability}"
        | Augment.ColourJitter(brightness, contrast, saturation, hue) ->
            let numbers =
                [ brightness; contrast; saturation; hue ]
                |> List.map Words.number
                |> String.concat " "

            $"colour_jitter {numbers}"
        | Augment.RandAugment(operations, magnitude) -> $"rand_augment {operations} {magnitude}"
        | Augment.Grey probability -> $"random_grey {Words.number probability}"

[<RequireQualifiedAccess>]
module Augment =
    let private isCrop augment =
        match augment with
        | Augment.Crop _ -> true
        | _ -> false

    let private strongest = 30

    /// What is wrong with one change by itself.
    let problemsOf (augment: Augment) = [
        match augment with
        | Augment.Crop((least, most), (narrowest, widest)) ->
            if not (least > 0.0 && least <= most && most <= 1.0) then
                $"{augment}: the part of the area must have 0 < least <= most <= 1"

            if not (narrowest > 0.0 && narrowest <= widest && System.Double.IsFinite widest) then
                $"{augment}: the width per height must have 0 < least <= most"
        | Augment.Flip probability
        | Augment.Grey probability ->
            if not (probability >= 0.0 && probability <= 1.0) then
                $"{augment} is outside the allowed range [0, 1]"
        | Augment.ColourJitter(brightness, contrast, saturation, hue) ->
            for name, range in [ "brightness", brightness; "contrast", contrast; "saturation", saturation ] do
                if not (range >= 0.0 && System.Double.IsFinite range) then
                    $"{augment}: {name} {Words.number range} must be a finite number of at least 0"

            if not (hue >= 0.0 && hue <= 0.5) then
                $"{augment}: hue {Words.number hue} is outside the allowed range [0, 0.5]"
        | Augment.RandAugment(operations, magnitude) ->
            if operations < 0 then
                $"{augment}: the number of operations must be at least 0"

            if magnitude < 0 || magnitude > strongest then
                $"{augment}: magnitude {magnitude} is outside the allowed range [0, {strongest}]"
    ]

    /// What is wrong with the changes, which are made in order.
    let problems (augments: Augment list) = [
        for augment in augments do
            yield! problemsOf augment

        match augments |> List.filter isCrop with
        | first :: second :: _ -> $"augment: {first} and {second} are two crops; there can be one"
        | [ crop ] when not (isCrop augments.Head) ->
            $"augment: {crop} must come first, for it is cut out of the picture before anything is done to it"
        | _ -> ()
    ]

    /// The changes in words.
    let describe (augments: Augment list) =
        match augments with
        | [] -> "none"
        | augments -> augments |> List.map string |> String.concat ", then "

    /// The parts of the code that make the changes.
    let parts (augments: Augment list) =
        augments
        |> List.map (fun augment ->
            match augment with
            | Augment.Crop _ -> "augment.crop"
            | Augment.Flip _ -> "augment.flip"
            | Augment.ColourJitter _ -> "augment.colour_jitter"
            | Augment.RandAugment _ -> "augment.rand_augment"
            | Augment.Grey _ -> "augment.grey")
        |> List.distinct

    let private stage (augment: Augment) : ImageStage option =
        match augment with
        | Augment.Crop _ -> None
        | Augment.Flip probability -> Some(HorizontalFlip probability)
        | Augment.ColourJitter(brightness, contrast, saturation, hue) ->
            Some(ColourJitter(Brightness = brightness, Contrast = contrast, Saturation = saturation, Hue = hue))
        | Augment.RandAugment(operations, magnitude) -> Some(RandAugment(operations, magnitude, strongest + 1))
        | Augment.Grey probability -> Some(RandomGrey probability)

    /// The core's form for pictures of this size; null where nothing is changed.
    let toCore (pixels: int) (augments: Augment list) : Research.Training.Augmentation | null =
        if augments.IsEmpty then
            null
        else
            Research.Training.Augmentation(
                Crop =
                    (augments
                     |> List.tryPick (fun augment ->
                         match augment with
                         | Augment.Crop((least, most), (narrowest, widest)) ->
                             Some(RandomResizedCrop(pixels, least, most, narrowest, widest))
                         | _ -> None)
                     |> Option.toObj),
                Stages = (augments |> List.choose stage |> Array.ofList)
            )

    let encode (augment: Augment) =
        let kind name fields =
            Json.object (
                ("kind", Some(Json.text name))
                :: (fields |> List.map (fun (key, value) -> key, Some value))
            )

        match augment with
        | Augment.Crop((least, most), (narrowest, widest)) ->
            kind "crop" [
                "least_scale", Json.number least
                "most_scale", Json.number most
                "least_ratio", Json.number narrowest
                "most_ratio", Json.number widest
            ]
        | Augment.Flip probability -> kind "flip" [ "probability", Json.number probability ]
        | Augment.ColourJitter(brightness, contrast, saturation, hue) ->
            kind "colour_jitter" [
                "brightness", Json.number brightness
                "contrast", Json.number contrast
                "saturation", Json.number saturation
                "hue", Json.number hue
            ]
        | Augment.RandAugment(operations, magnitude) ->
            kind "rand_augment" [ "operations", Json.integer operations; "magnitude", Json.integer magnitude ]
        | Augment.Grey probability -> kind "grey" [ "probability", Json.number probability ]

    let private readers: (string * (JsonFields -> Augment)) list = [
        "crop",
        fun fields ->
            Augment.Crop(
                (fields.Number "least_scale", fields.Number "most_scale"),
                (fields.Number "least_ratio", fields.Number "most_ratio")
            )
        "flip", (fun fields -> Augment.Flip(fields.Number "probability"))
        "colour_jitter",
        fun fields ->
            Augment.ColourJitter(
                fields.Number "brightness",
                fields.Number "contrast",
                fields.Number "saturation",
                fields.Number "hue"
            )
        "rand_augment", (fun fields -> Augment.RandAugment(fields.Integer "operations", fields.Integer "magnitude"))
        "grey", (fun fields -> Augment.Grey(fields.Number "probability"))
    ]

    let decode (fields: JsonFields) =
        let augment = fields.Choice ("kind", readers) fields
        fields.Done()
        augment

/// Changes of training pictures: `emoji |> augment [ random_crop 0.5; flip 0.5; colour_jitter 0.4 0.4 0.4 0.1 ]`.
[<AutoOpen>]
module AugmentKeywords =
    let private valid augment =
        Augment.problemsOf augment |> Mistake.failAny
        augment

    /// A random rectangle of at least this part of the picture's area, made full size again; CLIP's models are usually trained with 0.9, classifiers
    /// with 0.08. Its width per height lies in torchvision's (3/4, 4/3).
    let random_crop (least_scale: float) =
        valid (Augment.Crop((least_scale, 1.0), (3.0 / 4.0, 4.0 / 3.0)))

    /// The same with torchvision's two ranges: least and largest part of the area, least and largest width per height.
    let random_resized_crop (scale: float * float) (ratio: float * float) = valid (Augment.Crop(scale, ratio))

    /// Mirror left and right with this probability. Where captions tell left from right, they are wrong then.
    let flip (probability: float) = valid (Augment.Flip probability)

    /// Change brightness, contrast and saturation by factors in [1 - x, 1 + x] and the hue by up to so many turns (at most 0.5), in random order.
    let colour_jitter (brightness: float) (contrast: float) (saturation: float) (hue: float) =
        valid (Augment.ColourJitter(brightness, contrast, saturation, hue))

    /// RandAugment: so many operations, drawn from fourteen, each at this magnitude of 0 to 30; torchvision's default is 2 at 9.
    let rand_augment (operations: int) (magnitude: int) =
        valid (Augment.RandAugment(operations, magnitude))

    /// Make pictures grey with this probability.
    let random_grey (probability: float) = valid (Augment.Grey probability)
