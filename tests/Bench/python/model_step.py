"""The PyTorch side of `research bench step --model`: a training step of a preset's encoders as tests/golden/models.py writes them.

A line of input is a number of steps; the answer is a line of JSON with their milliseconds, their losses, the processor time of a
step with the making of its batch, and the peak of memory.
"""
import argparse
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

import models
from formula import captions, ramp


def status(field):
    """A size in /proc/self/status, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("preset")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.ones(1)
    before = status("VmRSS")
    models.without_initial_values()
    visual, text, size, context = models.PRESETS[arguments.preset]()
    model = models.Dual(visual, text).train()
    scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
    optimizer = torch.optim.AdamW(
        [*model.parameters(), scale], lr=1e-5, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.2, foreach=True
    )
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    print(json.dumps({"version": torch.__version__}), flush=True)
    done = 0
    for line in sys.stdin:
        times, losses, processor = [], [], time.process_time()
        for _ in range(int(line)):
            images = ramp(done, arguments.batch, 3, size, size, scale=4.0)
            tokens = captions(done, arguments.batch, context, 49408)
            start = time.perf_counter()
            image = F.normalize(model.visual(images), dim=-1)
            caption = F.normalize(model.text(tokens), dim=-1)
            logits = scale.exp() * image @ caption.t()
            labels = torch.arange(len(logits))
            loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
            times.append((time.perf_counter() - start) * 1e3)
            done += 1
        used = (time.process_time() - processor) * 1e3 / len(times)
        print(json.dumps({"ms": times, "losses": losses, "processor": used, "peak": status("VmHWM") - before}), flush=True)


main()
