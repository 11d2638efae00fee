using System.Text.RegularExpressions;

namespace Research.Corpora.Import;

/// <summary>
/// File names written as a pattern: brace ranges <c>{00000..00099}</c>, alternatives <c>{train,val}</c>, and the wildcards <c>*</c> and
/// <c>?</c>, which do not cross a '/'. Several patterns are joined by <c>::</c>.
/// </summary>
public static partial class ShardPattern
{
    const string Between = "::";
    const int MostNames = 1_000_000;

    /// <summary>Whether a text is a pattern rather than a name.</summary>
    public static bool Is(string text) =>
        text.AsSpan().IndexOfAny('*', '?') >= 0 || text.Contains(Between) || Braces().IsMatch(text);

    /// <summary>
    /// The full paths that a pattern names, sorted within each brace-expanded part. Names spelled out by braces are returned even if
    /// missing, since their absence is a fault to report; wildcards give existing files.
    /// </summary>
    /// <exception cref="ArgumentException">A range is invalid, or names more than a million files.</exception>
    /// <exception cref="FileNotFoundException">A wildcard matches nothing.</exception>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        var paths = new List<string>();
        foreach (var name in pattern.Split(Between).SelectMany(part => Spell(part, part)))
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException($"'{pattern}' has nothing beside '{Between}'.", nameof(pattern));
            else if (paths.Count >= MostNames)
                throw new ArgumentException($"'{pattern}' names more than {MostNames} files.", nameof(pattern));
            else if (name.AsSpan().IndexOfAny('*', '?') >= 0)
                paths.AddRange(Fitting(Path.GetFullPath(name)).Order(StringComparer.Ordinal));
            else
                paths.Add(Path.GetFullPath(name));
        return paths.Count > 0 ? paths : throw new FileNotFoundException($"No file matches '{pattern}'.", pattern);
    }

    static IEnumerable<string> Spell(string text, string whole)
    {
        var match = Braces().Match(text);
        if (!match.Success)
            return [text];
        var (before, after) = (text[..match.Index], text[(match.Index + match.Length)..]);
        return Choices(match, whole).SelectMany(choice => Spell(before + choice + after, whole));
    }

    static IEnumerable<string> Choices(Match match, string whole)
    {
        if (!match.Groups["first"].Success)
            return match.Value[1..^1].Split(',');
        var (first, last) = (match.Groups["first"].Value, match.Groups["last"].Value);
        if (
            !int.TryParse(first, out var from)
            || !int.TryParse(last, out var to)
            || to < from
            || to - from >= MostNames
        )
            throw new ArgumentException(
                $"The range {match.Value} in '{whole}' is not valid: it must rise, and give at most {MostNames} names.",
                nameof(whole)
            );
        // As in the shell: a leading zero at either end pads to the wider of them.
        var digits = IsPadded(first) || IsPadded(last) ? Math.Max(first.Length, last.Length) : 1;
        return Enumerable.Range(from, to - from + 1).Select(i => i.ToString().PadLeft(digits, '0'));
    }

    static bool IsPadded(string number) => number.Length > 1 && number[0] == '0';

    // Folder names may have wildcards too.
    static IEnumerable<string> Fitting(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var folders = folder.AsSpan().IndexOfAny('*', '?') >= 0 ? FittingFolders(folder) : [folder];
        var hidden = PathRule.IsHidden(path);
        return folders
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, Path.GetFileName(path)))
            .Where(f => hidden || !PathRule.IsHidden(f));
    }

    static IEnumerable<string> FittingFolders(string path)
    {
        if (path.AsSpan().IndexOfAny('*', '?') < 0)
            return [path];
        return FittingFolders(Path.GetDirectoryName(path)!)
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateDirectories(f, Path.GetFileName(path)));
    }

    [GeneratedRegex(@"\{(?:(?<first>\d+)\.\.(?<last>\d+)|[^{},]*(?:,[^{},]*)+)\}")]
    private static partial Regex Braces();
}
