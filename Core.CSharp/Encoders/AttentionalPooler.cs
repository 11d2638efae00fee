using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// Learned queries that attend to tokens, B x N x width to B x Q x output. Names are those of open_clip's AttentionalPooler: query, attn (a
/// MultiheadAttention whose keys have another width), ln_q, ln_k. Queries do not see each other, so only those that are wanted are computed.
/// </summary>
sealed class AttentionalPooler : OwningModule<Tensor, Tensor>
{
    readonly bool average;

    public Parameter query { get; }
    public CrossAttention attn { get; }
    public LayerNorm ln_q { get; }
    public LayerNorm ln_k { get; }

    /// <param name="width">Of the tokens.</param>
    /// <param name="output">Width of the queries and of the result.</param>
    /// <param name="heads">Attention heads; they divide <paramref name="output"/>.</param>
    /// <param name="queries">Learned queries.</param>
    /// <param name="average">Whether the result is that of all queries but the first (Q = queries - 1), or of the first (Q = 1).</param>
    /// <param name="epsilon">Of the layer norms.</param>
    public AttentionalPooler(int width, int output, int heads, int queries, bool average, double epsilon)
        : base(nameof(AttentionalPooler))
    {
        this.average = average;
        query = new Parameter(empty(queries, output));
        attn = new CrossAttention(output, width, heads);
        ln_q = nn.LayerNorm(output, epsilon);
        ln_k = nn.LayerNorm(width, epsilon);
        nn.init.normal_(query);
        RegisterComponents();
    }

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var wanted = average ? query.narrow(0, 1, query.shape[0] - 1) : query.narrow(0, 0, 1);
        return attn.call(ln_q.call(wanted), ln_k.call(tokens)).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Multi-head attention of queries (Q x width, the same for every row) to tokens (B x N x keyWidth): B x Q x width. Names and initial values
/// are those of PyTorch's MultiheadAttention(width, heads, kdim=keyWidth, vdim=keyWidth).
/// </summary>
sealed class CrossAttention : OwningModule<Tensor, Tensor, Tensor>
{
    readonly int heads;
    readonly Parameter? in_proj_weight; // where both widths are the same
    readonly Parameter? q_proj_weight;
    readonly Parameter? k_proj_weight;
    readonly Parameter? v_proj_weight;

    public Parameter in_proj_bias { get; }
    public Linear out_proj { get; }

    public CrossAttention(int width, int keyWidth, int heads)
        : base(nameof(CrossAttention))
    {
        if (width % heads != 0)
            throw new ArgumentException(
                $"VisionConfig.PoolerHeads = {heads} must divide the width of the joint space, {width}."
            );
        this.heads = heads;
        if (width == keyWidth)
            in_proj_weight = Weight(3 * width, width);
        else
        {
            q_proj_weight = Weight(width, width);
            k_proj_weight = Weight(width, keyWidth);
            v_proj_weight = Weight(width, keyWidth);
        }
        in_proj_bias = new Parameter(zeros(3 * width));
        out_proj = nn.Linear(width, width);
        nn.init.zeros_(out_proj.bias!);
        RegisterComponents();
    }

    static Parameter Weight(int rows, int columns)
    {
        var weight = new Parameter(empty(rows, columns));
        nn.init.xavier_uniform_(weight);
        return weight;
    }

    public override Tensor forward(Tensor queries, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (width, batch) = (queries.shape[1], tokens.shape[0]);
        var weights = in_proj_weight?.chunk(3, 0) ?? [q_proj_weight!, k_proj_weight!, v_proj_weight!];
        var bias = in_proj_bias.chunk(3, 0);
        Tensor Heads(Tensor x) => x.unflatten(x.dim() - 1, heads, width / heads).transpose(-3, -2); // heads before positions
        var query = Heads(F.linear(queries, weights[0], bias[0])).unsqueeze(0).expand(batch, -1, -1, -1);
        var (key, value) = (Heads(F.linear(tokens, weights[1], bias[1])), Heads(F.linear(tokens, weights[2], bias[2])));
        var attended = F.scaled_dot_product_attention(query, key, value); // B x heads x Q x width / heads
        var joined = attended.transpose(1, 2).reshape(batch, queries.shape[0], width);
        return out_proj.call(joined).MoveToOuterDisposeScope();
    }
}
