using System.Runtime.CompilerServices;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array of one element type on one device, and perhaps a node of an autograd graph.</summary>
    /// <remarks>
    /// A tensor holds one native reference. It is freed by <see cref="Dispose"/>, or with the innermost
    /// <see cref="DisposeScope"/> that was open on the creating thread. A tensor made outside every scope is freed by the
    /// garbage collector when nobody disposes it, which is a safety net, not a plan: the collector does not see native memory.
    /// A tensor may be used from any thread, by one thread at a time.
    /// </remarks>
    public unsafe partial class Tensor : IDisposable
    {
        internal nint handle;

        /// <summary>The scope that will free the handle, or the guard whose finalizer will; null once disposed.</summary>
        internal object? owner;

        /// <summary>The place in the scope's list.</summary>
        internal int slot;

        /// <summary>Takes over a native reference; 0, the undefined tensor, makes a tensor that is invalid from the start.</summary>
        internal Tensor(nint handle)
        {
            this.handle = handle;
            if (handle == 0)
                return;
            if (DisposeScope.current is { } scope)
                scope.Add(this);
            else
                owner = new HandleGuard(handle);
        }

        /// <summary>Takes over the reference of another tensor, which is left disposed; no scope owns the new one.</summary>
        private protected Tensor(Tensor taken)
        {
            taken.RequireAlive();
            handle = taken.Release();
            owner = new HandleGuard(handle);
        }

        /// <summary>Frees the native reference; later uses throw <see cref="ObjectDisposedException"/>. Idempotent.</summary>
        public void Dispose()
        {
            var h = Release();
            if (h != 0)
                Native.tsh_free(h);
        }

        /// <summary>Whether the tensor has been disposed (or never had a value).</summary>
        public bool IsInvalid => handle == 0;

        /// <summary>The native handle (a c10::TensorImpl*), for code that calls libtorch itself.</summary>
        /// <exception cref="ObjectDisposedException">The tensor has been disposed.</exception>
        public nint Handle => Alive();

        /// <summary>Gives the native reference away: whoever calls frees it. 0 when there is none any more.</summary>
        internal nint Release()
        {
            var h = Interlocked.Exchange(ref handle, 0);
            if (h == 0)
                return 0;
            if (owner is DisposeScope scope)
                scope.Remove(this);
            else if (owner is HandleGuard guard)
                h = guard.Release();
            owner = null;
            return h;
        }

        /// <summary>The handle, or an exception that names the caller.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal nint Alive([CallerMemberName] string caller = "")
        {
            var h = handle;
            if (h == 0)
                ThrowDisposed(caller);
            return h;
        }

        internal void RequireAlive([CallerMemberName] string caller = "") => Alive(caller);

        private static void ThrowDisposed(string caller) =>
            throw new ObjectDisposedException(
                nameof(Tensor),
                $"{caller}: the tensor has been disposed, by Dispose() or with its dispose scope (MoveToOuterDisposeScope() keeps a result)."
            );

        /// <summary>The number of dimensions.</summary>
        public long dim()
        {
            var n = Native.tsh_dim(Alive());
            GC.KeepAlive(this);
            return n;
        }

        /// <summary>The number of dimensions.</summary>
        public long Dimensions => dim();

        /// <summary>The number of dimensions.</summary>
        public long ndim => dim();

        /// <summary>The sizes of all dimensions (a new array).</summary>
        public long[] shape
        {
            get
            {
                var sizes = new long[Native.tsh_dim(Alive())];
                fixed (long* p = sizes)
                    Native.tsh_sizes(handle, p, null);
                GC.KeepAlive(this);
                return sizes;
            }
        }

        /// <summary>The sizes of all dimensions (a new array).</summary>
        public long[] size() => shape;

        /// <summary>The size of one dimension.</summary>
        /// <param name="dimension">The dimension; negative counts from the end.</param>
        /// <exception cref="ArgumentOutOfRangeException">The tensor has no such dimension.</exception>
        public long size(long dimension)
        {
            var n = Native.tsh_dim(Alive());
            var d = dimension < 0 ? dimension + n : dimension;
            if (d < 0 || d >= n)
                throw new ArgumentOutOfRangeException(
                    nameof(dimension),
                    dimension,
                    $"size: the tensor has {n} dimension(s)"
                );
            var sizes = stackalloc long[n];
            Native.tsh_sizes(handle, sizes, null);
            GC.KeepAlive(this);
            return sizes[d];
        }

        /// <summary>How many elements apart neighbours along each dimension lie in memory.</summary>
        public long[] stride()
        {
            var strides = new long[Native.tsh_dim(Alive())];
            fixed (long* p = strides)
                Native.tsh_sizes(handle, null, p);
            GC.KeepAlive(this);
            return strides;
        }

        /// <summary>The number of elements.</summary>
        public long numel()
        {
            var n = Native.tsh_numel(Alive());
            GC.KeepAlive(this);
            return n;
        }

        /// <summary>The number of elements.</summary>
        public long NumberOfElements => numel();

        /// <summary>The bytes of all elements.</summary>
        public long nbytes
        {
            get
            {
                var n = Native.tsh_nbytes(Alive());
                GC.KeepAlive(this);
                return n;
            }
        }

        /// <summary>The element type.</summary>
        public ScalarType dtype
        {
            get
            {
                var t = (ScalarType)Engine.Check(Native.tsh_dtype(Alive()));
                GC.KeepAlive(this);
                return t;
            }
        }

        /// <summary>Where the elements are.</summary>
        public Device device
        {
            get
            {
                int index;
                var type = Engine.Check(Native.tsh_device(Alive(), &index));
                GC.KeepAlive(this);
                return type == 0 ? CPU : new Device((DeviceType)type, index);
            }
        }

        /// <summary>The kind of device that the elements are on.</summary>
        public DeviceType device_type => device.type;

        /// <summary>Whether the element type is a floating-point one.</summary>
        public bool is_floating_point() => torch.is_floating_point(dtype);

        /// <summary>Whether the elements lie in memory in row-major order without gaps.</summary>
        public bool is_contiguous()
        {
            var yes = Engine.Check(Native.tsh_is_contiguous(Alive())) != 0;
            GC.KeepAlive(this);
            return yes;
        }

        /// <summary>Where in its storage the tensor starts, in elements.</summary>
        public long storage_offset()
        {
            var offset = Native.tsh_storage_offset(Alive());
            GC.KeepAlive(this);
            return offset;
        }

        /// <summary>How often the elements have been changed in place; autograd uses it to detect invalid backward passes.</summary>
        public long _version
        {
            get
            {
                var version = Native.tsh_version_counter(Alive());
                GC.KeepAlive(this);
                return version < 0 ? throw Engine.Error((int)version, nameof(_version), null) : version;
            }
        }

        /// <summary>A second handle on the same tensor (same elements, same autograd node), owned by the current scope.</summary>
        public Tensor alias()
        {
            var copy = new Tensor(Native.tsh_clone_ref(Alive()));
            GC.KeepAlive(this);
            return copy;
        }

        /// <summary>Frees this tensor when the enclosing scope ends, not the current one; without one, nobody but the caller.</summary>
        /// <returns>This tensor.</returns>
        public Tensor MoveToOuterDisposeScope()
        {
            RequireAlive();
            if (owner is DisposeScope scope)
                scope.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes this tensor out of its scope: from now on its holder frees it.</summary>
        /// <returns>This tensor.</returns>
        public Tensor DetachFromDisposeScope()
        {
            RequireAlive();
            if (owner is DisposeScope scope)
                scope.Detach(this);
            return this;
        }

        /// <summary>Moves this tensor to a scope.</summary>
        /// <returns>This tensor.</returns>
        public Tensor MoveToOtherDisposeScope(DisposeScope other)
        {
            ArgumentNullException.ThrowIfNull(other);
            RequireAlive();
            other.Attach(this);
            return this;
        }

        /// <summary>Moves this tensor to the scope of another tensor, or out of all scopes when that has none.</summary>
        /// <returns>This tensor.</returns>
        public Tensor MoveToOtherDisposeScope(Tensor other)
        {
            ArgumentNullException.ThrowIfNull(other);
            return other.owner is DisposeScope scope ? MoveToOtherDisposeScope(scope) : DetachFromDisposeScope();
        }

        /// <summary>"Tensor[2, 3] Float32 cpu".</summary>
        public override string ToString()
        {
            var text = new StringBuilder();
            Describe(text);
            return text.ToString();
        }

        internal void Describe(StringBuilder text)
        {
            if (handle == 0)
            {
                text.Append("Tensor (disposed)");
                return;
            }
            text.Append("Tensor[").AppendJoin(", ", shape).Append("] ").Append(dtype).Append(' ').Append(device);
        }
    }
}
