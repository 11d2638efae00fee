using Research.Corpora;
using Research.Corpora.Build;
using Research.Corpora.Build.Emoji;

namespace Research.Bench;

/// <summary>The drawings of which the emoji corpus is made.</summary>
static class EmojiDrawings
{
    /// <summary>Every n-th drawing of each renderer.</summary>
    /// <exception cref="BenchException">The packages are not installed.</exception>
    public static byte[][] Every(int n)
    {
        var drawings = new List<byte[]>();
        try
        {
            foreach (var renderer in EmojiCorpus.Renderers)
            {
                using var set = IconSet.Load(renderer);
                drawings.AddRange(set.Names.Where((_, i) => i % n == 0).Select(set.Svg));
            }
        }
        catch (FileNotFoundException error)
        {
            throw new BenchException(error.Message);
        }
        return [.. drawings];
    }
}
