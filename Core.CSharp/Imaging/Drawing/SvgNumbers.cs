using System.Globalization;

namespace Research.Imaging.Drawing;

/// <summary>Bounds on numbers that make librsvg end the process or never return.</summary>
static class SvgNumbers
{
    /// <summary>The most numbers in a convolution's kernel. librsvg 2.54 reads 400 of them and ends the process when the order asks for more.</summary>
    public const int LargestKernel = 400;

    /// <summary>The largest size, in the drawing's own units. Pango's bound is 2 million; letters of that size take gigabytes.</summary>
    public const double LargestFont = 1_000_000;

    /// <summary>The most octaves of noise; each doubles the frequency, so nothing is visible beyond the tenth.</summary>
    public const double MostOctaves = 64;

    /// <summary>Whether an attribute's number is bounded.</summary>
    public static bool IsBounded(string element, string attribute) =>
        attribute switch
        {
            "font-size" or "style" => true,
            "order" => element == "feConvolveMatrix",
            "numOctaves" => element == "feTurbulence",
            _ => false,
        };

    /// <exception cref="InvalidDataException">The attribute's number is beyond its bound; the message names both.</exception>
    public static void Check(string attribute, string value)
    {
        switch (attribute)
        {
            case "order":
                CheckKernel(value);
                break;
            case "numOctaves":
                Bound(attribute, value, MostOctaves);
                break;
            case "font-size":
                Bound(attribute, value, LargestFont);
                break;
            default:
                CheckStyle(value);
                break;
        }
    }

    static void CheckKernel(string value)
    {
        var order = value.Split([' ', '\t', '\r', '\n', ','], StringSplitOptions.RemoveEmptyEntries);
        if (order.Length is 0 or > 2)
            return; // librsvg refuses it
        var (columns, rows) = (Number(order[0]), Number(order[^1]));
        if (!(columns * rows <= LargestKernel))
            throw SvgGuard.TooLarge(
                $"<feConvolveMatrix> of order '{SvgGuard.Shown(value)}' has more than {LargestKernel} numbers"
            );
    }

    /// <summary>Checks style declarations of an element or a sheet: "fill:red;font-size:1e9px".</summary>
    /// <exception cref="InvalidDataException">A size is beyond its bound.</exception>
    public static void CheckStyle(ReadOnlySpan<char> style)
    {
        for (int at; (at = style.IndexOf("font-size", StringComparison.OrdinalIgnoreCase)) >= 0; )
        {
            style = style[(at + "font-size".Length)..].TrimStart();
            if (style is not [':', .. var value])
                continue;
            var end = value.IndexOfAny(";}");
            Bound("font-size", end < 0 ? value : value[..end], LargestFont);
        }
    }

    static void Bound(string name, ReadOnlySpan<char> value, double largest)
    {
        if (Number(value) > largest)
            throw SvgGuard.TooLarge($"{name} '{SvgGuard.Shown(value.Trim().ToString())}' is more than {largest:0}");
    }

    // The number at the start of a value, without its unit; 0 if there is none.
    static double Number(ReadOnlySpan<char> value)
    {
        value = value.Trim();
        var end = value.IndexOfAnyExcept("+-.0123456789eE");
        var digits = end < 0 ? value : value[..end];
        if (digits.EndsWith("e", StringComparison.OrdinalIgnoreCase)) // from "1em"
            digits = digits[..^1];
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
