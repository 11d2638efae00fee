"""Deterministic numbers that the C# tests compute for themselves (Formula.cs), so that inputs need no storage."""
import torch


def ramp(seed, *shape, scale=1.0):
    """Values in [-scale/2, scale/2) that jump about: exact in double precision, then rounded to float32."""
    count = 1
    for size in shape:
        count *= size
    i = torch.arange(count, dtype=torch.int64)
    return ((((i * 7919 + seed * 104729) % 1009).double() / 1009 - 0.5) * scale).float().reshape(shape)


def captions(seed, batch, length, vocabulary):
    """Token rows: start (vocabulary - 2), words, end (vocabulary - 1), padding 0; of different lengths."""
    rows = torch.zeros(batch, length, dtype=torch.int64)
    for b in range(batch):
        words = 1 + (seed + 3 * b) % (length - 2)
        rows[b, 0] = vocabulary - 2
        for k in range(words):
            rows[b, 1 + k] = 1 + (seed * 31 + b * 17 + k * 7) % (vocabulary - 3)
        rows[b, 1 + words] = vocabulary - 1
    return rows
