"""The PyTorch side of `research bench op`: nanoseconds per call, for the command `run`."""
import argparse
import json
import sys
import timeit

import torch
import torch.nn.functional as F


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--batches", type=int, required=True)
    arguments = parser.parse_args()
    calls, batches = arguments.calls, arguments.batches
    torch.set_num_threads(1)
    names = {
        "F": F,
        "a": torch.ones(1),
        "b": torch.ones(1),
        "m": torch.ones(4, 4),
        "bias": torch.ones(4),
        "w": torch.ones(4, requires_grad=True),
    }
    statements = {
        "add": "a.add(b)",
        "add_scalar": "a.add(1.0)",
        "add_in_place": "a.add_(b)",
        "mul": "a * b",
        "view": "m.view(16)",
        "transpose": "m.transpose(0, 1)",
        "sum": "m.sum()",
        "softmax": "m.softmax(-1)",
        "matmul": "m.matmul(m)",
        "linear": "F.linear(m, m, bias)",
        "layer_norm": "F.layer_norm(m, (4,), bias, bias)",
        "mul_recorded": "w * w",
    }
    timers = {name: timeit.Timer(s, globals=names) for name, s in statements.items()}
    print(json.dumps({"version": torch.__version__}), flush=True)
    for _ in sys.stdin:
        times = {name: min(timer.repeat(batches, calls)) / calls * 1e9 for name, timer in timers.items()}
        print(json.dumps(times), flush=True)


main()
