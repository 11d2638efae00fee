using Xunit;

// The engine's default random stream, its thread count and its count of live handles belong to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
