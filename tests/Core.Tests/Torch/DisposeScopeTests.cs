using TorchSharp;
using TorchSharp.Extensions;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>Native handles are freed when their scope says so, once, and never before.</summary>
public sealed class DisposeScopeTests
{
    [Fact]
    public void AScopeFreesWhatWasMadeInIt()
    {
        var before = NativeMemory.LiveHandles;
        torch.Tensor inside;
        using (var scope = torch.NewDisposeScope())
        {
            inside = torch.ones(2).add(1).mul(3);
            Assert.Equal(3, scope.DisposablesCount);
            Assert.Equal(before + 3, NativeMemory.LiveHandles);
        }
        Assert.True(inside.IsInvalid);
        Assert.Equal(before, NativeMemory.LiveHandles);
    }

    [Fact]
    public void AMovedTensorLivesUntilTheOuterScopeEnds()
    {
        using var outer = torch.NewDisposeScope();
        torch.Tensor kept;
        using (torch.NewDisposeScope())
            kept = torch.ones(2).add(1).MoveToOuterDisposeScope();
        Assert.Equal(4f, kept.sum().item<float>());
        Assert.True(outer.Contains(kept));
        outer.Dispose();
        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void ADetachedTensorOutlivesAllScopes()
    {
        torch.Tensor kept;
        using (torch.NewDisposeScope())
        using (torch.NewDisposeScope())
            kept = torch.ones(2).DetachFromDisposeScope();
        Assert.Equal(2f, kept.sum().item<float>());
        kept.Dispose();
    }

    [Fact]
    public void MovingOutOfTheOutermostScopeDetaches()
    {
        torch.Tensor kept;
        using (torch.NewDisposeScope())
            kept = torch.ones(2).MoveToOuterDisposeScope();
        Assert.Null(torch.CurrentDisposeScope);
        Assert.False(kept.IsInvalid);
        kept.Dispose();
    }

    [Fact]
    public void AnOuterTensorCanBeMovedToAnInnerScopeAndToAnothersScope()
    {
        using var outer = torch.NewDisposeScope();
        var a = torch.ones(1);
        var b = torch.ones(1);
        using (var inner = torch.NewDisposeScope())
        {
            a.MoveToOtherDisposeScope(inner);
            var c = torch.ones(1).MoveToOtherDisposeScope(b);
            Assert.True(inner.Contains(a));
            Assert.True(outer.Contains(c));
        }
        Assert.True(a.IsInvalid);
        Assert.False(b.IsInvalid);
        Assert.Equal(2, outer.DisposablesCount);
    }

    [Fact]
    public void ScopesMayEndInAnyOrder()
    {
        var outer = torch.NewDisposeScope();
        var inner = torch.NewDisposeScope();
        var a = torch.ones(1);
        outer.Dispose();
        Assert.False(a.IsInvalid);
        Assert.Same(inner, torch.CurrentDisposeScope);
        var moved = a.MoveToOuterDisposeScope();
        inner.Dispose();
        Assert.False(moved.IsInvalid);
        Assert.Null(torch.CurrentDisposeScope);
        moved.Dispose();
    }

    [Fact]
    public void RandomRemovalsKeepTheBooksStraight()
    {
        var random = new Random(1);
        var before = NativeMemory.LiveHandles;
        var kept = new List<torch.Tensor>();
        using (var scope = torch.NewDisposeScope())
        {
            var live = new List<torch.Tensor>();
            for (var i = 0; i < 2000; i++)
            {
                live.Add(torch.ones(1));
                var victim = random.Next(live.Count);
                switch (random.Next(4))
                {
                    case 0:
                        live[victim].Dispose();
                        live.RemoveAt(victim);
                        break;
                    case 1:
                        kept.Add(live[victim].DetachFromDisposeScope());
                        live.RemoveAt(victim);
                        break;
                    case 2:
                        scope.Attach(live[victim].DetachFromDisposeScope());
                        break;
                    default:
                        break;
                }
                Assert.Equal(live.Count, scope.DisposablesCount);
            }
            Assert.All(live, t => Assert.Equal(1f, t.item<float>()));
        }
        Assert.Equal(before + kept.Count, NativeMemory.LiveHandles);
        kept.ForEach(t => t.Dispose());
        Assert.Equal(before, NativeMemory.LiveHandles);
    }

    [Fact]
    public void DisposeEverythingButKeepsWhatItIsTold()
    {
        using var scope = torch.NewDisposeScope();
        var a = torch.ones(1);
        var b = torch.ones(1);
        scope.DisposeEverythingBut(b);
        Assert.True(a.IsInvalid);
        Assert.False(b.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void AnotherThreadMayDisposeATensorButNotTheScope()
    {
        using var scope = torch.NewDisposeScope();
        var a = torch.ones(1);
        var b = torch.ones(1);
        Exception? refused = null;
        var thread = new Thread(() =>
        {
            a.Dispose();
            refused = Record.Exception(scope.Dispose);
        });
        thread.Start();
        thread.Join();
        Assert.True(a.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
        Assert.Contains("thread", Assert.IsType<InvalidOperationException>(refused).Message);
        Assert.Equal(1f, b.item<float>());
    }

    [Fact]
    public void ScopesOfThreadsAreApart()
    {
        using var mine = torch.NewDisposeScope();
        torch.Tensor? theirs = null;
        var thread = new Thread(() => theirs = torch.ones(1));
        thread.Start();
        thread.Join();
        Assert.Equal(0, mine.DisposablesCount);
        theirs!.Dispose();
    }

    [Fact]
    public void OtherDisposablesAreDisposedToo()
    {
        var scope = torch.NewDisposeScope();
        var generator = scope.Attach(new torch.Generator(1));
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => generator.get_state());
    }

    [Fact]
    public void TensorsOutsideScopesAreFreedByTheCollector()
    {
        var before = NativeMemory.LiveHandles;
        Litter();
        for (var i = 0; i < 20 && NativeMemory.LiveHandles > before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.True(NativeMemory.LiveHandles <= before, $"{NativeMemory.LiveHandles} handles live, {before} before");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Litter()
        {
            for (var i = 0; i < 100; i++)
                torch.ones(4).add(1);
        }
    }

    [Fact]
    public void TemporariesSurviveACollectionDuringTheCall()
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                GC.Collect();
        });
        collector.Start();
        for (var i = 0; i < 2000; i++)
            using (var sum = (torch.ones(64) + 1).mul(torch.full(64, 2.0)).sum())
                Assert.Equal(256f, sum.item<float>());
        stop.Cancel();
        collector.Join();
    }

    [Fact]
    public void TrainingStepsLeaveTheNumberOfHandlesFlat()
    {
        using var outer = torch.NewDisposeScope();
        var weight = torch.randn(16, 16, requires_grad: true);
        void Step()
        {
            using var scope = torch.NewDisposeScope();
            var x = torch.randn(8, 16);
            var loss = torch.nn.functional.cross_entropy(x.matmul(weight).softmax(-1), torch.arange(8));
            loss.backward();
            using (torch.no_grad())
                weight.sub_(weight.grad!, 0.1);
            weight.grad = null;
        }
        Step();
        var before = NativeMemory.LiveHandles;
        for (var i = 0; i < 200; i++)
            Step();
        Assert.Equal(before, NativeMemory.LiveHandles);
    }
}
