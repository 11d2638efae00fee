"""The PyTorch side of `research bench loss`: the dense forms under autograd, written in the usual way.

Each line of input computes one loss with its gradients; the answer is a line of JSON with its wall time, processor time, peak memory and numbers.
"""
import argparse
import json
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F

WIDTH = 512


def pairs(count):
    """Unit rows, captions near their images, and every second pair unaligned."""
    torch.manual_seed(1)
    image = F.normalize(torch.randn(count, WIDTH), dim=1)
    text = F.normalize(image + 2 * F.normalize(torch.randn(count, WIDTH), dim=1), dim=1)
    return image, text, torch.tensor(math.log(1 / 0.07)), torch.arange(count) % 2 == 1


def info_nce(s, unaligned, scale):
    labels = torch.arange(len(s))
    return (F.cross_entropy(s, labels) + F.cross_entropy(s.t(), labels)) / 2


def psd(s, unaligned, scale):
    def one_side(z):
        with torch.no_grad():
            targets = F.softmax(z.t(), dim=1)
        logs = F.log_softmax(z, dim=1)
        soft = -(targets * logs).sum(1)
        return torch.where(unaligned, soft, -logs.diagonal()).mean()

    return (one_side(s) + one_side(s.t())) / 2


def log_negatives(z, own, beta):
    others = z.masked_fill(own, -math.inf)
    return ((1 + beta) * others).logsumexp(1) - (beta * others).logsumexp(1) + math.log(len(z) - 1)


def hn_nce(s, unaligned, scale, beta=0.25):
    own = torch.eye(len(s), dtype=torch.bool)

    def one_side(z):
        return (torch.logaddexp(z.diagonal(), log_negatives(z, own, beta)) - z.diagonal()).mean()

    return (one_side(s) + one_side(s.t())) / 2


def debiased(s, unaligned, scale, beta=0.25, prior=0.1):
    own, others = torch.eye(len(s), dtype=torch.bool), len(s) - 1

    def one_side(z):
        ratio = (log_negatives(z, own, beta) - z.diagonal()).exp()
        corrected = (ratio - prior * others) / (1 - prior)
        return torch.maximum(corrected, others * (-scale - z.diagonal()).exp()).log1p().mean()

    return (one_side(s) + one_side(s.t())) / 2


OBJECTIVES = {"infonce": info_nce, "psd": psd, "hn-nce": hn_nce, "debiased": debiased}


def status(field):
    """A size in /proc/self/status, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def run(objective, image, text, scale, unaligned):
    leaves = [x.clone().requires_grad_() for x in (image, text, scale)]
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before, start, worked = status("VmRSS"), time.perf_counter(), time.process_time()
    i, t, l = leaves
    loss = objective(i @ t.t() * l.exp(), unaligned, l.exp())
    loss.backward()
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    return {
        "seconds": seconds,
        "processor_seconds": worked,
        "peak_bytes": status("VmHWM") - before,
        "loss": loss.item(),
        "image_norm": i.grad.double().norm().item(),
        "text_norm": t.grad.double().norm().item(),
        "scale": l.grad.item(),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--objective", required=True, choices=OBJECTIVES)
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    objective = OBJECTIVES[arguments.objective]
    run(objective, *pairs(256))  # what libraries allocate once
    inputs = pairs(arguments.pairs)
    print(json.dumps({"version": torch.__version__}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(run(objective, *inputs)), flush=True)


main()
