using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Research.Engine;

/// <summary>Loads TorchSharp's native library on systems whose libstdc++ is older than GCC 13's, such as Debian 12.</summary>
/// <remarks>
/// TorchSharp 0.107's library asks for GLIBCXX_3.4.32 for one symbol, <c>std::ios_base_library_init()</c>, an empty function that exists
/// only to require that version. Where the library does not load, a patched copy is loaded: it calls getpid() instead and asks for 3.4.30.
/// </remarks>
static class OlderLibstdcxx
{
    internal const string Symbol = "_ZSt21ios_base_library_initv";
    const string Wanted = "GLIBCXX_3.4.32";
    const string Offered = "GLIBCXX_3.4.30";

    /// <summary>Loads the library as it is or, where the system's libstdc++ is too old, a patched copy from the cache folder.</summary>
    /// <param name="library">The full path of libLibTorchSharp.so.</param>
    /// <param name="copies">The folder for the copy; created when needed.</param>
    /// <exception cref="DllNotFoundException">Neither loads; the message is the loader's.</exception>
    public static nint Load(string library, string copies)
    {
        try
        {
            return NativeLibrary.Load(library);
        }
        catch (DllNotFoundException e) when (e.Message.Contains(Wanted, StringComparison.Ordinal))
        {
            return NativeLibrary.Load(Copy(library, copies));
        }
    }

    static string Copy(string library, string copies)
    {
        var bytes = File.ReadAllBytes(library);
        var copy = Path.Combine(
            copies,
            Convert.ToHexStringLower(SHA256.HashData(bytes))[..16],
            Path.GetFileName(library)
        );
        if (File.Exists(copy))
            return copy;
        Mend(bytes, library);
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        var temporary = $"{copy}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, copy, overwrite: true); // several processes may start at once
        return copy;
    }

    /// <summary>Patches the library's bytes so that GLIBCXX_3.4.30 suffices.</summary>
    /// <param name="bytes">The library, changed in place.</param>
    /// <param name="library">Its name, for the message.</param>
    /// <exception cref="InvalidDataException">It needs more of GLIBCXX_3.4.32 than that symbol, or is not a library.</exception>
    internal static void Mend(byte[] bytes, string library)
    {
        var symbols = new ElfSymbols(bytes);
        if (!symbols.Rename(Symbol, "getpid") || !symbols.ReplaceVersion(Wanted, Offered))
            throw new InvalidDataException(
                $"{library} needs {Wanted}, which this system's libstdc++ lacks, for more than {Symbol}. "
                    + "A system with GCC 13's libstdc++ (Debian 13, Ubuntu 24.04) runs it."
            );
    }
}
