using System.Text.Json;
using Research.Printing;
using Xunit;

namespace Core.Tests.Printing;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("\u001b[31mred\u0007", @"\u001b[31mred\u0007")]
    [InlineData("a\rb\nc\td", @"a\u000db\u000ac\u0009d")]
    [InlineData("\u007f\u009b2J", @"\u007f\u009b2J")]
    [InlineData("gnp.\u202Eexe", @"gnp.\u202eexe")]
    [InlineData("\u2066x\u2069\u200e\u061c", @"\u2066x\u2069\u200e\u061c")]
    [InlineData("a\u2028b\ufeffc\u00add\u200be", @"a\u2028b\ufeffc\u00add\u200be")]
    [InlineData("\U000e0001", @"\udb40\udc01")]
    public void What_a_terminal_obeys_becomes_visible(string text, string shown)
    {
        Assert.Equal(shown, PrintableText.Of(text));
        Assert.False(PrintableText.IsPrintable(text));
        Assert.Equal(shown, PrintableText.Of(shown));
    }

    [Theory]
    [InlineData("")]
    [InlineData("α, \"q\" \\ <i>ß</i> 漢字 שלום مرحبا ½ −±×")]
    [InlineData("👩‍👩‍👧‍👦 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️ می‌خواهم")]
    public void What_is_written_stays(string text)
    {
        Assert.Same(text, PrintableText.Of(text));
        Assert.True(PrintableText.IsPrintable(text));
    }

    [Fact]
    public void Halves_of_a_pair_are_shown() =>
        Assert.Equal(@"\ud83d alone \udc00", PrintableText.Of("\ud83d alone \udc00"));

    [Fact]
    public void Lines_and_tabs_stay_where_they_may()
    {
        Assert.Equal("a\n\tb\nc" + @"\u000dd", PrintableText.Of("a\n\tb\r\nc\rd", lines: true));
        Assert.False(PrintableText.IsPrintable("a\n"));
        Assert.True(PrintableText.IsPrintable("a\n", lines: true));
    }

    [Fact]
    public void Every_control_and_format_character_is_shown_or_part_of_writing()
    {
        for (var value = 0; value < 0xa0; value++)
            Assert.Equal(value is >= 0x20 and < 0x7f, PrintableText.IsPrintable(((char)value).ToString()));
        for (var value = 0x202a; value <= 0x202e; value++)
            Assert.False(PrintableText.IsPrintable(((char)value).ToString()));
    }

    [Fact]
    public void In_JSON_the_escapes_mean_what_they_replace()
    {
        const string text = "a\u202eb\U000e0001c\ufeff";
        Assert.Equal(text, JsonSerializer.Deserialize<string>(PrintableText.Of($"\"{text}\"")));
    }

    [Fact]
    public void A_writer_passes_everything_through_it_however_it_is_cut()
    {
        const string text = "a\u001b[2J\r\nb😀\tc\rd\u202e\ud83d!";
        const string shown = "a\\u001b[2J\nb😀\tc\\u000dd\\u202e\\ud83d!";
        foreach (var size in new[] { 1, 2, 3, 7, text.Length })
        {
            using var target = new StringWriter { NewLine = "\n" };
            using (var writer = new PrintableWriter(target))
                foreach (var part in text.Chunk(size))
                    writer.Write(part);
            Assert.Equal(shown, target.ToString());
        }
        using var lines = new StringWriter { NewLine = "\n" };
        var console = new PrintableWriter(lines);
        console.WriteLine("failed: {0}", "\u0007x");
        console.WriteLine("\u001bc");
        console.WriteLine(7);
        Assert.Equal("failed: \\u0007x\n\\u001bc\n7\n", lines.ToString());
        console.Write('\r');
        console.Dispose();
        Assert.EndsWith("\\u000d", lines.ToString());
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0")]
    [InlineData("-s1", "'-s1")]
    [InlineData("@SUM(A1,A2)", "\"'@SUM(A1,A2)\"")]
    [InlineData("\tx", "'\tx")]
    [InlineData("-", "'-")]
    [InlineData("-1+cmd", "'-1+cmd")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("+3", "+3")]
    [InlineData("-1E-05", "-1E-05")]
    [InlineData("-Infinity", "-Infinity")]
    [InlineData("a=b", "a=b")]
    [InlineData("a, \"b\"", "\"a, \"\"b\"\"\"")]
    [InlineData(" a", "\" a\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("a\r\u001b[31m", @"a\u000d\u001b[31m")]
    [InlineData("", "")]
    public void A_cell_is_no_formula_and_ends_where_it_should(string text, string cell) =>
        Assert.Equal(cell, CsvCell.Of(text));
}
