"""Golden values of the objectives that PSD and HN-NCE are compared with, and of sums: losses and all gradients, float64.

Written entry by entry from the equations, in loops and without softmax, logsumexp or sigmoid calls, so that no code path is shared with
what it checks.
"""
import math

import torch

import common

N, D, TEACHER_D, WIDTH = 6, 4, 5, 3
CLASSES = {"objects": 6, "attributes": 4}
UNALIGNED = [False, True, False, True, True, False]


def draw(generator, rows, width, unit=True):
    """Rows that float32 represents exactly, held in float64."""
    x = torch.randn(rows, width, generator=generator, dtype=torch.float64)
    return ((x / x.norm(dim=1, keepdim=True)) if unit else x).float().double()


def cosines(a, b):
    return [[sum(a[i][k] * b[j][k] for k in range(a.shape[1])) for j in range(N)] for i in range(N)]


def transpose(z):
    return [[z[j][i] for j in range(N)] for i in range(N)]


def times(z, factor):
    return [[x * factor for x in row] for row in z]


def distribution(row):
    e = [torch.exp(x) for x in row]
    return [x / sum(e) for x in e]


def both(one_side, z):
    return (one_side(z) + one_side(transpose(z))) / 2


def info_nce(x):
    def one_side(z):
        return sum(-torch.log(distribution(z[i])[i]) for i in range(N)) / N

    return both(one_side, times(cosines(x["image"], x["text"]), x["log_scale"].exp()))


def debiased(x, prior, beta, through=True):
    scale = x["log_scale"].exp()

    def one_side(z):
        total = 0
        for i in range(N):
            others = [j for j in range(N) if j != i]
            weight = {j: torch.exp(beta * z[i][j]) for j in others}
            if not through:
                weight = {j: w.detach() for j, w in weight.items()}
            mean = sum(weight.values()) / len(others)
            positive = torch.exp(z[i][i])
            negatives = sum(weight[j] / mean * torch.exp(z[i][j]) for j in others)
            corrected = (negatives - prior * len(others) * positive) / (1 - prior)
            floor = len(others) * torch.exp(-scale)
            g = corrected if corrected.item() > floor.item() else floor
            total = total - torch.log(positive / (positive + g))
        return total / N

    return both(one_side, times(cosines(x["image"], x["text"]), scale))


def siglip(x):
    z = times(cosines(x["image"], x["text"]), x["log_scale"].exp())
    total = 0
    for i in range(N):
        for j in range(N):
            label = 1 if i == j else -1
            total = total - torch.log(1 / (1 + torch.exp(-label * (z[i][j] + x["bias"]))))
    return total / N


def blended(x, b, teacher_scale, divergence=False):
    """Every row: (1 - b) of the identity and b of the teacher's distribution."""
    z = times(cosines(x["image"], x["text"]), x["log_scale"].exp())
    q = times(cosines(x["teacher_image"], x["teacher_text"]), teacher_scale)

    def one_side(z, q):
        total = 0
        for i in range(N):
            p, target = distribution(z[i]), distribution(q[i])
            for j in range(N):
                total = total - (1 - b) * (i == j) * torch.log(p[j]) - b * target[j] * torch.log(p[j])
                if divergence:
                    total = total + b * target[j] * torch.log(target[j])
        return total / N

    return (one_side(z, q) + one_side(transpose(z), transpose(q))) / 2


def cyclip(x, in_modal, cross_modal):
    s, v, t = cosines(x["image"], x["text"]), cosines(x["image"], x["image"]), cosines(x["text"], x["text"])
    entries = [(i, j) for i in range(N) for j in range(N)]
    return (
        info_nce(x)
        + in_modal / N * sum((v[i][j] - t[i][j]) ** 2 for i, j in entries)
        + cross_modal / N * sum((s[i][j] - s[j][i]) ** 2 for i, j in entries)
    )


