"""Trajectories of AdamW in float32 and float64 and clipped gradients, from PyTorch; parameters and gradients come from formula.ramp."""
import torch

from common import save
from formula import ramp

SHAPES = [(3, 4), (5,), (2, 3, 2)]


def trajectory(dtype):
    params = [torch.nn.Parameter(ramp(i, *s).to(dtype)) for i, s in enumerate(SHAPES)]
    groups = [
        {"params": [params[0], params[2]], "lr": 1e-2, "initial": 1e-2, "weight_decay": 0.2},
        {"params": [params[1]], "lr": 3e-2, "initial": 3e-2, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, foreach=True)
    for step in range(12):
        for group in optimizer.param_groups:
            group["lr"] = group["initial"] * min(1.0, (step + 1) / 4)
        for i, p in enumerate(params):
            # The second parameter sits out two steps: its own step count must lag.
            p.grad = None if i == 1 and step in (3, 4) else ramp(100 + 10 * step + i, *p.shape).to(dtype)
        optimizer.step()
    return params, optimizer


def main():
    out = {}
    for name, dtype in {"adamw": torch.float32, "adamw64": torch.float64}.items():
        params, optimizer = trajectory(dtype)
        for i, p in enumerate(params):
            out[f"{name}.{i}"] = p
            for slot, value in optimizer.state[p].items():
                out[f"{name}.{i}.{slot}"] = value
    for size, limit in {"clipped": 0.25, "kept": 1e3}.items():
        params = [torch.nn.Parameter(torch.zeros(s)) for s in SHAPES]
        for i, p in enumerate(params):
            p.grad = ramp(30 + i, *p.shape)
        out[f"clip.l2.{size}.norm"] = torch.nn.utils.clip_grad_norm_(params, limit)
        for i, p in enumerate(params):
            out[f"clip.l2.{size}.{i}"] = p.grad
    save("optimizers", out)


if __name__ == "__main__":
    main()
