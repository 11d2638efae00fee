// Loaded first by every script: stops with one line while the toolkit is not built yet.
let private library =
    System.IO.Path.Combine(__SOURCE_DIRECTORY__, "..", ".build", "bin", "Research.Dsl", "release", "Research.Dsl.dll")

if not (System.IO.File.Exists library) then
    let launcher =
        System.IO.Path.GetFullPath(System.IO.Path.Combine(__SOURCE_DIRECTORY__, "..", "research"))

    eprintfn "The toolkit is not built yet. Run: %s setup" launcher
    exit 2
