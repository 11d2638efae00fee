using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>The weights of tests/golden/weights.py, to the bit: every value is a function of the weight's name and the value's number.</summary>
static class FormulaWeights
{
    /// <summary>Gives every floating-point entry of the state dict its values; the logit scale, a scalar, stays.</summary>
    public static void Fill(nn.Module model)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        foreach (var (name, tensor) in model.Weights())
            if (tensor.is_floating_point() && tensor.dim() > 0)
                Write(name, tensor.shape, MemoryMarshal.Cast<byte, float>(tensor.bytes));
    }

    static uint Seed(string name)
    {
        var value = 0x811C9DC5u;
        foreach (var b in Encoding.UTF8.GetBytes(name))
            value = (value ^ b) * 0x01000193;
        return value;
    }

    static (double Factor, double Offset) Spread(string name, long[] shape)
    {
        if (name.EndsWith("running_var"))
            return (0.5, 1);
        if (shape.Length < 2)
            return (0.2, name.EndsWith("weight") ? 1 : 0);
        if (name.Contains("embedding") || name.EndsWith("query"))
            return (0.5 * Math.Sqrt(12), 0);
        if (name.EndsWith("visual.proj") || name.EndsWith("text_projection"))
            return (Math.Sqrt(12.0 / shape[0]), 0);
        var fan = shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        var gain =
            shape.Length < 4 ? 1.0
            : name.Contains("layer") && name.EndsWith("conv3.weight") ? 0.2
            : 2.0;
        return (Math.Sqrt(12 * gain / fan), 0);
    }

    static void Write(string name, long[] shape, Span<float> values)
    {
        var (factor, offset) = Spread(name, shape);
        var (scale, shift, start) = ((float)factor, (float)offset, Seed(name));
        var lanes = Vector<uint>.Count;
        var numbers = new uint[lanes];
        for (var i = 0; i < lanes; i++)
            numbers[i] = (uint)i;
        var (lane, i0) = (new Vector<uint>(numbers), 0);
        for (; i0 + lanes <= values.Length; i0 += lanes)
        {
            var x = (lane + new Vector<uint>((uint)i0)) * new Vector<uint>(0x9E3779B1) + new Vector<uint>(start);
            x ^= Vector.ShiftRightLogical(x, 15);
            x *= new Vector<uint>(0x85EBCA6B);
            x ^= Vector.ShiftRightLogical(x, 13);
            var u = Vector.ConvertToSingle(Vector.AsVectorInt32(Vector.ShiftRightLogical(x, 8)));
            u = (u * new Vector<float>(1f / (1 << 24)) - new Vector<float>(0.5f)) * new Vector<float>(scale);
            (shift == 0 ? u : u + new Vector<float>(shift)).CopyTo(values[i0..]);
        }
        for (; i0 < values.Length; i0++)
        {
            var x = (uint)i0 * 0x9E3779B1 + start;
            x ^= x >> 15;
            x *= 0x85EBCA6B;
            x ^= x >> 13;
            values[i0] = ((x >> 8) * (1f / (1 << 24)) - 0.5f) * scale + shift;
        }
    }
}
