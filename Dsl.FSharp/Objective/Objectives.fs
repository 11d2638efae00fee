namespace Research.Language

/// The kinds of objective: to add one, write its file and add its line here.
[<RequireQualifiedAccess>]
module Objectives =
    let private reader (kind: ObjectiveKind<'s>) =
        kind.Kind, (fun fields -> Objective.make kind (Settings.decodeFields kind.Settings fields))

    let private readers: (string * (JsonFields -> Objective)) list = [
        reader InfoNce.kind
        reader Psd.kind
        reader HnNce.kind
        reader Dcl.kind
        reader Debiased.kind
        reader SigLip.kind
        reader CyClip.kind
        reader MomentumDistillation.kind
        reader FrozenDistillation.kind
        reader Custom.kind
    ]

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
