namespace Research.Language

open Research.Imaging

/// A random change of training pictures, drawn anew for every picture in every epoch. Names and ranges are torchvision's.
[<RequireQualifiedAccess>]
type Augment =
    /// A rectangle whose share of the picture's area and whose aspect ratio lie in these ranges, resized to full size.
    | Crop of scale: (float * float) * ratio: (float * float)
    /// Mirrors left and right with this probability.
    | Flip of probability: float
    /// Brightness, contrast and saturation change by factors in [1 - x, 1 + x], the hue by at most this many turns.
    | ColourJitter of brightness: float * contrast: float * saturation: float * hue: float
    /// This many operations, drawn from fourteen, each at this magnitude from 0 to 30.
    | RandAugment of operations: int * magnitude: int
    /// Makes pictures grey with this probability.
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

    /// What is wrong with a single change.
    let problemsOf (augment: Augment) = [
        match augment with
        | Augment.Crop((least, most), (narrowest, widest)) ->
            if not (least > 0.0 && least <= most && most <= 1.0) then
                $"{augment}: the share of the area must satisfy 0 < least <= most <= 1"

            if not (narrowest > 0.0 && narrowest <= widest && System.Double.IsFinite widest) then
                $"{augment}: the aspect ratio (width over height) must satisfy 0 < least <= most"
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
        | first :: second :: _ -> $"augment: {first} and {second} are two crops, but only one is allowed"
        | [ crop ] when not (isCrop augments.Head) ->
            $"augment: {crop} must come first: the crop is cut out of the picture before anything else is done to it"
        | _ -> ()
    ]

    /// The changes in words.
    let describe (augments: Augment list) =
        match augments with
        | [] -> "none"
        | augments -> augments |> List.map string |> String.concat ", then "

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

    // Each kind of change: its JSON word, the names of its numbers in order, and the change made from them.
    let private forms: (string * string list * (float list -> Augment)) list =
        let bad () =
            invalidOp "a form has as many numbers as names"

        [
            "crop",
            [ "least_scale"; "most_scale"; "least_ratio"; "most_ratio" ],
            (function
            | [ least; most; narrowest; widest ] -> Augment.Crop((least, most), (narrowest, widest))
            | _ -> bad ())
            "flip",
            [ "probability" ],
            (function
            | [ probability ] -> Augment.Flip probability
            | _ -> bad ())
            "colour_jitter",
            [ "brightness"; "contrast"; "saturation"; "hue" ],
            (function
            | [ brightness; contrast; saturation; hue ] -> Augment.ColourJitter(brightness, contrast, saturation, hue)
            | _ -> bad ())
            "rand_augment",
            [ "operations"; "magnitude" ],
            (function
            | [ operations; magnitude ] -> Augment.RandAugment(int operations, int magnitude)
            | _ -> bad ())
            "grey",
            [ "probability" ],
            (function
            | [ probability ] -> Augment.Grey probability
            | _ -> bad ())
        ]

    let private numbers (augment: Augment) : string * float list =
        match augment with
        | Augment.Crop((least, most), (narrowest, widest)) -> "crop", [ least; most; narrowest; widest ]
        | Augment.Flip probability -> "flip", [ probability ]
        | Augment.ColourJitter(brightness, contrast, saturation, hue) ->
            "colour_jitter", [ brightness; contrast; saturation; hue ]
        | Augment.RandAugment(operations, magnitude) -> "rand_augment", [ float operations; float magnitude ]
        | Augment.Grey probability -> "grey", [ probability ]

    /// The word of a kind of change, in JSON.
    let kind (augment: Augment) = fst (numbers augment)

    let private encode (augment: Augment) =
        let kind, numbers = numbers augment
        let _, names, _ = forms |> List.find (fun (name, _, _) -> name = kind)

        Json.object (
            ("kind", Some(Json.text kind))
            :: List.map2 (fun name number -> name, Some(Json.number number)) names numbers
        )

    let private decode (at: JsonAt) =
        let fields = JsonFields(at.Place, at.Node)

        let names, make =
            fields.Choice("kind", forms |> List.map (fun (kind, names, make) -> kind, (names, make)))

        let augment = make (names |> List.map fields.Number)
        fields.Done()
        augment

    /// Changes, made in order.
    let value: Value<Augment list> = {
        Allowed = "random_crop, random_resized_crop, flip, colour_jitter, rand_augment, random_grey"
        Encode = List.map encode >> Json.array
        Decode = fun at -> at.Items |> List.map decode
        Text = describe
        Problems = fun _ augments -> problems augments
    }

namespace Research

open Research.Language

/// Changes of training pictures: `emoji |> augment [ random_crop 0.5; flip 0.5; colour_jitter 0.4 0.4 0.4 0.1 ]`.
[<AutoOpen>]
module AugmentKeywords =
    let private valid augment =
        Augment.problemsOf augment |> UserError.failAny
        augment

    /// A random rectangle of at least this share of the picture's area, resized to full size; CLIP's models are usually trained with 0.9, classifiers
    /// with 0.08. Its aspect ratio lies in torchvision's range, (3/4, 4/3).
    let random_crop (least_scale: float) =
        valid (Augment.Crop((least_scale, 1.0), (3.0 / 4.0, 4.0 / 3.0)))

    /// The same with torchvision's two ranges: the smallest and largest share of the area, the smallest and largest aspect ratio.
    let random_resized_crop (scale: float * float) (ratio: float * float) = valid (Augment.Crop(scale, ratio))

    /// Mirror left and right with this probability. Captions that tell left from right become wrong.
    let flip (probability: float) = valid (Augment.Flip probability)

    /// Change brightness, contrast and saturation by factors in [1 - x, 1 + x] and the hue by up to this many turns (at most 0.5), in random order.
    let colour_jitter (brightness: float) (contrast: float) (saturation: float) (hue: float) =
        valid (Augment.ColourJitter(brightness, contrast, saturation, hue))

    /// RandAugment: this many operations, drawn from fourteen, each at this magnitude from 0 to 30; torchvision's default is 2 at 9.
    let rand_augment (operations: int) (magnitude: int) =
        valid (Augment.RandAugment(operations, magnitude))

    /// Make pictures grey with this probability.
    let random_grey (probability: float) = valid (Augment.Grey probability)
