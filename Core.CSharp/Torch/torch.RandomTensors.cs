namespace TorchSharp;

public static partial class torch
{
    /// <summary>Numbers drawn uniformly from [0, 1).</summary>
    public static Tensor rand(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    )
    {
        Engine.Require();
        return Grad(
            generator is null
                ? Ops.rand.Call(size, dtype, Arg.None, device)
                : Ops.rand__generator.Call(size, generator, dtype, Arg.None, device),
            requires_grad
        );
    }

    /// <summary>Numbers drawn uniformly from [0, 1).</summary>
    public static Tensor rand(
        long dim0,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn uniformly from [0, 1).</summary>
    public static Tensor rand(
        long dim0,
        long dim1,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn uniformly from [0, 1).</summary>
    public static Tensor rand(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1, dim2], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn uniformly from [0, 1).</summary>
    public static Tensor rand(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => rand([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    )
    {
        Engine.Require();
        return Grad(
            generator is null
                ? Ops.randn.Call(size, dtype, Arg.None, device)
                : Ops.randn__generator.Call(size, generator, dtype, Arg.None, device),
            requires_grad
        );
    }

    /// <summary>Numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(
        long dim0,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(
        long dim0,
        long dim1,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1, dim2], dtype, device, requires_grad, generator);

    /// <summary>Numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randn([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator);

    /// <summary>Whole numbers drawn uniformly from low .. high - 1; Int64 by default.</summary>
    public static Tensor randint(
        long low,
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    )
    {
        Engine.Require();
        var type = dtype ?? ScalarType.Int64;
        return Grad(
            generator is null
                ? Ops.randint__low.Call(low, high, size, type, Arg.None, device)
                : Ops.randint__low_generator.Call(low, high, size, generator, type, Arg.None, device),
            requires_grad
        );
    }

    /// <summary>Whole numbers drawn uniformly from 0 .. high - 1; Int64 by default.</summary>
    public static Tensor randint(
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randint(0, high, size, dtype, device, requires_grad, generator);

    /// <summary>The numbers 0 .. n - 1 in random order; Int64 by default.</summary>
    public static Tensor randperm(
        long n,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    )
    {
        Engine.Require();
        var type = dtype ?? ScalarType.Int64;
        return Grad(
            generator is null
                ? Ops.randperm.Call(n, type, Arg.None, device)
                : Ops.randperm__generator.Call(n, generator, type, Arg.None, device),
            requires_grad
        );
    }

    /// <summary>Numbers drawn uniformly from [0, 1), in the shape, type and place of another tensor.</summary>
    public static Tensor rand_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.rand_like.Call(input, dtype, Arg.None, device), requires_grad);

    /// <summary>Numbers drawn from the standard normal distribution, in the shape, type and place of another tensor.</summary>
    public static Tensor randn_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.randn_like.Call(input, dtype, Arg.None, device), requires_grad);

    /// <summary>Zeros, in the shape, type and place of another tensor.</summary>
    public static Tensor zeros_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.zeros_like.Call(input, dtype, Arg.None, device), requires_grad);

    /// <summary>Ones, in the shape, type and place of another tensor.</summary>
    public static Tensor ones_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.ones_like.Call(input, dtype, Arg.None, device), requires_grad);

    /// <summary>Uninitialised elements, in the shape, type and place of another tensor.</summary>
    public static Tensor empty_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.empty_like.Call(input, dtype, Arg.None, device), requires_grad);

    /// <summary>One value, in the shape, type and place of another tensor.</summary>
    public static Tensor full_like(
        Tensor input,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.full_like.Call(input, value, dtype, Arg.None, device), requires_grad);

    /// <summary>Whole numbers drawn uniformly from low .. high - 1, in the shape, type and place of another tensor.</summary>
    public static Tensor randint_like(
        Tensor input,
        long low,
        long high,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Grad(Ops.randint_like__low_dtype.Call(input, low, high, dtype, Arg.None, device), requires_grad);
}
