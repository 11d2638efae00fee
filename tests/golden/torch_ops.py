"""Golden values per operator: inputs, output and gradients of each case, from PyTorch, in float32.

A case is a name, its inputs and a function. Inputs by kind: n normal, p positive, u in (0, 1), b bool, iK whole numbers below K.
The gradient is that of sum(output * cotangent). tests/Core.Tests/Torch/OperatorCases.cs has the same names for the C# side.
"""
import math

import torch
import torch.nn.functional as F

from common import save

CASES = []


def case(name, inputs, function):
    CASES.append((name, inputs, function))


n34, p34, u34, b34 = ("n", 3, 4), ("p", 3, 4), ("u", 3, 4), ("b", 3, 4)

for name in "abs neg exp expm1 square sin cos tan tanh sigmoid erf floor ceil round trunc sign frac isfinite relu".split():
    case(name, [n34], lambda x, name=name: getattr(x, name)())
for name in "log log1p log2 log10 sqrt rsqrt reciprocal".split():
    case(name, [p34], lambda x, name=name: getattr(x, name)())
case("isnan", [n34], lambda x: torch.isnan(x.sqrt()))
case("isinf", [n34], lambda x: torch.isinf(x / 0.0))
case("nan_to_num", [n34], lambda x: torch.nan_to_num(x.log(), 7.0))
case("pow.scalar", [p34], lambda x: x.pow(2.5))
case("pow.tensor", [p34, n34], lambda x, y: x.pow(y))
case("clamp", [n34], lambda x: x.clamp(-0.5, 0.5))
case("clamp.tensor", [n34, n34], lambda x, y: x.clamp(min=y))
case("clamp_min", [n34], lambda x: x.clamp_min(0.1))
case("clamp_max", [n34], lambda x: x.clamp_max(0.1))
case("lerp", [n34, n34], lambda x, y: x.lerp(y, 0.3))
case("lerp.tensor", [n34, n34, u34], lambda x, y, w: x.lerp(y, w))

case("add", [n34, ("n", 4)], lambda x, y: x + y)
case("add.alpha", [n34, n34], lambda x, y: torch.add(x, y, alpha=2.5))
case("add.scalar", [n34], lambda x: x + 2)
case("sub", [n34, ("n", 3, 1)], lambda x, y: x - y)
case("sub.alpha", [n34, n34], lambda x, y: torch.sub(x, y, alpha=2))
case("rsub.scalar", [n34], lambda x: 1.5 - x)
case("mul", [n34, n34], lambda x, y: x * y)
case("mul.scalar", [n34], lambda x: 3 * x)
case("div", [n34, p34], lambda x, y: x / y)
case("div.scalar", [n34], lambda x: x / 4)
case("rdiv.scalar", [p34], lambda x: 2.0 / x)
case("floor_divide", [p34, p34], lambda x, y: torch.div(x.detach(), y.detach(), rounding_mode="floor"))
case("remainder", [n34, p34], lambda x, y: x % y)
case("remainder.scalar", [n34], lambda x: x % 0.7)
case("addcmul", [n34, n34, n34], lambda x, y, z: x.addcmul(y, z, value=0.5))
case("addcdiv", [n34, n34, p34], lambda x, y, z: x.addcdiv(y, z, value=0.5))
case("in_place", [n34, p34], lambda x, y: x.clone().add_(y, alpha=2).mul_(y).sub_(1).div_(2).exp_())

for name in "eq ne lt le gt ge".split():
    case(name, [("i3", 3, 4), ("i3", 3, 4)], lambda x, y, name=name: getattr(x, name)(y))
    case(name + ".scalar", [("i3", 3, 4)], lambda x, name=name: getattr(x, name)(1))
case("maximum", [n34, n34], torch.maximum)
case("minimum", [n34, n34], torch.minimum)
for name in "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor".split():
    case(name, [b34, b34], lambda x, y, name=name: getattr(x, name)(y))
case("logical_not", [b34], torch.logical_not)
case("bitwise_not", [("i9", 3, 4)], torch.bitwise_not)
case("isclose", [n34, n34], lambda x, y: torch.isclose(x, y, 0.5, 0.1))
case("where", [b34, n34, n34], torch.where)
case("where.scalar", [b34, n34], lambda c, x: torch.where(c, x, torch.tensor(2.0)))

