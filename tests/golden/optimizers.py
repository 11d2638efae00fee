"""Trajectories of AdamW and SGD and clipped gradients, from PyTorch; parameters and gradients come from formula.ramp."""
import math

import torch

from common import save
from formula import ramp

SHAPES = [(3, 4), (5,), (2, 3, 2)]


def trajectory(make):
    params = [torch.nn.Parameter(ramp(i, *s)) for i, s in enumerate(SHAPES)]
    optimizer = make(params)
    for step in range(12):
        for group in optimizer.param_groups:
            group["lr"] = group["initial"] * min(1.0, (step + 1) / 4)
        for i, p in enumerate(params):
            # The second parameter sits out two steps: its own step count must lag.
            p.grad = None if i == 1 and step in (3, 4) else ramp(100 + 10 * step + i, *p.shape)
        optimizer.step()
    return params, optimizer


def adamw(params):
    groups = [
        {"params": [params[0], params[2]], "lr": 1e-2, "initial": 1e-2, "weight_decay": 0.2},
        {"params": [params[1]], "lr": 3e-2, "initial": 3e-2, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, foreach=True)


def sgd(params):
    return torch.optim.SGD([{"params": params, "initial": 1e-2}], lr=1e-2, momentum=0.9, weight_decay=0.1)


def main():
    out = {}
    params, optimizer = trajectory(adamw)
    for i, p in enumerate(params):
        out[f"adamw.{i}"] = p
        for slot, value in optimizer.state[p].items():
            out[f"adamw.{i}.{slot}"] = value
    params, _ = trajectory(sgd)
    for i, p in enumerate(params):
        out[f"sgd.{i}"] = p
    for name, order in {"l2": 2.0, "l1": 1.0, "max": math.inf}.items():
        for size, limit in {"clipped": 0.25, "kept": 1e3}.items():
            params = [torch.nn.Parameter(torch.zeros(s)) for s in SHAPES]
            for i, p in enumerate(params):
                p.grad = ramp(30 + i, *p.shape)
            out[f"clip.{name}.{size}.norm"] = torch.nn.utils.clip_grad_norm_(params, limit, order)
            for i, p in enumerate(params):
                out[f"clip.{name}.{size}.{i}"] = p.grad
    save("optimizers", out)


if __name__ == "__main__":
    main()
