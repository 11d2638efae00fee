using Research.Imaging;
using Xunit;

namespace Research.Tests.Imaging;

/// <summary>`./research bench fuzz --count N` does more of the same, in processes of its own.</summary>
public class ImageFuzzTests
{
    const int Count = 20_000;

    [Fact]
    public void Twenty_thousand_damaged_files_are_decoded_or_refused_with_a_fault()
    {
        var mutations = new ImageMutations(Path.Combine(AppContext.BaseDirectory, "golden"), 1);
        Assert.Equal(["Jpeg", "WebP", "Png", "Svg"], mutations.Formats);
        var outcomes = new Dictionary<(string, string), int>();
        for (var n = 0; n < Count; n++)
        {
            var (format, file) = mutations.Create(n);
            try
            {
                var outcome = ImageMutations.Outcome(file);
                outcomes[(format, outcome)] = outcomes.GetValueOrDefault((format, outcome)) + 1;
            }
            catch (Exception error)
            {
                Assert.Fail($"file {n} ({format}): {error}");
            }
        }
        // The files are damaged enough to be refused, and whole enough to be decoded, in every format.
        foreach (var format in mutations.Formats)
        {
            foreach (var outcome in new[] { "decoded", nameof(ImageFault.Corrupt) })
                Assert.True(
                    outcomes.GetValueOrDefault((format, outcome)) > 100,
                    $"{format}, {outcome}: {string.Join(", ", outcomes)}"
                );
        }
    }
}
