using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>libtorch's errors, with the computation that failed and without the native stack.</summary>
public static class EngineError
{
    const string Mark = "explained";

    /// <summary>Whether the error already names the computation.</summary>
    public static bool IsExplained(ExternalException error) => error.Data.Contains(Mark);

    /// <summary>The error with the place and its inputs.</summary>
    /// <param name="error">What TorchSharp threw; it becomes the inner exception.</param>
    /// <param name="place">The module or task, e.g. "ResidualAttentionBlock".</param>
    /// <param name="inputs">Tensors are described by type and shape; other values are left out.</param>
    public static ExternalException Explained(ExternalException error, string place, params object?[] inputs)
    {
        var shapes = string.Join(", ", inputs.OfType<Tensor>().Select(Described.Of));
        var explained = new ExternalException($"{place}({shapes}): {FirstLine(error.Message)}", error);
        explained.Data[Mark] = true;
        return explained;
    }

    static string FirstLine(string message)
    {
        var stack = message.IndexOf("\nException raised from", StringComparison.Ordinal);
        return (stack < 0 ? message : message[..stack]).Trim();
    }
}
