using TorchSharp;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>A missing or broken native shim is one line that says what to do.</summary>
public sealed class NativeLoaderTests : IDisposable
{
    private readonly string? before = Environment.GetEnvironmentVariable(NativeLoader.Variable);

    public void Dispose() => Environment.SetEnvironmentVariable(NativeLoader.Variable, before);

    [Fact]
    public void AMissingShimIsNamedWithTheRemedy()
    {
        Environment.SetEnvironmentVariable(NativeLoader.Variable, "/nowhere/libtsh.so");
        var message = NativeLoader.Load()!;
        Assert.Contains("RESEARCH_NATIVE=/nowhere/libtsh.so", message);
        Assert.Contains("./research setup", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void AFileThatIsNoLibraryIsNamedWithTheRemedy()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "not a library");
            Environment.SetEnvironmentVariable(NativeLoader.Variable, file);
            var message = NativeLoader.Load()!;
            Assert.Contains(file, message);
            Assert.Contains("./research setup", message);
            Assert.DoesNotContain('\n', message);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
