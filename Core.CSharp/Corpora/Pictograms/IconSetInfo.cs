using System.Text.Json;

namespace Research.Corpora.Pictograms;

/// <summary>What a collection's list says of an icon set.</summary>
/// <param name="Licence">An SPDX identifier; empty when none is stated.</param>
/// <param name="Category">What kind of set; empty when none is stated.</param>
/// <param name="Total">The number of its icons.</param>
sealed record IconSetInfo(string Licence, string Category, int Total)
{
    public static IconSetInfo Of(JsonElement set) =>
        new(
            set.TryGetProperty("license", out var licence) && licence.TryGetProperty("spdx", out var spdx)
                ? spdx.GetString() ?? ""
                : "",
            set.TryGetProperty("category", out var category) ? category.GetString() ?? "" : "",
            set.TryGetProperty("total", out var total) ? total.GetInt32() : 0
        );
}

/// <summary>Which licences a corpus may draw on.</summary>
static class IconLicence
{
    static readonly string[] Open = ["MIT", "Apache", "CC0", "CC-BY", "OFL", "ISC", "BSD", "Unlicense", "MPL"];

    /// <summary>Whether everybody may use and change the drawings for any purpose. What is not known to be open is not.</summary>
    public static bool IsOpen(string spdx) =>
        Open.Any(o => spdx == o || spdx.StartsWith(o + "-", StringComparison.Ordinal))
        && !spdx.Split('-').Any(part => part is "NC" or "ND");
}
