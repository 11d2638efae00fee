namespace Research.Language

/// A word of scripts, as `./research words` lists it.
type Word = {
    Name: string
    /// What it is a word for, such as "objective", "metric" or "report".
    Kind: string
    /// One line.
    About: string
    /// A line of a script that uses it.
    Example: string
    /// "" where there is none.
    Default: string
    /// Whose choice the default is: [P] the paper's, [R] recalled and not read again, [O] ours; "" where there is none.
    Mark: string
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Word =
    /// A word without a default.
    let create (kind: string) (name: string) (about: string) (example: string) : Word = {
        Name = name
        Kind = kind
        About = about
        Example = example
        Default = ""
        Mark = ""
    }
