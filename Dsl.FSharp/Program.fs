module Research.Program

[<EntryPoint>]
let main _ = 0
