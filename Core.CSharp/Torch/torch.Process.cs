namespace TorchSharp;

/// <summary>Tensors, automatic differentiation and neural networks over libtorch, under TorchSharp's names.</summary>
public static unsafe partial class torch
{
    /// <summary>The version of libtorch that the shim was built against, e.g. "1.13.1".</summary>
    /// <exception cref="DllNotFoundException">The native shim is missing; the message says how to build it.</exception>
    public static string __version__
    {
        get
        {
            Engine.Require();
            return EngineVersion;
        }
    }

    internal static string EngineVersion => Engine.Loaded ? Native.Text(Native.tsh_version()) : "(not loaded)";

    /// <summary>How libtorch was built and runs in parallel: compiler, BLAS, MKL, OpenMP, threads.</summary>
    public static string __config__
    {
        get
        {
            Engine.Require();
            return Native.Text(Native.tsh_config());
        }
    }

    /// <summary>Starts the engine now rather than at the first use; all operators in use are resolved.</summary>
    /// <param name="type">A device to make ready too; CUDA's first use takes seconds.</param>
    /// <exception cref="DllNotFoundException">The native shim is missing or unfit; the message says how to build it.</exception>
    /// <exception cref="NotSupportedException">The engine lacks operators; the message lists them all.</exception>
    /// <exception cref="InvalidOperationException">There is no such device.</exception>
    public static void InitializeDeviceType(DeviceType type)
    {
        Engine.Require();
        if (type == DeviceType.CUDA && !cuda.is_available())
            throw new InvalidOperationException(
                $"no CUDA device: libtorch {EngineVersion} {(HasFeature("cuda") ? "finds none on this machine" : "was built without CUDA")}"
            );
    }

    /// <summary>How many threads one operator may use on the processor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public static void set_num_threads(int num)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(num);
        Engine.Require();
        Engine.Check(Native.tsh_set_threads(num));
    }

    /// <summary>How many threads one operator may use on the processor.</summary>
    public static int get_num_threads()
    {
        Engine.Require();
        return Engine.Check(Native.tsh_get_threads());
    }

    /// <summary>How many threads run independent operators; to be set before any parallel work.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public static void set_num_interop_threads(int num)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(num);
        Engine.Require();
        Engine.Check(Native.tsh_set_interop_threads(num));
    }

    /// <summary>How many threads run independent operators.</summary>
    public static int get_num_interop_threads()
    {
        Engine.Require();
        return Engine.Check(Native.tsh_get_interop_threads());
    }

    /// <summary>Makes operators without a deterministic form an error (or a warning) and chooses deterministic forms elsewhere.</summary>
    public static void use_deterministic_algorithms(bool mode = true, bool warn_only = false)
    {
        Engine.Require();
        Engine.Check(Native.tsh_set_deterministic(mode ? 1 : 0, warn_only ? 1 : 0));
    }

    /// <summary>Whether deterministic algorithms are asked for.</summary>
    public static bool are_deterministic_algorithms_enabled()
    {
        Engine.Require();
        return Native.tsh_deterministic() != 0;
    }

    internal static bool HasFeature(string name)
    {
        Engine.Require();
        return Engine.Check(Native.tsh_has(name)) != 0;
    }

    /// <summary>NVIDIA GPUs.</summary>
    public static class cuda
    {
        /// <summary>Whether libtorch was built with CUDA and finds a device.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>The number of devices.</summary>
        public static int device_count()
        {
            Engine.Require();
            return Engine.Check(Native.tsh_device_count((int)DeviceType.CUDA));
        }

        /// <summary>Waits until a device, by default the current one, has done all its work.</summary>
        public static void synchronize(int device = -1)
        {
            Engine.Require();
            Engine.Check(Native.tsh_synchronize((int)DeviceType.CUDA, device));
        }

        /// <summary>The position of a device's default generator (a Byte tensor on the processor).</summary>
        public static Tensor get_rng_state(Device? device = null)
        {
            using var generator = Generator.Default(device ?? CUDA);
            return generator.get_state();
        }

        /// <summary>Continues a device's default generator from a position that <see cref="get_rng_state"/> returned.</summary>
        public static void set_rng_state(Tensor new_state, Device? device = null)
        {
            using var generator = Generator.Default(device ?? CUDA);
            generator.set_state(new_state);
        }
    }

    /// <summary>Libraries behind the engine.</summary>
    public static class backends
    {
        /// <summary>Intel's MKL.</summary>
        public static class mkl
        {
            /// <summary>Whether libtorch was built with MKL.</summary>
            public static bool is_available() => HasFeature("mkl");
        }

        /// <summary>oneDNN.</summary>
        public static class mkldnn
        {
            /// <summary>Whether libtorch was built with oneDNN.</summary>
            public static bool is_available() => HasFeature("mkldnn");
        }

        /// <summary>OpenMP.</summary>
        public static class openmp
        {
            /// <summary>Whether libtorch was built with OpenMP.</summary>
            public static bool is_available() => HasFeature("openmp");
        }
    }
}
