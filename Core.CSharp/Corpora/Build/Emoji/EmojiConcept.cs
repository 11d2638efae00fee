namespace Research.Corpora.Build.Emoji;

/// <summary>What an emoji shows, apart from its variants: the unit of the split, so that an emoji's variants share a side.</summary>
static class EmojiConcept
{
    const string Joiner = "200d",
        Person = "1f9d1",
        Child = "1f9d2",
        Family = "1f46a";

    // Woman and man signs, the arrow that turns a person to the right, variation selector, skin tones.
    static readonly HashSet<string> Ignored =
    [
        "2640",
        "2642",
        "27a1",
        "fe0f",
        "1f3fb",
        "1f3fc",
        "1f3fd",
        "1f3fe",
        "1f3ff",
    ];

    static readonly Dictionary<string, string> Neutral = new()
    {
        ["1f468"] = Person,
        ["1f469"] = Person,
        ["1f466"] = Child,
        ["1f467"] = Child,
        ["1f474"] = "1f9d3", // old man, old woman
        ["1f475"] = "1f9d3",
        ["1f934"] = "1fac5", // prince, princess, person with crown
        ["1f478"] = "1fac5",
        ["1f930"] = "1fac4", // pregnant
        ["1fac3"] = "1fac4",
        ["1f57a"] = "1f483", // dancing
    };

    static readonly Dictionary<string, string> Whole = new()
    {
        ["1f385"] = "1f9d1-200d-1f384", // Santa Claus, Mrs. Claus, Mx Claus
        ["1f936"] = "1f9d1-200d-1f384",
        ["1f46b"] = "1f9d1-200d-1f91d-200d-1f9d1", // holding hands
        ["1f46c"] = "1f9d1-200d-1f91d-200d-1f9d1",
        ["1f46d"] = "1f9d1-200d-1f91d-200d-1f9d1",
        ["1f9d1-200d-2764-200d-1f9d1"] = "1f491",
        ["1f9d1-200d-2764-200d-1f48b-200d-1f9d1"] = "1f48f",
    };

    /// <summary>The code without variation selectors, the name of an emoji here. Lower-case hexadecimal, '-' between code points.</summary>
    public static string Code(string hexcode) => string.Join('-', Points(hexcode).Where(point => point != "fe0f"));

    /// <summary>The concept of a code: without variation selector, skin tone, gender and direction.</summary>
    public static string Of(string hexcode)
    {
        var kept = Points(hexcode)
            .Where(point => !Ignored.Contains(point))
            .Select(point => Neutral.GetValueOrDefault(point, point))
            .ToList();
        for (var i = kept.Count - 1; i >= 0; i--) // joiners left without their parts
            if (kept[i] == Joiner && (i == kept.Count - 1 || i == 0 || kept[i - 1] == Joiner))
                kept.RemoveAt(i);
        if (kept.Count > 1 && kept.All(point => point is Joiner or Person or Child))
            return Family;
        var code = string.Join('-', kept);
        return Whole.GetValueOrDefault(code, code);
    }

    static string[] Points(string hexcode) => hexcode.ToLowerInvariant().Split('-');
}
