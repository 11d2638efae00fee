using System.Xml;

namespace Research.Corpora.Build.Clipart;

/// <summary>A drawing's RDF metadata.</summary>
/// <param name="Title">Its title; empty if there is none.</param>
/// <param name="Keywords">Its keywords in order, each once.</param>
sealed record ClipartMetadata(string Title, IReadOnlyList<string> Keywords)
{
    const string DublinCore = "http://purl.org/dc/elements/1.1/";
    const string Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    const long MostFromEntities = 1 << 16;

    static readonly string[] People = ["creator", "publisher", "rights", "contributor"];

    // Filler keywords, on half of the drawings.
    static readonly string[] Fillers = ["unsorted", "clip_art", "clip art", "clipart", "svg"];

    /// <summary>Reads a drawing's metadata: the first title (later ones are people's names) and the subject's list. From damaged markup it
    /// takes what comes before the damage.</summary>
    public static ClipartMetadata Read(byte[] svg)
    {
        var (title, keywords) = ("", new List<string>());
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Parse,
            XmlResolver = null,
            MaxCharactersFromEntities = MostFromEntities,
        };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(svg), settings);
            var inSubject = 0;
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.EndElement && Is(reader, "subject", DublinCore))
                    inSubject--;
                if (reader.NodeType != XmlNodeType.Element || reader.IsEmptyElement)
                    continue;
                while (reader.NodeType == XmlNodeType.Element && People.Any(p => Is(reader, p, DublinCore)))
                    reader.Skip(); // their titles are people's
                if (reader.NodeType != XmlNodeType.Element)
                    continue;
                if (Is(reader, "subject", DublinCore))
                    inSubject++;
                else if (Is(reader, "title", DublinCore) && title.Length == 0)
                    title = Text(reader);
                else if (inSubject > 0 && Is(reader, "li", Rdf) && Text(reader) is { Length: > 0 } word)
                    keywords.Add(word.ToLowerInvariant());
            }
        }
        catch (XmlException)
        {
            // keep what came before
        }
        return new(title, [.. keywords.Where(k => !Fillers.Contains(k)).Distinct(StringComparer.Ordinal)]);
    }

    static bool Is(XmlReader reader, string name, string space) =>
        reader.LocalName == name && reader.NamespaceURI == space;

    static string Text(XmlReader reader)
    {
        var text = "";
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
                text += reader.Value;
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
