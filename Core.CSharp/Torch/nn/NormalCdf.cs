namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class init
        {
            /// <summary>The standard normal distribution function, to double precision.</summary>
            internal static double NormalCdf(double x) => 0.5 * Erfc(-x / Math.Sqrt(2));

            // .NET has no erfc. Below 2.5 the Maclaurin series of erf, above it the continued fraction of erfc.
            static double Erfc(double x)
            {
                if (x < 0)
                    return 2 - Erfc(-x);
                if (x < 2.5)
                {
                    double term = x,
                        sum = x;
                    for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum) && n < 200; n++)
                    {
                        term *= -x * x / n;
                        sum += term / (2 * n + 1);
                    }
                    return 1 - 2 / Math.Sqrt(Math.PI) * sum;
                }
                double fraction = 0;
                for (var k = 120; k >= 1; k--)
                    fraction = k / 2.0 / (x + fraction);
                return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * (x + fraction));
            }
        }
    }
}
