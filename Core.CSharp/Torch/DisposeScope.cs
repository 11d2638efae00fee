using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>Frees, when it ends, all tensors that its thread made since it began, save those moved out of it.</summary>
/// <remarks>
/// Scopes nest per thread; open one with <see cref="torch.NewDisposeScope"/> in a <c>using</c>. Taking a tensor out is O(1).
/// A scope belongs to the thread that opened it. Never hold one across an <c>await</c>.
/// </remarks>
public sealed unsafe class DisposeScope : IDisposable
{
    [ThreadStatic]
    internal static DisposeScope? current;

    private readonly List<torch.Tensor> tensors = new(64);
    private readonly int thread = Environment.CurrentManagedThreadId;
    private List<IDisposable>? others;
    private bool disposed;

    internal DisposeScope()
    {
        OuterScope = current;
        current = this;
    }

    /// <summary>The scope that was current when this one began.</summary>
    public DisposeScope? OuterScope { get; private set; }

    /// <summary>How many live objects the scope would free now.</summary>
    public int DisposablesCount
    {
        get
        {
            var count = others?.Count ?? 0;
            foreach (var t in CollectionsMarshal.AsSpan(tensors))
                if (t.handle != 0)
                    count++;
            return count;
        }
    }

    internal void Add(torch.Tensor tensor)
    {
        tensor.owner = this;
        tensor.slot = tensors.Count;
        tensors.Add(tensor);
    }

    internal void Remove(torch.Tensor tensor)
    {
        // Another thread must not touch the list; the dead tensor stays in it and is skipped at the end.
        if (thread != Environment.CurrentManagedThreadId || disposed)
            return;
        var last = tensors.Count - 1;
        var moved = tensors[last];
        tensors[tensor.slot] = moved;
        moved.slot = tensor.slot;
        tensors.RemoveAt(last);
    }

    /// <summary>Makes this scope the owner of an object, whoever owned it before.</summary>
    /// <returns>The object.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    /// <exception cref="InvalidOperationException">The scope belongs to another thread.</exception>
    public T Attach<T>(T disposable)
        where T : IDisposable
    {
        RequireOwn();
        if (disposable is not torch.Tensor tensor)
        {
            others ??= [];
            if (!others.Contains(disposable))
                others.Add(disposable);
            return disposable;
        }
        tensor.RequireAlive();
        if (tensor.owner == this)
            return disposable;
        Disown(tensor);
        Add(tensor);
        return disposable;
    }

    /// <summary>As <see cref="Attach{T}(T)"/>.</summary>
    public T Include<T>(T disposable)
        where T : IDisposable => Attach(disposable);

    /// <summary>Takes an object out of this scope; from now on its holder frees it.</summary>
    /// <returns>The object.</returns>
    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        RequireOwn();
        if (disposable is not torch.Tensor tensor)
            others?.Remove(disposable);
        else if (tensor.owner == this)
        {
            Remove(tensor);
            tensor.owner = new HandleGuard(tensor.handle);
        }
        return disposable;
    }

    /// <summary>Moves an object to the enclosing scope; without one, out of all scopes.</summary>
    /// <returns>The object.</returns>
    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        if (OuterScope is null)
            return Detach(disposable);
        if (disposable is not torch.Tensor)
            Detach(disposable);
        return OuterScope.Attach(disposable);
    }

    /// <summary>Moves objects to the enclosing scope; without one, out of all scopes.</summary>
    public void MoveToOuter(params IEnumerable<IDisposable> disposables)
    {
        foreach (var d in disposables)
            MoveToOuter(d);
    }

    /// <summary>Moves an object to another scope.</summary>
    /// <returns>The object.</returns>
    public T MoveToOther<T>(DisposeScope other, T disposable)
        where T : IDisposable
    {
        ArgumentNullException.ThrowIfNull(other);
        if (disposable is not torch.Tensor)
            Detach(disposable);
        return other.Attach(disposable);
    }

    /// <summary>Whether this scope will free the object.</summary>
    public bool Contains(IDisposable disposable) =>
        disposable is torch.Tensor t ? t.owner == this : others?.Contains(disposable) ?? false;

    /// <summary>Frees everything now; the scope stays open.</summary>
    public void DisposeEverything()
    {
        RequireOwn();
        Free();
    }

    /// <summary>Frees everything now but these; the scope stays open and still owns them.</summary>
    public void DisposeEverythingBut(params IEnumerable<IDisposable> keep)
    {
        RequireOwn();
        IDisposable[] kept = [.. keep.Where(Contains)];
        foreach (var k in kept)
            Detach(k);
        Free();
        foreach (var k in kept)
            Attach(k);
    }

    /// <summary>Frees everything and ends the scope. Idempotent.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is not the one that opened the scope.</exception>
    public void Dispose()
    {
        if (disposed)
            return;
        RequireThread();
        Unlink();
        Free();
        disposed = true;
    }

    private void Free()
    {
        const int chunk = 256;
        var handles = stackalloc nint[chunk];
        var n = 0;
        foreach (var tensor in CollectionsMarshal.AsSpan(tensors))
        {
            var h = Interlocked.Exchange(ref tensor.handle, 0);
            tensor.owner = null;
            if (h == 0)
                continue;
            handles[n++] = h;
            if (n < chunk)
                continue;
            Native.tsh_free_many(handles, n);
            n = 0;
        }
        if (n > 0)
            Native.tsh_free_many(handles, n);
        tensors.Clear();
        if (others is null)
            return;
        foreach (var other in others)
            other.Dispose();
        others.Clear();
    }

    /// <summary>Leaves this thread's chain of scopes, also when an inner scope is still open.</summary>
    private void Unlink()
    {
        if (current == this)
        {
            current = OuterScope;
            return;
        }
        for (var scope = current; scope is not null; scope = scope.OuterScope)
            if (scope.OuterScope == this)
                scope.OuterScope = OuterScope;
    }

    private static void Disown(torch.Tensor tensor)
    {
        if (tensor.owner is DisposeScope scope)
        {
            scope.RequireThread();
            scope.Remove(tensor);
        }
        else if (tensor.owner is HandleGuard guard)
            guard.Release();
        tensor.owner = null;
    }

    private void RequireOwn()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        RequireThread();
    }

    private void RequireThread()
    {
        if (thread != Environment.CurrentManagedThreadId)
            throw new InvalidOperationException(
                $"a dispose scope belongs to the thread that opened it (thread {thread}; this is thread {Environment.CurrentManagedThreadId}); do not hold one across an await"
            );
    }
}

public static partial class torch
{
    /// <summary>Opens a scope on this thread: <c>using var scope = torch.NewDisposeScope();</c>.</summary>
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>The innermost open scope of this thread, or null.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScope.current;

    /// <summary>Runs a function in a scope of its own and hands its result to the enclosing scope.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        using var scope = NewDisposeScope();
        return expression().MoveToOuterDisposeScope();
    }
}
