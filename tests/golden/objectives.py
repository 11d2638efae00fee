"""Golden values of the objectives: losses and gradients, float64, from loops that follow the equations entry by entry.

Written from the papers' equations, without logsumexp or softmax calls, so that it shares no code path with what it checks.
"""
import math

import torch

import common

N, D = 7, 5
UNALIGNED = [False, True, True, False, False, True, False]
UNALIGNED_TEXTS = [True, False, True, False, True, False, False]


def draw(generator):
    """Unit rows that float32 represents exactly, held in float64."""
    x = torch.randn(N, D, generator=generator, dtype=torch.float64)
    return (x / x.norm(dim=1, keepdim=True)).float().double()


def row_softmax(z, i, columns):
    top = max(z[i][j].item() for j in columns)
    e = {j: torch.exp(z[i][j] - top) for j in columns}
    total = sum(e.values())
    return {j: e[j] / total for j in columns}


def cross_entropy_row(z, i, target, columns):
    p = row_softmax(z, i, columns)
    return -sum(target[j] * torch.log(p[j]) for j in columns if j in target)


def info_nce(image, text, scale, smoothing=0.0):
    def one_side(z):
        rows = []
        for i in range(N):
            target = {j: smoothing / N + (1 - smoothing if j == i else 0) for j in range(N)}
            rows.append(cross_entropy_row(z, i, target, range(N)))
        return sum(rows) / N

    s = image @ text.T * scale
    return (one_side(s) + one_side(s.T)) / 2


def hard_negative_row(z, i, alpha, beta, through):
    """-log of e^{s_ii} / (alpha e^{s_ii} + sum_j w_ij e^{s_ij}), as printed, nothing rearranged."""
    others = [j for j in range(N) if j != i]
    source = z if through else z.detach()
    total = sum(torch.exp(beta * source[i][k]) for k in others)
    hard = sum((N - 1) * torch.exp(beta * source[i][j]) / total * torch.exp(z[i][j]) for j in others)
    return -torch.log(torch.exp(z[i][i]) / (alpha * torch.exp(z[i][i]) + hard))


def hn_nce(image, text, scale, alpha, beta, through=True):
    s = image @ text.T * scale
    rows = sum(hard_negative_row(s, i, alpha, beta, through) for i in range(N)) / N
    columns = sum(hard_negative_row(s.T, i, alpha, beta, through) for i in range(N)) / N
    return (rows + columns) / 2


def psd(image, text, scale, direction, ratio, teacher=None, masks=None, subset=False, hard=None):
    """direction: where an unaligned row's target comes from; teacher: (image, text) of an EMA teacher, else the network itself."""
    image_mask, text_mask = masks or (UNALIGNED, UNALIGNED)
    ti, tt = (image, text) if teacher is None else teacher
    ti, tt, fixed = ti.detach(), tt.detach(), scale.detach() / ratio
    across = ti @ tt.T * fixed
    for_images, for_texts = {
        "plain": (across, across.T),
        "swapped": (across.T, across),
        "intra": (tt @ tt.T * fixed, ti @ ti.T * fixed),
    }[direction]

    def one_side(z, target_logits, mask):
        rows = []
        for i in range(N):
            pool = [j for j in range(N) if not subset or mask[j] == mask[i]]
            if mask[i]:
                rows.append(cross_entropy_row(z, i, row_softmax(target_logits, i, pool), pool))
            elif hard is not None:
                rows.append(hard_negative_row(z, i, *hard, True))
            else:
                rows.append(cross_entropy_row(z, i, {i: 1.0}, pool))
        return sum(rows) / N

    s = image @ text.T * scale
    return (one_side(s, for_images, image_mask) + one_side(s.T, for_texts, text_mask)) / 2


def main():
    generator = torch.Generator().manual_seed(20220617)
    image, text, teacher_image, teacher_text = (draw(generator) for _ in range(4))
    log_scale = torch.tensor(math.log(1 / 0.3)).double()  # soft enough that every entry of every target matters
    teacher = (teacher_image, teacher_text)
    separate = (UNALIGNED, UNALIGNED_TEXTS)

    cases = {
        "infonce": lambda i, t, s: info_nce(i, t, s),
        "infonce.smoothing0.1": lambda i, t, s: info_nce(i, t, s, 0.1),
        "hnnce.a1.b0.25": lambda i, t, s: hn_nce(i, t, s, 1, 0.25),
        "hnnce.a0.999.b0.5": lambda i, t, s: hn_nce(i, t, s, 0.999, 0.5),
        "hnnce.a1.b1.detached": lambda i, t, s: hn_nce(i, t, s, 1, 1, through=False),
        "hnnce.a0.b0.5": lambda i, t, s: hn_nce(i, t, s, 0, 0.5),
        "dcl": lambda i, t, s: hn_nce(i, t, s, 0, 0),
        "psd.shared.swapped": lambda i, t, s: psd(i, t, s, "swapped", 1),
        "psd.shared.swapped.ratio0.5": lambda i, t, s: psd(i, t, s, "swapped", 0.5),
        "psd.shared.plain.ratio0.5": lambda i, t, s: psd(i, t, s, "plain", 0.5),
        "psd.shared.intra": lambda i, t, s: psd(i, t, s, "intra", 1),
        "psd.shared.swapped.separate": lambda i, t, s: psd(i, t, s, "swapped", 1, masks=separate),
        "psd.shared.swapped.subset": lambda i, t, s: psd(i, t, s, "swapped", 1, subset=True),
        "psd.shared.intra.ratio2.separate.subset": lambda i, t, s: psd(i, t, s, "intra", 2, masks=separate, subset=True),
        "psd.shared.plain.ratio0.5.subset": lambda i, t, s: psd(i, t, s, "plain", 0.5, subset=True),
        "psd.ema.swapped": lambda i, t, s: psd(i, t, s, "swapped", 1, teacher),
        "psd.ema.plain": lambda i, t, s: psd(i, t, s, "plain", 1, teacher),
        "psd.ema.intra.ratio0.5": lambda i, t, s: psd(i, t, s, "intra", 0.5, teacher),
        "psd.ema.plain.separate.subset": lambda i, t, s: psd(i, t, s, "plain", 1, teacher, separate, True),
        "psd.shared.swapped.hard": lambda i, t, s: psd(i, t, s, "swapped", 1, hard=(1, 0.25)),
        "psd.ema.swapped.separate.hard": lambda i, t, s: psd(i, t, s, "swapped", 1, teacher, separate, hard=(0.9, 0.5)),
    }

    out = {
        "image": image, "text": text, "teacher_image": teacher_image, "teacher_text": teacher_text, "log_scale": log_scale,
        "unaligned_images": torch.tensor(UNALIGNED), "unaligned_texts": torch.tensor(UNALIGNED_TEXTS),
    }
    for name, objective in cases.items():
        i, t, s = (x.clone().requires_grad_() for x in (image, text, log_scale))
        loss = objective(i, t, s.exp())
        loss.backward()
        out |= {f"{name}/loss": loss, f"{name}/image": i.grad, f"{name}/text": t.grad, f"{name}/log_scale": s.grad}
    common.save("objectives", out)


main()
