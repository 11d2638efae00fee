namespace Research.Runs

open Research.Language

open System
open Research.Encoders
open Research.Training

/// The frozen teacher of an experiment, if it has one.
type LoadedTeacher(model: DualEncoder | null) =
    member _.Model = model

    interface IDisposable with
        member _.Dispose() =
            match model with
            | null -> ()
            | model -> model.Dispose()

/// Loads frozen teachers.
[<RequireQualifiedAccess>]
module Teachers =
    /// A run's model configuration with the student's vocabulary, since both read the same tokens.
    let private configOf (place: string) (student: DualEncoderConfig) =
        let _, node = RunConfig.read place
        let trained = Experiment.decode (JsonFields(RunFolder.config place, node))

        Experiment.modelConfig trained student.Text.VocabularySize student.Text.EndOfText

    /// Loads the teacher's weights. Raises `FileNotFoundException` if there are none and `ArgumentException` if they do not fit, as
    /// with another vocabulary.
    let load (experiment: Experiment) (student: DualEncoderConfig) : LoadedTeacher =
        match Objective.frozenWeights experiment.Objective with
        | None -> new LoadedTeacher(null)
        | Some place ->
            let config =
                if WeightFiles.isRun place then
                    configOf place student
                else
                    student

            new LoadedTeacher(TeacherWeights.Load(config, WeightFiles.file place))
