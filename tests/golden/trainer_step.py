"""Twenty steps as the trainer makes them, in PyTorch: the small encoders of vit_step.py, from the same start.

Plain autograd over the whole batch; warm-up and half a cosine; no decay of vectors, class and position embeddings. For InfoNCE, and for
HN-NCE with alpha = 0.9, beta = 0.5 written as in the paper (it is finite at these sizes). Losses, gradient norms, and some final weights.
"""
import math

import torch
import torch.nn.functional as F

from common import save
from formula import captions, ramp
from vit_step import BATCH, CONTEXT, STEPS, VOCABULARY, Dual, randomise

WARMUP, RATE = 5, 2e-3
KEPT = ("logit_scale", "visual.proj", "visual.positional_embedding", "text.text_projection", "text.token_embedding.weight")


def info_nce(s):
    labels = torch.arange(len(s))
    return (F.cross_entropy(s, labels) + F.cross_entropy(s.t(), labels)) / 2


def hn_nce(s, alpha=0.9, beta=0.5):
    n = len(s)
    total = 0
    for z in (s, s.t()):
        others = 1 - torch.eye(n)
        hard = torch.exp(beta * z) * others
        weights = (n - 1) * hard / hard.sum(1, keepdim=True)
        positive = torch.exp(z.diagonal())
        total = total - torch.log(positive / (alpha * positive + (weights * torch.exp(z) * others).sum(1))).mean()
    return total / 2


def train(objective):
    torch.manual_seed(3)
    model = Dual(stem=False)
    randomise(model)
    plain = [p for n, p in model.named_parameters() if p.dim() <= 1 or n.endswith(("class_embedding", "positional_embedding"))]
    decayed = [p for p in model.parameters() if all(p is not q for q in plain)]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.98), eps=1e-6)
    losses, norms = [], []
    for step in range(STEPS):
        past = (step - WARMUP) / (STEPS - WARMUP)
        for group in optimizer.param_groups:
            group["lr"] = RATE * ((step + 1) / WARMUP if step < WARMUP else 0.5 * (1 + math.cos(math.pi * past)))
        image = F.normalize(model.visual(ramp(step % 3, BATCH, 3, 16, 16, scale=4.0)), dim=-1)
        text = F.normalize(model.text(captions(step % 3, BATCH, CONTEXT, VOCABULARY)), dim=-1)
        loss = objective(model.logit_scale.exp() * (image @ text.t()))
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        losses.append(loss.item())
    final = {k: v.clone() for k, v in model.state_dict().items() if k in KEPT}
    return torch.tensor(losses, dtype=torch.float64), torch.tensor(norms, dtype=torch.float64), final


if __name__ == "__main__":
    torch.set_num_threads(1)
    out = {}
    for name, objective in (("infonce", info_nce), ("hnnce", hn_nce)):
        losses, norms, final = train(objective)
        out.update({f"{name}.losses": losses, f"{name}.norms": norms})
        out.update({f"{name}.final.{k}": v for k, v in final.items()})
        print(name, losses[0].item(), losses[-1].item(), norms[0].item(), norms[-1].item())
    save("trainer_step", out)