case("sum", [n34], lambda x: x.sum())
case("sum.dim", [n34], lambda x: x.sum(1, keepdim=True))
case("sum.dims", [("n", 2, 3, 4)], lambda x: x.sum([0, 2]))
case("mean", [n34], lambda x: x.mean())
case("mean.dims", [("n", 2, 3, 4)], lambda x: x.mean([0, 2], keepdim=True))
case("var", [n34], lambda x: x.var())
case("var.dim", [n34], lambda x: x.var(1, unbiased=False))
case("std", [n34], lambda x: x.std())
case("std.dims", [("n", 2, 3, 4)], lambda x: x.std([0, 1], keepdim=True))
case("prod", [n34], lambda x: x.prod())
case("prod.dim", [n34], lambda x: x.prod(1))
for name in ("max", "min"):
    case(name, [n34], lambda x, name=name: getattr(x, name)())
    case(name + ".dim", [n34], lambda x, name=name: getattr(x, name)(1)[0])
    case(name + ".indexes", [n34], lambda x, name=name: getattr(x, name)(0)[1])
    case("a" + name, [n34], lambda x, name=name: getattr(x, "a" + name)((0, 1)))
    case("arg" + name, [n34], lambda x, name=name: getattr(x, "arg" + name)())
    case("arg" + name + ".dim", [n34], lambda x, name=name: getattr(x, "arg" + name)(1, keepdim=True))
case("all", [b34], lambda x: x.all())
case("all.dim", [b34], lambda x: x.all(1))
case("any", [b34], lambda x: x.any())
case("any.dim", [b34], lambda x: x.any(0, keepdim=True))
case("median", [n34], lambda x: x.median())
case("median.dim", [n34], lambda x: x.median(1)[0])
case("logsumexp", [n34], lambda x: x.logsumexp(1))
case("norm", [n34], lambda x: x.norm())
case("norm.dim", [n34], lambda x: x.norm(dim=-1, keepdim=True))
case("norm.one", [n34], lambda x: x.norm(p=1, dim=0))
case("cumsum", [n34], lambda x: x.cumsum(1))
case("cumprod", [n34], lambda x: x.cumprod(1))
case("count_nonzero", [("i3", 3, 4)], lambda x: torch.count_nonzero(x))
case("softmax", [n34], lambda x: x.softmax(-1))
case("log_softmax", [n34], lambda x: x.log_softmax(0))
case("bincount", [("i5", 12)], lambda x: x.bincount(minlength=7))
case("histc", [n34], lambda x: x.histc(4, -2, 2))
case("quantile", [n34], lambda x: x.quantile(0.3, 1))

case("sort", [n34], lambda x: x.sort(1)[0])
case("sort.descending", [n34], lambda x: x.sort(0, descending=True)[1])
case("argsort", [n34], lambda x: x.argsort(1))
case("topk", [n34], lambda x: x.topk(2)[0])
case("topk.indexes", [n34], lambda x: x.topk(2, 0, False)[1])
case("kthvalue", [n34], lambda x: x.kthvalue(2)[0])
case("unique", [("i4", 9)], lambda x: x.unique())
case("unique.counts", [("i4", 9)], lambda x: x.unique(return_counts=True)[1])
case("nonzero", [b34], lambda x: x.nonzero())
case("searchsorted", [("i9", 5)], lambda x: torch.searchsorted(torch.tensor([1, 3, 5, 7]), x))

