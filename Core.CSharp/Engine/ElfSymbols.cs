using System.Buffers.Binary;
using System.Text;

namespace Research.Engine;

/// <summary>The dynamic symbols of a 64-bit little-endian ELF library, and the symbol versions that it needs from other libraries.</summary>
/// <param name="file">The library's bytes, changed in place.</param>
/// <exception cref="InvalidDataException">The bytes are not such a library, or a table lies outside them.</exception>
sealed class ElfSymbols(byte[] file)
{
    const uint DynamicSymbols = 11;
    const uint VersionsNeeded = 0x6ffffffe;
    const uint VersionOfSymbol = 0x6fffffff;
    const int SectionSize = 64;
    const int SymbolSize = 24;

    /// <summary>Names of the symbols that the library must find in other libraries.</summary>
    public IEnumerable<string> Needed()
    {
        const byte global = 1;
        foreach (var (name, at) in Symbols())
            if (Number(at + 6, 2) == 0 && file[at + 4] >> 4 == global)
                yield return Text(name);
    }

    /// <summary>Redirects <paramref name="symbol"/> to another function of the same signature, without a version.</summary>
    /// <param name="symbol">The name that the library calls.</param>
    /// <param name="replacement">A name that is no longer than the symbol's.</param>
    /// <returns>False when the library has no such symbol.</returns>
    public bool Rename(string symbol, string replacement)
    {
        if (replacement.Length > symbol.Length)
            throw new ArgumentException($"'{replacement}' is longer than '{symbol}'.", nameof(replacement));
        var versions = Offset(Section(VersionOfSymbol));
        var index = 0;
        foreach (var (name, _) in Symbols())
        {
            if (Text(name) == symbol)
            {
                Encoding.ASCII.GetBytes(replacement + "\0").CopyTo(file.AsSpan(name));
                BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(versions + 2 * index), 1);
                return true;
            }
            index++;
        }
        return false;
    }

    /// <summary>Replaces one version of a library's symbols by another; the file must name both.</summary>
    /// <returns>False when it does not name both.</returns>
    public bool ReplaceVersion(string wanted, string offered)
    {
        var section = Section(VersionsNeeded);
        var strings = Strings(section);
        int old = 0,
            good = 0;
        for (int need = Offset(section), next = 1; next != 0; need += next)
        {
            var aux = need + Number(need + 8, 4);
            for (var left = Number(need + 2, 2); left > 0; left--, aux += Number(aux + 12, 4))
            {
                var version = Text(strings + Number(aux + 8, 4));
                if (version == wanted)
                    old = aux;
                if (version == offered)
                    good = aux;
            }
            next = Number(need + 12, 4);
        }
        if (old == 0 || good == 0)
            return false;
        file.AsSpan(good, 4).CopyTo(file.AsSpan(old)); // the version's hash
        file.AsSpan(good + 8, 4).CopyTo(file.AsSpan(old + 8)); // its name
        return true;
    }

    IEnumerable<(int Name, int At)> Symbols()
    {
        var section = Section(DynamicSymbols);
        var (first, strings) = (Offset(section), Strings(section));
        var count = Number(section + 0x20, 8) / SymbolSize;
        for (var i = 0; i < count; i++)
            yield return (strings + Number(first + i * SymbolSize, 4), first + i * SymbolSize);
    }

    int Section(uint type)
    {
        if (file.Length < SectionSize || !file.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("it is not a 64-bit little-endian ELF library");
        var sections = Number(0x28, 8);
        for (var i = 0; i < Number(0x3C, 2); i++)
            if ((uint)Number(sections + i * SectionSize + 4, 4) == type)
                return sections + i * SectionSize;
        throw new InvalidDataException($"it has no section of type 0x{type:x}");
    }

    int Offset(int section) => Number(section + 0x18, 8);

    int Strings(int section) => Offset(Number(0x28, 8) + Number(section + 0x28, 4) * SectionSize);

    int Number(int at, int bytes)
    {
        if (at < 0 || at > file.Length - bytes)
            throw new InvalidDataException($"a table points to byte {at}, outside its {file.Length} bytes");
        return bytes switch
        {
            2 => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at)),
            4 => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)),
            _ => BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at)) is var n && n == (int)n
                ? (int)n
                : throw new InvalidDataException($"the number at byte {at} is too large to be an offset in it"),
        };
    }

    string Text(int at)
    {
        if (at < 0 || at >= file.Length)
            throw new InvalidDataException($"a name lies at byte {at}, outside its {file.Length} bytes");
        var rest = file.AsSpan(at);
        var end = rest.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]);
    }
}
