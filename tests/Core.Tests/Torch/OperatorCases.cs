using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Core.Tests.Torch;

/// <summary>The operator cases of tests/golden/torch_ops.py, by the same names, as a user of the binding writes them.</summary>
static class OperatorCases
{
    public static readonly Dictionary<string, Func<Tensor[], Tensor>> All = new[]
    {
        Pointwise(),
        Arithmetic(),
        Comparison(),
        Reductions(),
        Sorting(),
        Views(),
        Selection(),
        LinearAlgebra(),
        Layers(),
        Losses(),
        Images(),
    }
        .SelectMany(cases => cases)
        .ToDictionary(c => c.Key, c => c.Value);

    private static Dictionary<string, Func<Tensor[], Tensor>> Pointwise() =>
        new()
        {
            ["abs"] = x => x[0].abs(),
            ["neg"] = x => -x[0],
            ["exp"] = x => x[0].exp(),
            ["expm1"] = x => x[0].expm1(),
            ["square"] = x => x[0].square(),
            ["sin"] = x => sin(x[0]),
            ["cos"] = x => cos(x[0]),
            ["tan"] = x => tan(x[0]),
            ["tanh"] = x => F.tanh(x[0]),
            ["sigmoid"] = x => F.sigmoid(x[0]),
            ["erf"] = x => x[0].erf(),
            ["floor"] = x => x[0].floor(),
            ["ceil"] = x => x[0].ceil(),
            ["round"] = x => x[0].round(),
            ["trunc"] = x => x[0].trunc(),
            ["sign"] = x => x[0].sign(),
            ["frac"] = x => x[0].frac(),
            ["isfinite"] = x => x[0].isfinite(),
            ["relu"] = x => F.relu(x[0]),
            ["log"] = x => x[0].log(),
            ["log1p"] = x => x[0].log1p(),
            ["log2"] = x => x[0].log2(),
            ["log10"] = x => x[0].log10(),
            ["sqrt"] = x => x[0].sqrt(),
            ["rsqrt"] = x => x[0].rsqrt(),
            ["reciprocal"] = x => x[0].reciprocal(),
            ["isnan"] = x => x[0].sqrt().isnan(),
            ["isinf"] = x => (x[0] / 0.0).isinf(),
            ["nan_to_num"] = x => x[0].log().nan_to_num(7.0),
            ["pow.scalar"] = x => x[0].pow(2.5),
            ["pow.tensor"] = x => x[0].pow(x[1]),
            ["clamp"] = x => x[0].clamp(-0.5, 0.5),
            ["clamp.tensor"] = x => x[0].clamp(min: x[1]),
            ["clamp_min"] = x => x[0].clamp_min(0.1),
            ["clamp_max"] = x => x[0].clamp_max(0.1),
            ["lerp"] = x => x[0].lerp(x[1], 0.3),
            ["lerp.tensor"] = x => x[0].lerp(x[1], x[2]),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Arithmetic() =>
        new()
        {
            ["add"] = x => x[0] + x[1],
            ["add.alpha"] = x => x[0].add(x[1], 2.5),
            ["add.scalar"] = x => x[0] + 2,
            ["sub"] = x => x[0] - x[1],
            ["sub.alpha"] = x => sub(x[0], x[1], 2),
            ["rsub.scalar"] = x => 1.5 - x[0],
            ["mul"] = x => x[0] * x[1],
            ["mul.scalar"] = x => 3 * x[0],
            ["div"] = x => x[0] / x[1],
            ["div.scalar"] = x => x[0] / 4,
            ["rdiv.scalar"] = x => 2.0 / x[0],
            ["floor_divide"] = x => x[0].detach().floor_divide(x[1].detach()),
            ["remainder"] = x => x[0] % x[1],
            ["remainder.scalar"] = x => x[0] % 0.7,
            ["addcmul"] = x => x[0].addcmul(x[1], x[2], 0.5),
            ["addcdiv"] = x => x[0].addcdiv(x[1], x[2], 0.5),
            ["in_place"] = x => x[0].clone().add_(x[1], 2).mul_(x[1]).sub_(1).div_(2).exp_(),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Comparison() =>
        new()
        {
            ["eq"] = x => x[0].eq(x[1]),
            ["eq.scalar"] = x => x[0].eq(1),
            ["ne"] = x => x[0].ne(x[1]),
            ["ne.scalar"] = x => x[0].ne(1),
            ["lt"] = x => x[0] < x[1],
            ["lt.scalar"] = x => x[0] < 1,
            ["le"] = x => x[0] <= x[1],
            ["le.scalar"] = x => x[0] <= 1,
            ["gt"] = x => x[0] > x[1],
            ["gt.scalar"] = x => x[0] > 1,
            ["ge"] = x => x[0] >= x[1],
            ["ge.scalar"] = x => x[0] >= 1,
            ["maximum"] = x => x[0].maximum(x[1]),
            ["minimum"] = x => x[0].minimum(x[1]),
            ["logical_and"] = x => x[0].logical_and(x[1]),
            ["logical_or"] = x => x[0].logical_or(x[1]),
            ["logical_xor"] = x => x[0].logical_xor(x[1]),
            ["bitwise_and"] = x => x[0] & x[1],
            ["bitwise_or"] = x => x[0] | x[1],
            ["bitwise_xor"] = x => x[0] ^ x[1],
            ["logical_not"] = x => x[0].logical_not(),
            ["bitwise_not"] = x => ~x[0],
            ["isclose"] = x => x[0].isclose(x[1], 0.5, 0.1),
            ["where"] = x => where(x[0], x[1], x[2]),
            ["where.scalar"] = x => where(x[0], x[1], 2.0),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Reductions() =>
        new()
        {
            ["sum"] = x => x[0].sum(),
            ["sum.dim"] = x => x[0].sum(1, keepdim: true),
            ["sum.dims"] = x => x[0].sum([0, 2]),
            ["mean"] = x => x[0].mean(),
            ["mean.dims"] = x => x[0].mean([0, 2], keepdim: true),
            ["var"] = x => x[0].var(),
            ["var.dim"] = x => x[0].var(1, unbiased: false),
            ["std"] = x => x[0].std(),
            ["std.dims"] = x => x[0].std([0, 1], keepdim: true),
            ["prod"] = x => x[0].prod(),
            ["prod.dim"] = x => x[0].prod(1),
            ["max"] = x => x[0].max(),
            ["max.dim"] = x => x[0].max(1).values,
            ["max.indexes"] = x => x[0].max(0).indexes,
            ["amax"] = x => x[0].amax([0, 1]),
            ["argmax"] = x => x[0].argmax(),
            ["argmax.dim"] = x => x[0].argmax(1, keepdim: true),
            ["min"] = x => x[0].min(),
            ["min.dim"] = x => x[0].min(1).values,
            ["min.indexes"] = x => x[0].min(0).indexes,
            ["amin"] = x => x[0].amin([0, 1]),
            ["argmin"] = x => x[0].argmin(),
            ["argmin.dim"] = x => x[0].argmin(1, keepdim: true),
            ["all"] = x => x[0].all(),
            ["all.dim"] = x => x[0].all(1),
            ["any"] = x => x[0].any(),
            ["any.dim"] = x => x[0].any(0, keepdim: true),
            ["median"] = x => x[0].median(),
            ["median.dim"] = x => x[0].median(1).values,
            ["logsumexp"] = x => x[0].logsumexp(1),
            ["norm"] = x => x[0].norm(),
            ["norm.dim"] = x => x[0].norm(-1, keepdim: true),
            ["norm.one"] = x => x[0].norm(0, p: 1),
            ["cumsum"] = x => x[0].cumsum(1),
            ["cumprod"] = x => x[0].cumprod(1),
            ["count_nonzero"] = x => x[0].count_nonzero(),
            ["softmax"] = x => x[0].softmax(-1),
            ["log_softmax"] = x => F.log_softmax(x[0], 0),
            ["bincount"] = x => x[0].bincount(minlength: 7),
            ["histc"] = x => x[0].histc(4, -2, 2),
            ["quantile"] = x => x[0].quantile(0.3, 1),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Sorting() =>
        new()
        {
            ["sort"] = x => x[0].sort(1).Values,
            ["sort.descending"] = x => x[0].sort(0, descending: true).Indices,
            ["argsort"] = x => x[0].argsort(1),
            ["topk"] = x => x[0].topk(2).values,
            ["topk.indexes"] = x => x[0].topk(2, 0, largest: false).indexes,
            ["kthvalue"] = x => x[0].kthvalue(2).values,
            ["unique"] = x => x[0].unique().output,
            ["unique.counts"] = x => x[0].unique(return_counts: true).counts!,
            ["nonzero"] = x => x[0].nonzero(),
            ["searchsorted"] = x => tensor(new long[] { 1, 3, 5, 7 }).searchsorted(x[0]),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Views() =>
        new()
        {
            ["view"] = x => x[0].view(2, -1),
            ["reshape"] = x => x[0].t().reshape(2, 6),
            ["flatten"] = x => x[0].flatten(1),
            ["unflatten"] = x => x[0].unflatten(-1, 2, 4),
            ["squeeze"] = x => x[0].squeeze(),
            ["squeeze.dim"] = x => x[0].squeeze(1),
            ["unsqueeze"] = x => x[0].unsqueeze(1),
            ["transpose"] = x => x[0].transpose(0, 2),
            ["permute"] = x => x[0].permute(2, 0, 1),
            ["movedim"] = x => x[0].movedim(0, 2),
            ["expand"] = x => x[0].expand(2, -1, 4),
            ["repeat"] = x => x[0].repeat(2, 1, 2),
            ["tile"] = x => x[0].tile(2),
            ["repeat_interleave"] = x => x[0].repeat_interleave(2, 1),
            ["unbind"] = x => x[0].unbind(1)[2],
            ["split"] = x => x[0].split(2)[2],
            ["split.sizes"] = x => x[0].split([1, 4])[1],
            ["chunk"] = x => x[0].chunk(2)[1],
            ["flip"] = x => x[0].flip(0, 1),
            ["roll"] = x => x[0].roll(1, 1),
            ["tril"] = x => x[0].tril(),
            ["triu"] = x => x[0].triu(1),
            ["diagonal"] = x => x[0].diagonal(1),
            ["diag"] = x => x[0].diag(),
            ["unfold"] = x => x[0].unfold(1, 3, 2),
            ["cat"] = x => cat([x[0], x[1]]),
            ["stack"] = x => stack([x[0], x[1]], 1),
            ["meshgrid"] = x => meshgrid([x[0], x[1]], "xy")[0],
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Selection() =>
        new()
        {
            ["select"] = x => x[0].select(1, -1),
            ["narrow"] = x => x[0].narrow(1, 1, 2),
            ["slice"] = x => x[0][TensorIndex.Slice(1, -1, 2)],
            ["index_select"] = x => x[0].index_select(1, x[1]),
            ["gather"] = x => x[0].gather(1, x[1]),
            ["take"] = x => x[0].take(x[1]),
            ["masked_select"] = x => x[0].masked_select(x[1]),
            ["masked_fill"] = x => x[0].masked_fill(x[1], -2.0),
            ["scatter.src"] = x => x[0].scatter(1, x[1], x[2]),
            ["scatter.value"] = x => x[0].scatter(1, x[1], 5.0),
            ["scatter_add"] = x => x[0].scatter_add(1, x[1], x[2]),
            ["index_add"] = x => x[0].index_add(0, x[1], x[2], 0.5),
            ["index.mixed"] = x => x[0][TensorIndex.Ellipsis, TensorIndex.Null, 1..3][TensorIndex.Colon, x[1]],
            ["index.mask"] = x => x[0][x[1]],
            ["index.pairs"] = x => x[0][x[1], x[2]],
            ["index.put"] = x => x[0].clone().index_put_(x[2], x[1]),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> LinearAlgebra() =>
        new()
        {
            ["matmul"] = x => x[0].matmul(x[1]),
            ["mm"] = x => mm(x[0], x[1]),
            ["bmm"] = x => x[0].bmm(x[1]),
            ["mv"] = x => x[0].mv(x[1]),
            ["dot"] = x => x[0].dot(x[1]),
            ["outer"] = x => x[0].outer(x[1]),
            ["addmm"] = x => addmm(x[0], x[1], x[2], 0.5, 2),
            ["baddbmm"] = x => x[0].baddbmm(x[1], x[2], 0.5, 2),
            ["einsum"] = x => einsum("bid,bjd->bij", x[0], x[1]),
            ["cdist"] = x => cdist(x[0], x[1]),
            ["trace"] = x => x[0].trace(),
            ["inverse"] = x => x[0].inverse(),
            ["solve"] = x => linalg.solve(x[0], x[1]),
            ["cholesky"] = x => linalg.cholesky(x[0].mm(x[0].t()) + 4 * eye(4)),
            ["eigenvalues"] = x => linalg.eigh(x[0] + x[0].t()).eigenvalues,
            ["singular_values"] = x => linalg.svd(x[0]).S,
            ["vector_norm"] = x => linalg.vector_norm(x[0], 3, [1]),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Layers() =>
        new()
        {
            ["linear"] = x => F.linear(x[0], x[1], x[2]),
            ["layer_norm"] = x => F.layer_norm(x[0], [4], x[1], x[2]),
            ["group_norm"] = x => F.group_norm(x[0], 2, x[1], x[2]),
            ["batch_norm"] = x => F.batch_norm(x[0], x[1].detach(), x[2].detach(), x[3], x[4]),
            ["batch_norm.training"] = x => F.batch_norm(x[0], null, null, x[1], x[2], training: true),
            ["conv2d"] = x => F.conv2d(x[0], x[1], x[2], [2], [1]),
            ["conv2d.groups"] = x => F.conv2d(x[0], x[1], null, dilation: [2, 2], groups: 2),
            ["conv1d"] = x => F.conv1d(x[0], x[1], x[2], 1, 1),
            ["embedding"] = x => F.embedding(x[0], x[1], 0),
            ["normalize"] = x => F.normalize(x[0], dim: -1),
            ["pad.constant"] = x => F.pad(x[0], [1, 0, -1, 2], value: 3.0),
            ["pad.reflect"] = x => F.pad(x[0], [1, 2, 1, 0], PaddingModes.Reflect),
            ["one_hot"] = x => F.one_hot(x[0], 6),
            ["cosine_similarity"] = x => F.cosine_similarity(x[0], x[1]),
            ["gelu"] = x => F.gelu(x[0]),
            ["gelu.tanh"] = x => F.gelu(x[0], "tanh"),
            ["quick_gelu"] = x => F.quick_gelu(x[0]),
            ["silu"] = x => F.silu(x[0]),
            ["logsigmoid"] = x => F.logsigmoid(x[0]),
            ["softplus"] = x => F.softplus(x[0], 2.0),
            ["leaky_relu"] = x => F.leaky_relu(x[0], 0.1),
            ["elu"] = x => F.elu(x[0], 1.5),
            ["attention"] = x => F.scaled_dot_product_attention(x[0], x[1], x[2]),
            ["attention.mask"] = x => F.scaled_dot_product_attention(x[0], x[1], x[2], x[3]),
            ["attention.causal"] = x => F.scaled_dot_product_attention(x[0], x[1], x[2], is_casual: true),
            ["attention.bool"] = x => F.scaled_dot_product_attention(x[0], x[1], x[2], ones(5, 5).tril() > 0),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Losses() =>
        new()
        {
            ["cross_entropy"] = x => F.cross_entropy(x[0], x[1]),
            ["cross_entropy.smooth"] = x =>
                F.cross_entropy(x[0], x[1], reduction: nn.Reduction.Sum, label_smoothing: 0.1),
            ["cross_entropy.soft"] = x => F.cross_entropy(x[0], x[1] / x[1].sum(1, keepdim: true)),
            ["nll_loss"] = x => F.nll_loss(x[0].log_softmax(1), x[1], reduction: nn.Reduction.None),
            ["mse_loss"] = x => F.mse_loss(x[0], x[1]),
            ["l1_loss"] = x => F.l1_loss(x[0], x[1]),
            ["smooth_l1_loss"] = x => F.smooth_l1_loss(x[0], x[1], nn.Reduction.Sum),
            ["kl_div"] = x => F.kl_div(x[0].log_softmax(1), x[1].log_softmax(1), true, nn.Reduction.Sum),
            ["kl_div.probabilities"] = x => F.kl_div(x[0].log_softmax(1), x[1].softmax(1), false),
            ["bce_with_logits"] = x => F.binary_cross_entropy_with_logits(x[0], x[1]),
            ["bce_with_logits.weights"] = x =>
                F.binary_cross_entropy_with_logits(x[0], x[1], x[2].detach(), pos_weights: x[3].detach()),
            ["bce"] = x => F.binary_cross_entropy(x[0], x[1].detach()),
        };

    private static Dictionary<string, Func<Tensor[], Tensor>> Images() =>
        new()
        {
            ["avg_pool2d"] = x => F.avg_pool2d(x[0], 2),
            ["avg_pool2d.padded"] = x => F.avg_pool2d(x[0], [3, 2], [2, 2], [1, 0], count_include_pad: false),
            ["max_pool2d"] = x => F.max_pool2d(x[0], 3, 2, 1),
            ["adaptive_avg_pool2d"] = x => F.adaptive_avg_pool2d(x[0], [3, 4]),
            ["interpolate.nearest"] = x => F.interpolate(x[0], scale_factor: [1.5]),
            ["interpolate.bilinear"] = x => F.interpolate(x[0], [4, 9], mode: InterpolationMode.Bilinear),
            ["interpolate.corners"] = x =>
                F.interpolate(x[0], [4, 9], mode: InterpolationMode.Bilinear, align_corners: true),
            ["interpolate.bicubic"] = x => F.interpolate(x[0], [4, 9], mode: InterpolationMode.Bicubic),
            ["interpolate.antialias"] = x =>
                F.interpolate(x[0], [3, 3], mode: InterpolationMode.Bilinear, antialias: true),
            ["interpolate.bicubic_antialias"] = x =>
                F.interpolate(x[0], [3, 3], mode: InterpolationMode.Bicubic, antialias: true),
            ["interpolate.area"] = x => F.interpolate(x[0], [3, 2], mode: InterpolationMode.Area),
        };
}
