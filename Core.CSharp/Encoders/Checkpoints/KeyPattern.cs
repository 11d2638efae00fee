using System.IO.Enumeration;

namespace Research.Encoders;

/// <summary>Names with "*" for any text.</summary>
static class KeyPattern
{
    /// <summary>Whether one of the patterns fits the name.</summary>
    public static bool Any(IReadOnlyList<string> patterns, string name)
    {
        foreach (var pattern in patterns)
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))
                return true;
        return false;
    }
}
