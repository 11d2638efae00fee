namespace Research

open System
open System.IO
open Research.Training.Processes

/// A further process of a run that trains on several: `worker --member FOLDER`, started by the run's worker. The contract is `Member`'s.
[<RequireQualifiedAccess>]
module MemberWorker =
    let private join stop =
        match ProcessGroupOptions.FromEnvironment(Nullable Crews.patience) with
        | null ->
            raise (
                ArgumentException
                    "worker --member: RANK and WORLD_SIZE are not set: a run's worker starts its further processes itself."
            )
        | options -> ProcessGroup.Join(options, stop)

    /// Trains along with the run's worker and returns the exit code: 0 done, 1 failed, 2 bad configuration, 75 stopped.
    let run (folder: string) : int =
        try
            let folder = Path.GetFullPath folder
            let _, experiment = Worker.readConfig folder
            let stop, signals = StopSignals.workerToken ()
            use _ = signals

            try
                use group = join stop // first of all, so that rank 0 does not wait for the corpus
                use corpus = Execute.openCorpus experiment.Data

                if Execute.assist experiment corpus (RunFolder.checkpoint folder) group stop then
                    0
                else
                    ParentWatch.stoppedExitCode
            with :? OperationCanceledException when stop.IsCancellationRequested ->
                ParentWatch.stoppedExitCode
        with error ->
            Worker.fail (Worker.codeOf error) error
