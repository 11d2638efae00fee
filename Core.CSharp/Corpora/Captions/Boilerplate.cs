using Research.Randomness;

namespace Research.Corpora;

/// <summary>Texts that harvested data have in place of captions and that say nothing about the picture. [O]</summary>
public static class Boilerplate
{
    const int Kinds = 8;

    /// <summary>
    /// Texts that together hold every word of the kinds and every digit: a vocabulary built from a corpus's captions needs them when
    /// some captions are boiler-plate.
    /// </summary>
    public static IReadOnlyList<string> Words { get; } =
    [.. Enumerable.Range(0, Kinds).Select(kind => Text(kind, _ => "0123456789"))];

    /// <summary>One random text.</summary>
    public static string Draw(SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Text(
            random.NextInt(Kinds),
            digits => random.NextInt((int)Math.Pow(10, digits)).ToString(new string('0', digits))
        );
    }

    // The argument is the number of digits.
    static string Text(int kind, Func<int, string> number) =>
        kind switch
        {
            0 => $"IMG_{number(4)}.JPG",
            1 => $"image {number(3)} of {number(4)}",
            2 => "click to enlarge",
            3 => "free download",
            4 => "untitled",
            5 => $"stock picture no. {number(6)}",
            6 => "thumbnail",
            _ => "all rights reserved",
        };
}
