"""Weights by formula: every value is a function of the weight's name and the value's number, so that models of any size need no storage.

The C# tests compute the same bits (FormulaWeights.cs).
"""
import math

import numpy
import torch

CHUNK = 1 << 24


def seed(name):
    """FNV-1a over the name's UTF-8 bytes, 32 bits."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def uniform(name, count):
    """Values in [-0.5, 0.5): 24 bits of a hash of (name, number), exact in float32."""
    out = numpy.empty(count, dtype=numpy.float32)
    start = numpy.uint32(seed(name))
    for first in range(0, count, CHUNK):
        x = numpy.arange(first, min(first + CHUNK, count), dtype=numpy.uint32)
        x *= numpy.uint32(0x9E3779B1)
        x += start
        x ^= x >> numpy.uint32(15)
        x *= numpy.uint32(0x85EBCA6B)
        x ^= x >> numpy.uint32(13)
        x >>= numpy.uint32(8)
        part = out[first : first + CHUNK]
        part[:] = x
        part *= numpy.float32(2.0**-24)
        part -= numpy.float32(0.5)
    return out


def spread(name, shape):
    """What the uniform values are multiplied by, and what is added: (factor, offset)."""
    if name.endswith("running_var"):
        return 0.5, 1.0
    if len(shape) < 2:
        return 0.2, 1.0 if name.endswith("weight") else 0.0
    if "embedding" in name or name.endswith("query"):
        return 0.5 * math.sqrt(12), 0.0
    if name.endswith(("visual.proj", "text_projection")):
        return math.sqrt(12 / shape[0]), 0.0
    fan = math.prod(shape[1:])
    gain = 1.0
    if len(shape) == 4:  # halved by ReLU; the last of a residual block adds little, or a hundred blocks would overflow
        gain = 0.2 if "layer" in name and name.endswith("conv3.weight") else 2.0
    return math.sqrt(12 * gain / fan), 0.0


def weight(name, shape):
    """A float32 tensor of a shape."""
    factor, offset = spread(name, shape)
    values = uniform(name, math.prod(shape))
    values *= numpy.float32(factor)
    if offset:
        values += numpy.float32(offset)
    return torch.from_numpy(values).reshape(shape)


def fill(model):
    """Gives every floating-point entry of a model's state dict its formula's values; the logit scale, a scalar, stays."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point() and tensor.dim():
                tensor.copy_(weight(name, tensor.shape))
