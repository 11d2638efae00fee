namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of pseudo-random numbers on a device.</summary>
    public sealed unsafe class Generator : IDisposable
    {
        private nint handle;

        private Generator(nint handle, Device device)
        {
            this.handle = handle;
            this.device = device;
        }

        /// <summary>A new generator.</summary>
        /// <param name="seed">Its seed.</param>
        /// <param name="device">The device that it draws for; by default the processor.</param>
        public Generator(ulong seed = 0, Device? device = null)
        {
            Engine.Require();
            this.device = device ?? CPU;
            nint result;
            Engine.Check(
                Native.tsh_gen_new((int)this.device.type, this.device.index, seed, &result),
                nameof(Generator)
            );
            handle = result;
        }

        /// <summary>Frees the native generator when nobody disposed it.</summary>
        ~Generator() => Free();

        /// <summary>The device that it draws for.</summary>
        public Device device { get; }

        internal nint Handle =>
            handle != 0
                ? handle
                : throw new ObjectDisposedException(nameof(Generator), "the generator has been disposed");

        /// <summary>The default generator of a device.</summary>
        internal static Generator Default(Device device)
        {
            Engine.Require();
            nint result;
            Engine.Check(Native.tsh_gen_default((int)device.type, device.index, &result), nameof(Generator));
            return new Generator(result, device);
        }

        /// <summary>Starts the stream of a seed.</summary>
        /// <returns>This generator.</returns>
        public Generator manual_seed(long seed)
        {
            Engine.Check(Native.tsh_gen_set_seed(Handle, (ulong)seed));
            GC.KeepAlive(this);
            return this;
        }

        /// <summary>The seed that the stream started from.</summary>
        public long initial_seed()
        {
            ulong seed;
            Engine.Check(Native.tsh_gen_seed(Handle, &seed));
            GC.KeepAlive(this);
            return (long)seed;
        }

        /// <summary>The position in the stream (a Byte tensor on the CPU), for <see cref="set_state"/>.</summary>
        public Tensor get_state()
        {
            nint result;
            Engine.Check(Native.tsh_gen_get_state(Handle, &result));
            GC.KeepAlive(this);
            return new Tensor(result);
        }

        /// <summary>Continues from a position that <see cref="get_state"/> returned.</summary>
        public void set_state(Tensor value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Engine.Check(Native.tsh_gen_set_state(Handle, value.Alive()));
            GC.KeepAlive(value);
            GC.KeepAlive(this);
        }

        /// <summary>Frees the native generator. Idempotent.</summary>
        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        private void Free()
        {
            var h = Interlocked.Exchange(ref handle, 0);
            if (h != 0)
                Native.tsh_gen_free(h);
        }
    }

    /// <summary>Seeds the default generators of all devices.</summary>
    /// <returns>The processor's default generator.</returns>
    public static Generator manual_seed(long seed)
    {
        Engine.Require();
        Engine.Check(Native.tsh_manual_seed((ulong)seed));
        return Generator.Default(CPU);
    }

    /// <summary>The processor's default generator.</summary>
    public static Generator default_generator => Generator.Default(CPU);

    /// <summary>The position of the processor's default generator (a Byte tensor).</summary>
    public static Tensor get_rng_state()
    {
        using var generator = Generator.Default(CPU);
        return generator.get_state();
    }

    /// <summary>Continues the processor's default generator from a position that <see cref="get_rng_state"/> returned.</summary>
    public static void set_rng_state(Tensor new_state)
    {
        using var generator = Generator.Default(CPU);
        generator.set_state(new_state);
    }
}
