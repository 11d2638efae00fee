using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Engine;

/// <summary>An exception that reaches .NET as a signal is one still after a product in bfloat16, which on AMX once ended the process.</summary>
public class SignalStackTests
{
    [Fact]
    public void A_null_reference_after_a_bfloat16_product_is_an_exception_on_every_thread()
    {
        var caught = 0;
        void Try(object? _ = null)
        {
            NativeEngine.Require();
            using var scope = NewDisposeScope();
            var big = ones(256, 256, dtype: ScalarType.BFloat16);
            big.mm(big);
            var nothing = caught < 0 ? "" : null;
            try
            {
                caught += nothing!.Length;
            }
            catch (NullReferenceException)
            {
                Interlocked.Increment(ref caught);
            }
        }
        Try();
        // Threads end in between, with the stacks that the runtime frees.
        for (var i = 0; i < 20; i++)
        {
            var thread = new Thread(Try);
            thread.Start();
            thread.Join();
        }
        Assert.Equal(21, caught);
    }
}
