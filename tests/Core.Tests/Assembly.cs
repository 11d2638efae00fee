using Research.Engine;
using Xunit;

// The engine's default random stream, its thread count and its count of live handles belong to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

static class EngineFirst
{
    // A test may call TorchSharp before anything of the core.
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void Load() => Research.Engine.NativeEngine.Require();
}