def psd_frozen(x, ratio):
    """Unaligned image rows learn from the teacher's captions' distribution over images, caption rows the reverse."""
    scale = x["log_scale"].exp()
    z = times(cosines(x["image"], x["text"]), scale)
    q = times(cosines(x["teacher_image"], x["teacher_text"]), scale.detach() / ratio)

    def one_side(z, q):
        total = 0
        for i in range(N):
            p = distribution(z[i])
            target = distribution(q[i]) if UNALIGNED[i] else [1.0 if j == i else 0.0 for j in range(N)]
            total = total - sum(target[j] * torch.log(p[j]) for j in range(N))
        return total / N

    return (one_side(z, transpose(q)) + one_side(transpose(z), q)) / 2


def concepts(x, object_weight, attribute_weight):
    total = 0
    for name, factor in (("objects", object_weight), ("attributes", attribute_weight)):
        weight, bias = x[f"{name}.weight"], x[f"{name}.bias"]
        for i in range(N):
            logits = [sum(weight[k][w] * x["features"][i][w] for w in range(WIDTH)) + bias[k] for k in range(CLASSES[name])]
            p = distribution(logits)
            for index, probability in zip(x[f"{name}_indices"][i].tolist(), x[f"{name}_probabilities"][i]):
                total = total - factor / N * probability * torch.log(p[index])
    return total


def main():
    generator = torch.Generator().manual_seed(20230618)
    fixed = {
        "teacher_image": draw(generator, N, TEACHER_D),
        "teacher_text": draw(generator, N, TEACHER_D),
        "unaligned": torch.tensor(UNALIGNED),
    }
    for name, k in (("objects", 3), ("attributes", 2)):
        fixed[f"{name}_indices"] = torch.stack([torch.randperm(CLASSES[name], generator=generator)[:k] for _ in range(N)])
        raw = torch.rand(N, k, generator=generator, dtype=torch.float64) + 0.1
        fixed[f"{name}_probabilities"] = (raw / raw.sum(1, keepdim=True)).float().double()
    leaves = {
        "image": draw(generator, N, D),
        "text": draw(generator, N, D),
        "log_scale": torch.tensor(math.log(1 / 0.4)).double(),
        "features": draw(generator, N, WIDTH, unit=False),
        "bias": torch.tensor(-1.25).double(),
    }
    for name, classes in CLASSES.items():
        leaves[f"{name}.weight"] = draw(generator, classes, WIDTH, unit=False)
        leaves[f"{name}.bias"] = draw(generator, 1, classes, unit=False)[0]

    cases = {
        "debiased.p0.1.b1": lambda x: debiased(x, 0.1, 1),
        "debiased.p0.02.b0": lambda x: debiased(x, 0.02, 0),
        "debiased.p0.7.b0.5.detached": lambda x: debiased(x, 0.7, 0.5, through=False),
        "siglip": siglip,
        "momentum.b0.4": lambda x: blended(x, 0.4, x["log_scale"].exp().detach()),
        "momentum.b1.ratio0.5": lambda x: blended(x, 1, x["log_scale"].exp().detach() / 0.5),
        "frozen.b0.5.kl": lambda x: blended(x, 0.5, 1 / 0.3, divergence=True),
        "frozen.b0.8.ce": lambda x: blended(x, 0.8, 1 / 0.3),
        "cyclip.0.25.0.25": lambda x: cyclip(x, 0.25, 0.25),
        "cyclip.0.7.0.1": lambda x: cyclip(x, 0.7, 0.1),
        "psd.frozen.swapped.ratio0.8": lambda x: psd_frozen(x, 0.8),
        "concepts.1.0.5": lambda x: concepts(x, 1, 0.5),
        "sum.0.6infonce.0.3siglip.1concepts": lambda x: 0.6 * info_nce(x) + 0.3 * siglip(x) + concepts(x, 1, 0.5),
    }

    out = fixed | leaves
    for name, objective in cases.items():
        x = fixed | {key: value.clone().requires_grad_() for key, value in leaves.items()}
        loss = objective(x)
        loss.backward()
        out[f"{name}/loss"] = loss
        for key in leaves:
            if x[key].grad is not None:
                out[f"{name}/{key}"] = x[key].grad
    common.save("objectives_rivals", out)


main()
