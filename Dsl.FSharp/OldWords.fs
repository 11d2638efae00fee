namespace Research

// Words of earlier versions. A script that still says one gets the new word as its error; none shows up in completion.

/// Words of earlier versions, each an error that names the new one.
[<AutoOpen>]
module OldWords =
    [<CompilerMessage("infoNCE is now written: infonce", 10011, IsError = true, IsHidden = true)>]
    let infoNCE = ()

    [<CompilerMessage("hnNCE is now written: hn_nce |> alpha 1 |> beta 0.25", 10011, IsError = true, IsHidden = true)>]
    let hnNCE = ()

    [<CompilerMessage("sigLIP is now written: siglip", 10011, IsError = true, IsHidden = true)>]
    let sigLIP = ()

    [<CompilerMessage("cyCLIP is now written: cyclip |> in_modal 0.25", 10011, IsError = true, IsHidden = true)>]
    let cyCLIP = ()

    [<CompilerMessage("weighted is now written: infonce |> plus 0.5 cyclip", 10011, IsError = true, IsHidden = true)>]
    let weighted = ()

    [<CompilerMessage("adamW is now written: adamw", 10011, IsError = true, IsHidden = true)>]
    let adamW = ()

    [<CompilerMessage("for_steps is now written: steps", 10011, IsError = true, IsHidden = true)>]
    let for_steps = ()

    [<CompilerMessage("learning_rate is now written: adamw", 10011, IsError = true, IsHidden = true)>]
    let learning_rate = ()

    [<CompilerMessage("adjust_corpus is gone: the setting itself, such as shuffled_captions 0.5, is a patch",
                      10011,
                      IsError = true,
                      IsHidden = true)>]
    let adjust_corpus = ()

    [<CompilerMessage("adjust_train is gone: the setting itself, such as batch 512, is a patch",
                      10011,
                      IsError = true,
                      IsHidden = true)>]
    let adjust_train = ()

    [<CompilerMessage("adjust_psd is gone: the setting itself, such as sampling separate, is a patch",
                      10011,
                      IsError = true,
                      IsHidden = true)>]
    let adjust_psd = ()

    [<CompilerMessage("data_fraction is now written: fraction", 10011, IsError = true, IsHidden = true)>]
    let data_fraction = ()

    [<CompilerMessage("caption_noise is now written: shuffled_captions", 10011, IsError = true, IsHidden = true)>]
    let caption_noise = ()

    [<CompilerMessage("augmentation is now written: augment", 10011, IsError = true, IsHidden = true)>]
    let augmentation = ()

    [<CompilerMessage("no_augmentation is now written: augment []", 10011, IsError = true, IsHidden = true)>]
    let no_augmentation = ()

    [<CompilerMessage("Label is now written: label", 10011, IsError = true, IsHidden = true)>]
    let Label = ()

    [<CompilerMessage("AllTags is now written: all_tags", 10011, IsError = true, IsHidden = true)>]
    let AllTags = ()

    [<CompilerMessage("AnyCaption is now written: any_caption", 10011, IsError = true, IsHidden = true)>]
    let AnyCaption = ()

    [<CompilerMessage("EveryCaption is now written: every_caption", 10011, IsError = true, IsHidden = true)>]
    let EveryCaption = ()

    [<CompilerMessage("RandomTags is now written: random_tags", 10011, IsError = true, IsHidden = true)>]
    let RandomTags = ()

    [<CompilerMessage("Compact is now written: compact", 10011, IsError = true, IsHidden = true)>]
    let Compact = ()

    [<CompilerMessage("Full is now written: full", 10011, IsError = true, IsHidden = true)>]
    let Full = ()

    [<CompilerMessage("Shared is now written: shared", 10011, IsError = true, IsHidden = true)>]
    let Shared = ()

    [<CompilerMessage("Ema is now written: ema", 10011, IsError = true, IsHidden = true)>]
    let Ema = ()

    [<CompilerMessage("Frozen is now written: frozen", 10011, IsError = true, IsHidden = true)>]
    let Frozen = ()

    [<CompilerMessage("Swapped is now written: swapped", 10011, IsError = true, IsHidden = true)>]
    let Swapped = ()

    [<CompilerMessage("Plain is now written: plain", 10011, IsError = true, IsHidden = true)>]
    let Plain = ()

    [<CompilerMessage("IntraModal is now written: intra_modal", 10011, IsError = true, IsHidden = true)>]
    let IntraModal = ()

    [<CompilerMessage("Joint is now written: joint", 10011, IsError = true, IsHidden = true)>]
    let Joint = ()

    [<CompilerMessage("Separate is now written: separate", 10011, IsError = true, IsHidden = true)>]
    let Separate = ()

    [<CompilerMessage("WholeBatch is now written: whole_batch", 10011, IsError = true, IsHidden = true)>]
    let WholeBatch = ()

    [<CompilerMessage("OwnSubset is now written: own_subset", 10011, IsError = true, IsHidden = true)>]
    let OwnSubset = ()

    [<CompilerMessage("CrossEntropy is now written: cross_entropy", 10011, IsError = true, IsHidden = true)>]
    let CrossEntropy = ()

    [<CompilerMessage("KullbackLeibler is now written: kullback_leibler", 10011, IsError = true, IsHidden = true)>]
    let KullbackLeibler = ()

    [<CompilerMessage("Fp32 is now written: fp32", 10011, IsError = true, IsHidden = true)>]
    let Fp32 = ()

    [<CompilerMessage("Bf16 is now written: bf16", 10011, IsError = true, IsHidden = true)>]
    let Bf16 = ()

    [<CompilerMessage("Subgroups is now written: subgroups", 10011, IsError = true, IsHidden = true)>]
    let Subgroups = ()

    [<CompilerMessage("Groups is now written: groups", 10011, IsError = true, IsHidden = true)>]
    let Groups = ()

    [<CompilerMessage("Validation is now written: validation", 10011, IsError = true, IsHidden = true)>]
    let Validation = ()

    [<CompilerMessage("Test is now written: test", 10011, IsError = true, IsHidden = true)>]
    let Test = ()

    [<CompilerMessage("nest is now written: nested", 10011, IsError = true, IsHidden = true)>]
    let nest = ()

    [<CompilerMessage("patched is now written: change", 10011, IsError = true, IsHidden = true)>]
    let patched = ()

    [<CompilerMessage("when_ is now written: given", 10011, IsError = true, IsHidden = true)>]
    let when_ = ()

    [<CompilerMessage("zip_ is now written: zip", 10011, IsError = true, IsHidden = true)>]
    let zip_ = ()

    [<CompilerMessage("concat_ is now written: concat", 10011, IsError = true, IsHidden = true)>]
    let concat_ = ()

    [<CompilerMessage("base_ is now written: sweep NAME BASE { ... }", 10011, IsError = true, IsHidden = true)>]
    let base_ = ()
