namespace Research.Imaging;

/// <summary>Turns a missing shared library into an error that gives the remedy.</summary>
static class NativeLibraries
{
    public static T Call<T>(string library, string debianPackage, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (DllNotFoundException error)
        {
            throw Missing(library, debianPackage, error);
        }
    }

    public static DllNotFoundException Missing(string library, string debianPackage, Exception error) =>
        new(
            $"The shared library {library} is missing. It is in Debian's package {debianPackage}: run ./research setup.",
            error
        );
}
