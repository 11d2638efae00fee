// Loaded by experiments/prelude.fsx while the toolkit is not built.
eprintfn
    "The toolkit is not built yet. Run: %s setup"
    (System.IO.Path.GetFullPath(System.IO.Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "research")))

exit 2
