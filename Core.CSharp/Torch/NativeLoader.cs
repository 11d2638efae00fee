using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>Finds libtsh.so, the native shim over libtorch.</summary>
/// <remarks>
/// In this order: the file that the environment variable RESEARCH_NATIVE names; beside this assembly (which is where it
/// lies under <c>dotnet fsi</c> too); the application's folder.
/// </remarks>
internal static class NativeLoader
{
    internal const string Variable = "RESEARCH_NATIVE";
    internal const string FileName = "libtsh.so";

    /// <summary>Loads the shim, or says in one line why not.</summary>
    /// <returns>Null when the shim is loaded, else the reason and the remedy.</returns>
    internal static string? Load()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        string[] places = string.IsNullOrEmpty(named)
            ? [.. Folders().Select(f => Path.Combine(f, FileName)).Distinct()]
            : [named];
        foreach (var path in places)
        {
            if (!File.Exists(path))
                continue;
            try
            {
                var handle = NativeLibrary.Load(path);
                NativeLibrary.SetDllImportResolver(
                    typeof(Native).Assembly,
                    (name, _, _) => name == Native.Library ? handle : 0
                );
                return null;
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                return $"{path} cannot be loaded: {FirstLine(e.Message)} Rebuild it for this machine's libtorch: ./research setup";
            }
        }
        return string.IsNullOrEmpty(named)
            ? $"{FileName}, the native part of the libtorch binding, is missing (looked for {string.Join(", ", places)}). Build it: ./research setup"
            : $"{Variable}={named}: no such file. Correct or unset the variable; ./research setup builds {FileName}";
    }

    private static IEnumerable<string> Folders()
    {
        var assembly = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        if (!string.IsNullOrEmpty(assembly))
            yield return assembly;
        yield return AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim().TrimEnd('.') + ".";
}
