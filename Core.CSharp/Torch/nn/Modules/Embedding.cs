using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>A table of vectors, looked up by id. Parameter: weight (ids x dimensions).</summary>
        public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly long? paddingIdx;

            /// <summary>ids x dimensions.</summary>
            public Parameter weight { get; }

            internal Embedding(
                long numEmbeddings,
                long embeddingDims,
                long? paddingIdx,
                torch.Device? device,
                torch.ScalarType? dtype
            )
                : base(nameof(Embedding))
            {
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(numEmbeddings);
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(embeddingDims);
                if (paddingIdx is { } p && (p < 0 || p >= numEmbeddings))
                    throw new ArgumentOutOfRangeException(
                        nameof(paddingIdx),
                        p,
                        $"Embedding: the padding index must be in 0 .. {numEmbeddings - 1}."
                    );
                this.paddingIdx = paddingIdx;
                weight = new Parameter(torch.empty(numEmbeddings, embeddingDims, dtype: dtype, device: device));
                torch.nn.init.normal_(weight);
                if (paddingIdx is { } padding)
                    using (torch.NewDisposeScope())
                    using (torch.no_grad())
                        weight.select(0, padding).zero_();
                RegisterComponents();
            }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => F.embedding(input, weight, paddingIdx ?? -1);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A lookup table: int64 ids of any shape to the same shape x dimensions. Initially N(0, 1).</summary>
            /// <param name="num_embeddings">The number of ids.</param>
            /// <param name="embedding_dims">The length of a vector.</param>
            /// <param name="padding_idx">An id whose vector is 0 and gets no gradient.</param>
            /// <param name="device">Where the table lives.</param>
            /// <param name="dtype">Its dtype.</param>
            public static Embedding Embedding(
                long num_embeddings,
                long embedding_dims,
                long? padding_idx = null,
                Device? device = null,
                ScalarType? dtype = null
            ) => new(num_embeddings, embedding_dims, padding_idx, device, dtype);
        }
    }
}
