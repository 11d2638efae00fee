using System.Text.RegularExpressions;

namespace Research.Encoders.Layouts;

/// <summary>How a tensor of a layout becomes one of ours.</summary>
enum KeyForm
{
    /// <summary>As it is; a single value may be of shape [] or [1].</summary>
    Same,

    /// <summary>A matrix with its sides exchanged.</summary>
    Transposed,

    /// <summary>Several tensors, one below the other: query, key and value.</summary>
    Stacked,
}

/// <summary>
/// One line of a layout: our name of a weight and theirs, either way. "#" stands for a number, "*" at the end for any rest, and "{q,k,v}" for
/// the parts of a stacked one, in our order.
/// </summary>
/// <param name="Ours">Our name.</param>
/// <param name="Theirs">The layout's name.</param>
/// <param name="Form">How the tensor differs.</param>
sealed record KeyRule(string Ours, string Theirs, KeyForm Form = KeyForm.Same)
{
    readonly Regex ours = Pattern(Ours);
    readonly Regex theirs = Pattern(Theirs);
    readonly string[] parts = PartsOf(Theirs);

    /// <summary>Their names of our weight, one or, stacked, several; null where the line is not about it.</summary>
    public IReadOnlyList<string>? ToTheirs(string name)
    {
        var match = ours.Match(name);
        return match.Success ? [.. parts.Select(part => Filled(Theirs, match, part))] : null;
    }

    /// <summary>Our name of their weight and which part it is; null where the line is not about it.</summary>
    public (string Name, int Part)? ToOurs(string name)
    {
        var match = theirs.Match(name);
        if (!match.Success)
            return null;
        var part = match.Groups["part"];
        return (Filled(Ours, match, ""), part.Success ? Array.IndexOf(parts, part.Value) : 0);
    }

    static string[] PartsOf(string pattern)
    {
        var open = pattern.IndexOf('{');
        return open < 0 ? [""] : pattern[(open + 1)..pattern.IndexOf('}')].Split(',');
    }

    static string Filled(string pattern, Match match, string part)
    {
        var open = pattern.IndexOf('{');
        if (open >= 0)
            pattern = pattern[..open] + part + pattern[(pattern.IndexOf('}') + 1)..];
        return pattern.Replace("#", match.Groups["number"].Value).Replace("*", match.Groups["rest"].Value);
    }

    static Regex Pattern(string pattern)
    {
        var text = Regex.Escape(pattern).Replace(@"\#", "(?<number>0|[1-9][0-9]{0,5})").Replace(@"\*", "(?<rest>.+)");
        text = Regex.Replace(text, @"\\\{(.*?)}", m => $"(?<part>{m.Groups[1].Value.Replace(',', '|')})");
        return new Regex($@"\A{text}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }
}