case("view", [n34], lambda x: x.view(2, -1))
case("reshape", [n34], lambda x: x.t().reshape(2, 6))
case("flatten", [("n", 2, 3, 4)], lambda x: x.flatten(1))
case("unflatten", [("n", 3, 8)], lambda x: x.view(3, 2, 4))
case("squeeze", [("n", 3, 1, 4, 1)], lambda x: x.squeeze())
case("squeeze.dim", [("n", 3, 1, 4, 1)], lambda x: x.squeeze(1))
case("unsqueeze", [n34], lambda x: x.unsqueeze(1))
case("transpose", [("n", 2, 3, 4)], lambda x: x.transpose(0, 2))
case("permute", [("n", 2, 3, 4)], lambda x: x.permute(2, 0, 1))
case("movedim", [("n", 2, 3, 4)], lambda x: x.movedim(0, 2))
case("expand", [("n", 3, 1)], lambda x: x.expand(2, -1, 4))
case("repeat", [n34], lambda x: x.repeat(2, 1, 2))
case("tile", [n34], lambda x: x.tile(2))
case("repeat_interleave", [n34], lambda x: x.repeat_interleave(2, 1))
case("unbind", [n34], lambda x: x.unbind(1)[2])
case("split", [("n", 5, 2)], lambda x: x.split(2)[2])
case("split.sizes", [("n", 5, 2)], lambda x: x.split([1, 4])[1])
case("chunk", [("n", 5, 2)], lambda x: x.chunk(2)[1])
case("flip", [n34], lambda x: x.flip(0, 1))
case("roll", [n34], lambda x: x.roll(1, 1))
case("tril", [("n", 4, 4)], lambda x: x.tril())
case("triu", [("n", 4, 4)], lambda x: x.triu(1))
case("diagonal", [("n", 4, 5)], lambda x: x.diagonal(1))
case("diag", [("n", 4)], lambda x: x.diag())
case("unfold", [("n", 3, 6)], lambda x: x.unfold(1, 3, 2))
case("cat", [n34, ("n", 2, 4)], lambda x, y: torch.cat([x, y]))
case("stack", [n34, n34], lambda x, y: torch.stack([x, y], 1))
case("meshgrid", [("n", 3), ("n", 4)], lambda x, y: torch.meshgrid(x, y, indexing="xy")[0])

case("select", [n34], lambda x: x.select(1, -1))
case("narrow", [n34], lambda x: x.narrow(1, 1, 2))
case("slice", [("n", 7, 2)], lambda x: x[1:-1:2])
case("index_select", [n34, ("i4", 5)], lambda x, i: x.index_select(1, i))
case("gather", [n34, ("i4", 3, 2)], lambda x, i: x.gather(1, i))
case("take", [n34, ("i12", 5)], lambda x, i: x.take(i))
case("masked_select", [n34, b34], lambda x, m: x.masked_select(m))
case("masked_fill", [n34, b34], lambda x, m: x.masked_fill(m, -2.0))
case("scatter.src", [n34, ("i4", 3, 1), ("n", 3, 1)], lambda x, i, s: x.scatter(1, i, s))
case("scatter.value", [n34, ("i4", 3, 1)], lambda x, i: x.scatter(1, i, 5.0))
case("scatter_add", [n34, ("i4", 3, 6), ("n", 3, 6)], lambda x, i, s: x.scatter_add(1, i, s))
case("index_add", [n34, ("i3", 4), ("n", 4, 4)], lambda x, i, s: x.index_add(0, i, s, alpha=0.5))
case("index.mixed", [("n", 3, 4, 5), ("i4", 2)], lambda x, i: x[..., None, 1:3][:, i])
case("index.mask", [n34, b34], lambda x, m: x[m])
case("index.pairs", [n34, ("i3", 5), ("i4", 5)], lambda x, i, j: x[i, j])
case("index.put", [n34, ("i3", 2), ("n", 2, 4)], lambda x, i, v: x.clone().index_put_((i,), v))

