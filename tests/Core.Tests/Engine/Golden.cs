using Research.Engine;
using TorchSharp;
using Xunit;

namespace Core.Tests.Engine;

/// <summary>Reads what the generators of tests/golden wrote, and compares.</summary>
static class Golden
{
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "golden", file);

    public static Dictionary<string, torch.Tensor> Load(string name) => Safetensors.Load(PathOf(name + ".safetensors"));

    /// <summary>Asserts that two tensors have one shape and differ by at most a relative or an absolute amount in every element.</summary>
    public static void Close(
        string what,
        torch.Tensor expected,
        torch.Tensor actual,
        double relative = 1e-5,
        double absolute = 1e-6
    )
    {
        Assert.True(
            expected.shape.SequenceEqual(actual.shape),
            $"{what}: expected shape [{string.Join(", ", expected.shape)}], got [{string.Join(", ", actual.shape)}]"
        );
        using var scope = torch.NewDisposeScope();
        var e = Doubles(expected);
        var a = Doubles(actual);
        for (var i = 0; i < e.Length; i++)
            Assert.True(
                Math.Abs(e[i] - a[i]) <= absolute + relative * Math.Abs(e[i]),
                $"{what}: element {i} should be {e[i]:R}, is {a[i]:R}"
            );
    }

    /// <summary>Asserts equality to the last bit (NaN equals NaN).</summary>
    public static void Same(string what, torch.Tensor expected, torch.Tensor actual) =>
        Close(what, expected, actual, relative: 0, absolute: 0);

    public static double[] Doubles(torch.Tensor t)
    {
        using var scope = torch.NewDisposeScope();
        // TorchSharp's accessor throws on an empty tensor.
        return t.numel() == 0 ? [] : t.detach().to(torch.ScalarType.Float64).contiguous().data<double>().ToArray();
    }
}
