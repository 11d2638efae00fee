using System.Text;

namespace Research.Imaging.Drawing;

/// <summary>Pictures inside a drawing, in <c>data:</c> addresses.</summary>
static class SvgData
{
    /// <summary>The bytes of an address; null for other addresses and for empty ones, where librsvg shows nothing.</summary>
    /// <exception cref="InvalidDataException">They are not base64.</exception>
    public static byte[]? Content(string address)
    {
        // Readers of addresses skip line ends and tabs wherever they are.
        if (address.AsSpan().ContainsAny("\t\r\n"))
            address = string.Concat(address.Where(c => c is not ('\t' or '\r' or '\n')));
        address = address.Trim();
        if (!address.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return null;
        var comma = address.IndexOf(',');
        if (comma < 0)
            return null;
        var content = Unescaped(Encoding.UTF8.GetBytes(address[(comma + 1)..]));
        if (!address[..comma].TrimEnd().EndsWith("base64", StringComparison.OrdinalIgnoreCase))
            return content;
        try
        {
            return Convert.FromBase64String(Encoding.Latin1.GetString(content));
        }
        catch (FormatException)
        {
            throw ImageFaults.Error(ImageFault.Corrupt, "an embedded picture is not base64");
        }
    }

    // "%89PNG" decodes to bytes, which need not be text.
    static byte[] Unescaped(byte[] text)
    {
        if (!text.AsSpan().Contains((byte)'%'))
            return text;
        var to = 0;
        for (var from = 0; from < text.Length; to++)
            if (
                text[from] == '%'
                && text.Length - from > 2
                && char.IsAsciiHexDigit((char)text[from + 1])
                && char.IsAsciiHexDigit((char)text[from + 2])
            )
            {
                text[to] = Convert.FromHexString(Encoding.Latin1.GetString(text, from + 1, 2))[0];
                from += 3;
            }
            else
                text[to] = text[from++];
        return text[..to];
    }
}
