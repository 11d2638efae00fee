using System.Security.Cryptography;
using System.Text;

namespace Research.Corpora;

/// <summary>The side of a pair. Sides share no concept.</summary>
public enum Split
{
    /// <summary>Pairs to train on.</summary>
    Train,

    /// <summary>Pairs to choose settings by.</summary>
    Validation,

    /// <summary>Pairs to report on; no choice depends on them.</summary>
    Test,
}

/// <summary>The words that data sets use for the three sides.</summary>
static class SplitNames
{
    /// <summary>The side; null for another word.</summary>
    public static Split? Of(string name) =>
        name.Trim().ToLowerInvariant() switch
        {
            "train" or "training" or "restval" => Split.Train,
            "val" or "valid" or "validation" or "dev" => Split.Validation,
            "test" or "testing" => Split.Test,
            _ => null,
        };
}

/// <summary>
/// Assigns concepts to sides by hash alone, never by the order or number of pairs, so that a growing corpus keeps every
/// concept where it was.
/// </summary>
/// <param name="Salt">Separates the splits of different corpora.</param>
/// <param name="TestShare">The share of concepts in the test.</param>
/// <param name="ValidationShare">The share of concepts in the validation.</param>
public sealed record SplitRule(string Salt, double TestShare, double ValidationShare)
{
    /// <summary>The side of a concept.</summary>
    public Split Of(string concept)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(Salt + "\0" + concept), hash);
        var place = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash) / 18446744073709551616.0;
        if (place < TestShare)
            return Split.Test;
        return place < TestShare + ValidationShare ? Split.Validation : Split.Train;
    }
}
