namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Copies the elements of src, converting type and device, with broadcasting.</summary>
        /// <returns>This tensor.</returns>
        public Tensor copy_(Tensor src, bool non_blocking = false)
        {
            Ops.copy_.Do(this, src, non_blocking);
            return this;
        }

        /// <summary>Sets every element.</summary>
        /// <returns>This tensor.</returns>
        public Tensor fill_(Scalar value)
        {
            Ops.fill___Scalar.Do(this, value);
            return this;
        }

        /// <summary>Sets every element to 0.</summary>
        /// <returns>This tensor.</returns>
        public Tensor zero_()
        {
            Ops.zero_.Do(this);
            return this;
        }

        /// <summary>Draws every element from a normal distribution.</summary>
        /// <returns>This tensor.</returns>
        public Tensor normal_(double mean = 0.0, double stddev = 1.0, Generator? generator = null)
        {
            Ops.normal_.Do(this, mean, stddev, generator);
            return this;
        }

        /// <summary>Draws every element uniformly from [from, to).</summary>
        /// <returns>This tensor.</returns>
        public Tensor uniform_(double from = 0.0, double to = 1.0, Generator? generator = null)
        {
            Ops.uniform_.Do(this, from, to, generator);
            return this;
        }

        /// <summary>Sets every element to 1 with probability p, else 0.</summary>
        /// <returns>This tensor.</returns>
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null)
        {
            Ops.bernoulli___float.Do(this, p, generator);
            return this;
        }

        /// <summary>Draws every element from the whole numbers low .. high - 1.</summary>
        /// <returns>This tensor.</returns>
        public Tensor random_(long low, long high, Generator? generator = null)
        {
            Ops.random___from.Do(this, low, high, generator);
            return this;
        }

        /// <summary>Draws every element from an exponential distribution.</summary>
        /// <returns>This tensor.</returns>
        public Tensor exponential_(double lambda = 1.0, Generator? generator = null)
        {
            Ops.exponential_.Do(this, lambda, generator);
            return this;
        }

        /// <summary>1 with the probability that each element gives, else 0.</summary>
        public Tensor bernoulli(Generator? generator = null) => Ops.bernoulli.Call(this, generator);

        /// <summary>Places drawn by the weights in each row (Int64).</summary>
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Ops.multinomial.Call(this, num_samples, replacement, generator);
    }
}
