namespace Research.Language

/// How one of the two encoders is trained, where it differs from the other or within itself.
type Tower = {
    /// Whether its weights stay as they are.
    Locked: bool
    /// Groups of layers, counted from the output, that are trained in spite of the lock.
    UnlockedGroups: int
    /// Whether the lock holds norm layers' weights too.
    LockNorms: bool
    /// Whether batch norms under the lock keep their running statistics.
    LockStatistics: bool
    /// The part of training after which the lock ends, in (0, 1); None keeps it.
    UnlockAt: float option
    /// The factor on the learning rate.
    Rate: float
    /// The factor by which the learning rate falls from each group of layers to the one below it.
    LayerDecay: float
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Tower =
    let trained = {
        Locked = false
        UnlockedGroups = 0
        LockNorms = true
        LockStatistics = true
        UnlockAt = None
        Rate = 1.0
        LayerDecay = 1.0
    }

    let private together (tower: Tower) = [
        if not tower.Locked then
            for word, isSet in
                [
                    "unlocked_groups", tower.UnlockedGroups > 0
                    "free_norms", not tower.LockNorms
                    "free_statistics", not tower.LockStatistics
                    "unlock_at", tower.UnlockAt.IsSome
                ] do
                if isSet then
                    $"{word} needs a lock: write locked |> {word} ..."
    ]

    let private setting key = Setting.make trained key

    let settings: Settings<Tower> = {
        Defaults = trained
        Together = together
        Items = [
            setting "locked" Value.flag _.Locked (fun v t -> { t with Locked = v })
            setting "unlocked_groups" (Value.whole 0 1000) _.UnlockedGroups (fun v t -> { t with UnlockedGroups = v })
            |> Setting.because "open_clip's: the whole encoder"
            setting "lock_norms" Value.flag _.LockNorms (fun v t -> { t with LockNorms = v })
            |> Setting.word "free_norms"
            |> Setting.because "[O]; open_clip locks them on request"
            setting "lock_statistics" Value.flag _.LockStatistics (fun v t -> { t with LockStatistics = v })
            |> Setting.word "free_statistics"
            |> Setting.because "[O]; open_clip locks them on request"
            setting "unlock_at" (Value.optional "never" (Value.number "(0, 1)")) _.UnlockAt (fun v t -> {
                t with
                    UnlockAt = v
            })
            setting "rate" (Value.number "(0, inf)") _.Rate (fun v t -> { t with Rate = v })
            |> Setting.word "tower_rate"
            setting "layer_decay" (Value.number "(0, 1]") _.LayerDecay (fun v t -> { t with LayerDecay = v })
            |> Setting.because "open_clip's: one rate for all layers"
        ]
    }

    /// The core's form, for a training of this many steps.
    let toCore (steps: int) (tower: Tower) : Research.Training.TowerTraining =
        let lock =
            Research.Training.TowerLock(
                UnlockedGroups = tower.UnlockedGroups,
                FreezeNorms = tower.LockNorms,
                FreezeStatistics = tower.LockStatistics,
                Until =
                    (tower.UnlockAt
                     |> Option.map (fun part -> max 1L (int64 (round (part * float steps))))
                     |> Option.toNullable)
            )

        Research.Training.TowerTraining(
            Lock = (if tower.Locked then lock else null),
            LearningRateFactor = tower.Rate,
            LayerDecay = tower.LayerDecay
        )

namespace Research

open Research.Language

/// How an encoder is trained: `train (steps 500 |> image_tower locked)` is LiT.
[<AutoOpen>]
module TowerWords =
    let private set key (value: 'v) (tower: Tower) =
        Settings.set Tower.settings key value tower

    /// An encoder that is trained as the other is: `image_tower (trained |> tower_rate 0.1)`.
    let trained = Tower.trained

    /// An encoder whose weights stay as they are, so that its gradients are neither computed nor stored: `image_tower locked`.
    let locked = { Tower.trained with Locked = true }

    /// Train this many groups of layers, counted from the output, in spite of the lock; the first is the projection, the second the last block:
    /// `image_tower (locked |> unlocked_groups 2)`.
    let unlocked_groups (count: int) tower = set "unlocked_groups" count tower

    /// Train norm layers in spite of the lock: `text_tower (locked |> free_norms)`.
    let free_norms tower = set "lock_norms" false tower

    /// Let batch norms follow the batches in spite of the lock: `image_tower (locked |> free_statistics)`.
    let free_statistics tower = set "lock_statistics" false tower

    /// End the lock after this part of training, in (0, 1): `image_tower (locked |> unlock_at 0.5)`.
    let unlock_at (part: float) tower = set "unlock_at" (Some part) tower

    /// A factor on the learning rate of an encoder: `image_tower (trained |> tower_rate 0.1)`.
    let tower_rate (factor: float) tower = set "rate" factor tower

    /// The factor by which the learning rate falls from each group of layers to the one below it: `image_tower (trained |> layer_decay 0.75)`.
    let layer_decay (factor: float) tower = set "layer_decay" factor tower
