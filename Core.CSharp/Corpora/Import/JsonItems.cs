namespace Research.Corpora.Import;

/// <summary>
/// The items of a JSON file's lists one by one, so that neither the file nor a list is ever held. Their ends are found without
/// parsing them: an item that is not JSON costs only itself.
/// </summary>
sealed class JsonItems
{
    readonly Stream stream;
    readonly int largest;
    readonly byte[] buffer = new byte[1 << 16];
    readonly MemoryStream item = new();
    int at;
    int end;
    long before;

    JsonItems(Stream stream, int largest) => (this.stream, this.largest) = (stream, largest);

    /// <summary>An item.</summary>
    /// <param name="List">The list's name in the file's object; null where the file is a list.</param>
    /// <param name="Number">Its number from 1.</param>
    /// <param name="Json">Its bytes; null when they exceed the bound.</param>
    /// <param name="Behind">The number of bytes read from the file.</param>
    public readonly record struct Item(string? List, int Number, byte[]? Json, long Behind);

    /// <summary>The items of a file that is a list, or of some lists of a file that is an object.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="lists">The lists to read from an object.</param>
    /// <param name="largest">The bound of an item in bytes.</param>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    /// <exception cref="EndOfStreamException">It ends too early; complete items have been returned.</exception>
    public static IEnumerable<Item> Read(Stream stream, IReadOnlyCollection<string> lists, int largest) =>
        new JsonItems(stream, largest).Read(lists);

    IEnumerable<Item> Read(IReadOnlyCollection<string> lists)
    {
        for (var mark = 0; mark < 3 && Peek() == "\uFEFF"u8[mark]; mark++)
            at++;
        var first = Next();
        if (first == '[')
        {
            foreach (var found in Items(null))
                yield return found;
        }
        else if (first == '{')
        {
            for (; Next() is not (int)'}' and var b; )
            {
                if (b == ',')
                    continue;
                if (b != '"')
                    throw Wrong("a name");
                var name = Name();
                if (Next() != ':')
                    throw Wrong("':'");
                if (Solid() == '[' && lists.Contains(name))
                {
                    at++;
                    foreach (var found in Items(name))
                        yield return found;
                }
                else
                    Value(keep: false);
            }
        }
        else
            throw Wrong("'[' or '{'");
        if (Solid() >= 0)
            throw new InvalidDataException($"there is more after the end of the JSON, at byte {Place}");
    }

    IEnumerable<Item> Items(string? list)
    {
        for (var number = 1; Solid() != ']'; )
        {
            if (Solid() == '}')
                throw Wrong("']'");
            var whole = Value(keep: true);
            var last = Solid() == ']';
            if (!last && Next() != ',')
                throw Wrong("',' or ']'");
            if (item.Length > 0 || !whole || !last)
                yield return new(list, number++, whole ? item.ToArray() : null, Place);
        }
        at++;
    }

    // Up to the ',' or bracket after the value, which stays. False when it is longer than may be kept.
    bool Value(bool keep)
    {
        item.SetLength(0);
        var (depth, inString, whole) = (0, false, true);
        while (true)
        {
            if (Peek() < 0)
                throw Cut();
            var begin = at;
            var done = false;
            for (; at < end && !done; at++)
            {
                var b = buffer[at];
                if (inString)
                {
                    if (b == '\\')
                    {
                        if (at + 1 == end)
                            break; // the letter after it is in the next part
                        at++;
                    }
                    else if (b == '"')
                        inString = false;
                }
                else if (b == '"')
                    inString = true;
                else if (b is (byte)'{' or (byte)'[')
                    depth++;
                else if (b is (byte)'}' or (byte)']' or (byte)',' && depth == 0)
                {
                    done = true;
                    at--;
                }
                else if (b is (byte)'}' or (byte)']')
                    depth--;
            }
            var escape = !done && at < end;
            if (keep && whole)
            {
                whole = item.Length + at - begin <= largest;
                if (whole)
                    item.Write(buffer, begin, at - begin);
            }
            if (done)
                return whole;
            if (!escape)
                continue;
            at++; // skip a '\' at the end of a part, and what it escapes
            if (Peek() < 0)
                throw Cut();
            if (keep && whole)
            {
                item.WriteByte((byte)'\\');
                item.WriteByte(buffer[at]);
            }
            at++;
        }
    }

    string Name()
    {
        item.SetLength(0);
        while (true)
        {
            var b = Peek();
            if (b < 0)
                throw Cut();
            at++;
            if (b == '"')
                return TextFiles.Decode(item.GetBuffer().AsSpan(0, (int)item.Length)) ?? "";
            if (item.Length < 1024)
                item.WriteByte((byte)b);
            if (b == '\\' && Peek() >= 0)
                at++;
        }
    }

    long Place => before + at;

    InvalidDataException Wrong(string expected) => new($"it is not JSON: {expected} is expected before byte {Place}");

    EndOfStreamException Cut() => new($"it ends at byte {Place} before its JSON does");

    // Takes the next byte that is not a space.
    int Next()
    {
        var b = Solid();
        if (b < 0)
            throw Cut();
        at++;
        return b;
    }

    // The same without taking it; -1 at the end.
    int Solid()
    {
        while (Peek() is ' ' or '\n' or '\r' or '\t')
            at++;
        return Peek();
    }

    int Peek()
    {
        if (at < end)
            return buffer[at];
        before += end;
        (at, end) = (0, stream.Read(buffer));
        return end == 0 ? -1 : buffer[0];
    }
}