case("matmul", [("n", 2, 3, 4), ("n", 4, 5)], torch.matmul)
case("mm", [n34, ("n", 4, 5)], torch.mm)
case("bmm", [("n", 2, 3, 4), ("n", 2, 4, 5)], torch.bmm)
case("mv", [n34, ("n", 4)], torch.mv)
case("dot", [("n", 4), ("n", 4)], torch.dot)
case("outer", [("n", 3), ("n", 4)], torch.outer)
case("addmm", [("n", 5), n34, ("n", 4, 5)], lambda b, x, y: torch.addmm(b, x, y, beta=0.5, alpha=2))
case("baddbmm", [("n", 2, 3, 5), ("n", 2, 3, 4), ("n", 2, 4, 5)], lambda b, x, y: torch.baddbmm(b, x, y, beta=0.5, alpha=2))
case("einsum", [("n", 2, 3, 4), ("n", 2, 5, 4)], lambda x, y: torch.einsum("bid,bjd->bij", x, y))
case("cdist", [n34, ("n", 5, 4)], torch.cdist)
case("trace", [("n", 4, 4)], torch.trace)
case("inverse", [("n", 4, 4)], torch.linalg.inv)
case("solve", [("n", 4, 4), ("n", 4, 2)], torch.linalg.solve)
case("cholesky", [("n", 4, 4)], lambda x: torch.linalg.cholesky(x @ x.t() + 4 * torch.eye(4)))
case("eigenvalues", [("n", 4, 4)], lambda x: torch.linalg.eigh(x + x.t())[0])
case("singular_values", [n34], lambda x: torch.linalg.svd(x)[1])
case("vector_norm", [n34], lambda x: torch.linalg.vector_norm(x, 3, 1))

case("linear", [n34, ("n", 5, 4), ("n", 5)], F.linear)
case("layer_norm", [n34, ("n", 4), ("n", 4)], lambda x, w, b: F.layer_norm(x, (4,), w, b, 1e-5))
case("group_norm", [("n", 2, 4, 3), ("n", 4), ("n", 4)], lambda x, w, b: F.group_norm(x, 2, w, b))
case("batch_norm", [("n", 5, 3), ("n", 3), ("p", 3), ("n", 3), ("n", 3)], lambda x, m, v, w, b: F.batch_norm(x, m.detach(), v.detach(), w, b))
case("batch_norm.training", [("n", 5, 3), ("n", 3), ("n", 3)], lambda x, w, b: F.batch_norm(x, None, None, w, b, True))
case("conv2d", [("n", 2, 3, 6, 6), ("n", 4, 3, 3, 3), ("n", 4)], lambda x, w, b: F.conv2d(x, w, b, 2, 1))
case("conv2d.groups", [("n", 1, 4, 5, 5), ("n", 4, 2, 2, 2)], lambda x, w: F.conv2d(x, w, None, 1, 0, 2, 2))
case("conv1d", [("n", 2, 3, 6), ("n", 4, 3, 3), ("n", 4)], lambda x, w, b: F.conv1d(x, w, b, 1, 1))
case("embedding", [("i6", 2, 3), ("n", 6, 4)], lambda i, w: F.embedding(i, w, 0))
case("normalize", [n34], lambda x: F.normalize(x, dim=-1))
case("pad.constant", [n34], lambda x: F.pad(x, (1, 0, -1, 2), value=3.0))
case("pad.reflect", [("n", 1, 2, 4, 4)], lambda x: F.pad(x, (1, 2, 1, 0), "reflect"))
case("one_hot", [("i5", 6)], lambda x: F.one_hot(x, 6))
case("cosine_similarity", [n34, n34], F.cosine_similarity)
case("gelu", [n34], F.gelu)
case("gelu.tanh", [n34], lambda x: F.gelu(x, approximate="tanh"))
case("quick_gelu", [n34], lambda x: x * torch.sigmoid(1.702 * x))
case("silu", [n34], F.silu)
case("logsigmoid", [n34], F.logsigmoid)
case("softplus", [n34], lambda x: F.softplus(x, 2.0))
case("leaky_relu", [n34], lambda x: F.leaky_relu(x, 0.1))
case("elu", [n34], lambda x: F.elu(x, 1.5))


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return (scores if mask is None else scores + mask).softmax(-1) @ v


qkv = [("n", 2, 3, 5, 4)] * 3
case("attention", qkv, attention)
case("attention.mask", qkv + [("n", 5, 5)], attention)
case("attention.causal", qkv, lambda q, k, v: attention(q, k, v, torch.full((5, 5), -math.inf).triu(1)))
case("attention.bool", qkv, lambda q, k, v: attention(q, k, v, torch.zeros(5, 5).masked_fill(torch.ones(5, 5).tril() == 0, -math.inf)))

