namespace Research.Encoders.Layouts;

/// <summary>
/// How a project names the weights of a CLIP model: a list of lines, each our name and theirs. A file a layout; the list of all is
/// <see cref="All"/>.
/// </summary>
/// <param name="Id">Which it is.</param>
/// <param name="Title">What it is called in messages and on the command line.</param>
/// <param name="About">Whose it is, in a line.</param>
/// <param name="Rules">The lines; the first that is about a name counts.</param>
/// <param name="Ignored">Names of theirs that hold no weights, "*" standing for any text.</param>
/// <param name="Trained">The activation of all weights of this layout, where it is known.</param>
sealed record Layout(
    CheckpointLayout Id,
    string Title,
    string About,
    IReadOnlyList<KeyRule> Rules,
    IReadOnlyList<string> Ignored,
    Activation? Trained = null
)
{
    /// <summary>Every layout.</summary>
    public static IReadOnlyList<Layout> All { get; } =
    [
        OwnLayout.Layout,
        OpenClipLayout.Layout,
        OpenClipCustomTextLayout.Layout,
        OpenAiLayout.Layout,
        HuggingFaceLayout.Layout,
        DihtLayout.Layout,
    ];

    /// <summary>A layout by what it is.</summary>
    public static Layout Of(CheckpointLayout id) => All.Single(l => l.Id == id);

    /// <summary>Their names of our weight, and how it differs; null where the layout has no place for it.</summary>
    public (IReadOnlyList<string> Names, KeyForm Form)? ToTheirs(string ours)
    {
        foreach (var rule in Rules)
            if (rule.ToTheirs(ours) is { } names)
                return (names, rule.Form);
        return null;
    }

    /// <summary>Our name of their weight, how it differs and which part it is; null where the layout has no such name.</summary>
    public (string Name, KeyForm Form, int Part)? ToOurs(string theirs)
    {
        foreach (var rule in Rules)
            if (rule.ToOurs(theirs) is var (name, part))
                return (name, rule.Form, part);
        return null;
    }
}
