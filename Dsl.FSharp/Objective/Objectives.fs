namespace Research.Language

/// The kinds of objective: to add one, write its file and add its line here.
[<RequireQualifiedAccess>]
module Objectives =
    let private entry (kind: ObjectiveKind<'s>) =
        Objective.ofKind kind,
        (kind.Kind, (fun fields -> Objective.make kind (Settings.decodeFields kind.Settings fields)))

    let private entries: (Objective * (string * (JsonFields -> Objective))) list = [
        entry InfoNce.kind
        entry Psd.kind
        entry HnNce.kind
        entry Dcl.kind
        entry Debiased.kind
        entry SigLip.kind
        entry CyClip.kind
        entry MomentumDistillation.kind
        entry FrozenDistillation.kind
        entry Custom.kind
    ]

    /// Every kind with its defaults.
    let defaults = entries |> List.map fst

    let private readers = entries |> List.map snd

    /// The words of all kinds in config.json.
    let kinds = readers |> List.map fst

    let rec private decode (at: JsonAt) : Objective =
        let fields = JsonFields(at.Place, at.Node)
        (fields.Choice("kind", ("sum", decodeSum) :: readers)) fields

    and private decodeSum (fields: JsonFields) =
        let parts =
            (fields.At "parts").Items
            |> List.map (fun at ->
                let part = JsonFields(at.Place, at.Node)
                let weight = part.Number "weight"
                let objective = decode (part.At "objective")
                part.Done()
                weight, objective)

        fields.Done()
        Sum parts

    /// An objective as a setting of the experiment.
    let setting (whole: 'W) (get: 'W -> Objective) (set: Objective -> 'W -> 'W) : Setting<'W> =
        let value: Value<Objective> = {
            Allowed = Words.list kinds
            Encode = Objective.encode
            Decode = decode
            Text = _.Label
            Problems = fun _ objective -> Objective.problems objective
        }

        {
            Setting.make whole "objective" value get set with
                Hash = get >> Objective.hash >> Some
                Lines = fun path -> get >> Objective.lines path
        }