case("cross_entropy", [("n", 5, 4), ("i4", 5)], F.cross_entropy)
case("cross_entropy.smooth", [("n", 5, 4), ("i4", 5)], lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1, reduction="sum"))
case("cross_entropy.soft", [("n", 5, 4), ("u", 5, 4)], lambda x, t: F.cross_entropy(x, t / t.sum(1, keepdim=True)))
case("nll_loss", [("n", 5, 4), ("i4", 5)], lambda x, t: F.nll_loss(x.log_softmax(1), t, reduction="none"))
case("mse_loss", [n34, n34], F.mse_loss)
case("l1_loss", [n34, n34], F.l1_loss)
case("smooth_l1_loss", [n34, n34], lambda x, y: F.smooth_l1_loss(x, y, reduction="sum"))
case("kl_div", [n34, n34], lambda x, y: F.kl_div(x.log_softmax(1), y.log_softmax(1), log_target=True, reduction="sum"))
case("kl_div.probabilities", [n34, n34], lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1), reduction="mean"))
case("bce_with_logits", [n34, u34], F.binary_cross_entropy_with_logits)
case("bce_with_logits.weights", [n34, u34, u34, ("p", 4)], lambda x, t, w, p: F.binary_cross_entropy_with_logits(x, t, w.detach(), pos_weight=p.detach()))
case("bce", [u34, u34], lambda x, t: F.binary_cross_entropy(x, t.detach()))

image = [("n", 1, 2, 6, 6)]
case("avg_pool2d", image, lambda x: F.avg_pool2d(x, 2))
case("avg_pool2d.padded", image, lambda x: F.avg_pool2d(x, (3, 2), (2, 2), (1, 0), count_include_pad=False))
case("max_pool2d", image, lambda x: F.max_pool2d(x, 3, 2, 1))
case("adaptive_avg_pool2d", image, lambda x: F.adaptive_avg_pool2d(x, (3, 4)))
case("interpolate.nearest", image, lambda x: F.interpolate(x, scale_factor=1.5))
case("interpolate.bilinear", image, lambda x: F.interpolate(x, (4, 9), mode="bilinear"))
case("interpolate.corners", image, lambda x: F.interpolate(x, (4, 9), mode="bilinear", align_corners=True))
case("interpolate.bicubic", image, lambda x: F.interpolate(x, (4, 9), mode="bicubic"))
case("interpolate.antialias", image, lambda x: F.interpolate(x, (3, 3), mode="bilinear", antialias=True))
case("interpolate.bicubic_antialias", image, lambda x: F.interpolate(x, (3, 3), mode="bicubic", antialias=True))
case("interpolate.area", image, lambda x: F.interpolate(x, (3, 2), mode="area"))


def make(spec, generator):
    kind, shape = spec[0], spec[1:]
    if kind[0] == "i":
        return torch.randint(0, int(kind[1:]), shape, generator=generator)
    if kind == "b":
        return torch.rand(shape, generator=generator) < 0.5
    if kind == "n":
        return torch.randn(shape, generator=generator)
    return torch.rand(shape, generator=generator) * (0.8 if kind == "u" else 2.0) + 0.1


def main():
    torch.set_num_threads(1)
    tensors = {}
    for number, (name, specs, function) in enumerate(CASES):
        generator = torch.Generator().manual_seed(1000 + number)
        inputs = [make(s, generator) for s in specs]
        for k, x in enumerate(inputs):
            tensors[f"{name}/in{k}"] = x
        leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
        output = function(*leaves)
        tensors[f"{name}/out"] = output
        if not output.requires_grad:
            continue
        cotangent = torch.randn(output.shape, generator=generator)
        tensors[f"{name}/cotangent"] = cotangent
        gradients = torch.autograd.grad(output, [x for x in leaves if x.requires_grad], cotangent, allow_unused=True)
        floating = [k for k, x in enumerate(leaves) if x.requires_grad]
        for k, g in zip(floating, gradients):
            if g is not None:
                tensors[f"{name}/grad{k}"] = g
    save("torch_ops", tensors, {"torch": torch.__version__, "cases": len(CASES)})
    print(len(CASES), "cases")


if __name__ == "__main__":
    main()
