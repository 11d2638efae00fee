using Research.Text;
using Xunit;

namespace Research.Tests.Text;

public class TextRepairTests
{
    [Theory]
    [InlineData("a plain caption, 42 % off!", "a plain caption, 42 % off!")]
    [InlineData("caf\u00C3\u00A9", "caf\u00E9")]
    [InlineData("\u00C3\u0192\u00C2\u00A9t\u00C3\u0192\u00C2\u00A9", "\u00E9t\u00E9")]
    [InlineData("\u00E2\u0153\u201D No problems", "\u2714 No problems")]
    [InlineData("It\u00E2\u20AC\u2122s", "It's")]
    [InlineData("na\u00EFve fa\u00E7ade", "na\u00EFve fa\u00E7ade")]
    [InlineData("\u00C4rger \u6F22\u5B57 \uD83D\uDE00", "\u00C4rger \u6F22\u5B57 \uD83D\uDE00")]
    [InlineData("\uFB02u\uFB03est \u0132s \u0149", "fluffiest IJs 'n")]
    [InlineData("\uFF2C\uFF2F\uFF35\uFF24\u3000\uFF76\uFF9E", "LOUD \u30AB\u3099")]
    [InlineData("\u201Cquoted\u201D \u2018so\u2019 \u201Elow\u201F", "\"quoted\" 'so' \"low\"")]
    [InlineData("\u0091C1\u0092 \u0080 5\u0085", "'C1' \u20AC 5\u2026")]
    [InlineData("\u001B[36;44mblue\u001B[0m \u001Bx", "blue x")]
    [InlineData("a\0b\u000Bc\u007Fd\uFEFFe\uFFFCf\tg", "abcdef\tg")]
    public void Each_repair_is_made(string text, string repaired) => Assert.Equal(repaired, TextRepair.Repair(text));

    [Fact]
    public void Half_a_repair_is_none()
    {
        // One true accent: the text was not read wrongly as a whole.
        const string mixed = "caf\u00C3\u00A9 \u00E0 la carte";
        Assert.Equal(mixed, TextRepair.Repair(mixed));
    }

    [Fact]
    public void A_tokenizer_repairs_when_it_is_asked_to()
    {
        var repairing = ClipTokenizer.Load(repair: true);
        var plain = ClipTokenizer.Load();
        const string harvested = "the man\u00E2\u20AC\u2122s \u201Ccaf\u00C3\u00A9\u201D";
        Assert.Equal(plain.Encode("the man's shoe"), repairing.Encode("the man\u2019s shoe"));
        Assert.NotEqual(plain.Encode("the man's shoe"), plain.Encode("the man\u2019s shoe"));
        Assert.NotEqual(plain.Encode(harvested), repairing.Encode(harvested));
        foreach (var text in CaptionCorpusTests.Captions().Where((_, i) => i % 97 == 0))
            Assert.Equal(plain.Encode(TextRepair.Repair(text)), repairing.Encode(text));
    }
}
