using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>The default random streams: their seeds and, checked so that a wrong one cannot end the process, their positions.</summary>
public static class RandomState
{
    /// <summary>Seeds the default generators of the CPU and of every CUDA device; TorchSharp's manual_seed does not seed CUDA's.</summary>
    public static void Seed(long seed)
    {
        manual_seed(seed).Dispose();
        if (cuda.is_available())
            cuda.manual_seed_all(seed);
    }

    /// <summary>Resumes a CPU generator from a position that its get_state returned.</summary>
    /// <param name="generator">The generator.</param>
    /// <param name="state">A Byte tensor on the CPU, as long as the generator's own state.</param>
    /// <exception cref="ArgumentException">
    /// The state has the wrong type, device or length. libtorch would throw in native code, where nothing catches it.
    /// </exception>
    public static void Set(Generator generator, Tensor state)
    {
        using var own = generator.get_state();
        if (state.dtype != ScalarType.Byte || state.device_type != DeviceType.CPU || state.numel() != own.numel())
            throw new ArgumentException(
                $"A generator's state is {Described.Of(own)} on the CPU, not {Described.Of(state)} on {state.device}.",
                nameof(state)
            );
        using var whole = state.contiguous();
        generator.set_state(whole);
    }
}
