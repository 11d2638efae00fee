"""The PyTorch side of `research bench step`: the same CLIP step, written in PyTorch's usual way.

Each line of input is a number of steps; the answer is a line of JSON with their milliseconds and losses.
"""
import argparse
import json
import math
import pathlib
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

TYPES = {"F32": numpy.float32, "I64": numpy.int64}


def read(path):
    """The tensors of a safetensors file."""
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        array = numpy.frombuffer(raw[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, mask):
        b, n, c = x.shape
        d = c // self.heads
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(b, n, 3, self.heads, d).permute(2, 0, 3, 1, 4).unbind(0)
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=mask is not None)
        else:
            scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(d))
            y = (scores if mask is None else scores + mask).softmax(-1) @ v
        return self.out_proj(y.transpose(1, 2).reshape(b, n, c))


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, heads)
        self.ln_2, self.mlp = nn.LayerNorm(width), FeedForward(width)

    def forward(self, x, mask):
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class Vision(nn.Module):
    def __init__(self, tokens, width, embed, setting):
        super().__init__()
        patch = int(setting["patch"])
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(tokens, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, int(setting["image_layers"]), int(setting["heads"]))
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, embed))

    def forward(self, images):
        x = self.conv1(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj


class Text(nn.Module):
    def __init__(self, vocabulary, context, width, embed, setting):
        super().__init__()
        self.end = int(setting["end"])
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.empty(context, width))
        self.transformer = Transformer(width, int(setting["text_layers"]), int(setting["heads"]))
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embed))
        self.register_buffer("causal", torch.full((context, context), -math.inf).triu(1), persistent=False)

    def forward(self, tokens):
        x = self.transformer(self.token_embedding(tokens) + self.positional_embedding, self.causal)
        end = (tokens == self.end).int().argmax(1)
        return self.ln_final(x[torch.arange(len(x)), end]) @ self.text_projection


class Clip(nn.Module):
    def __init__(self, weights, setting):
        super().__init__()
        tokens, width = weights["visual.positional_embedding"].shape
        vocabulary = weights["text.token_embedding.weight"].shape[0]
        context = weights["text.positional_embedding"].shape[0]
        embed = weights["visual.proj"].shape[1]
        self.visual = Vision(tokens, width, embed, setting)
        self.text = Text(vocabulary, context, width, embed, setting)
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.load_state_dict(weights)

    def forward(self, images, tokens):
        image = F.normalize(self.visual(images), dim=-1)
        text = F.normalize(self.text(tokens), dim=-1)
        logits = self.logit_scale.exp() * image @ text.t()
        labels = torch.arange(len(logits))
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    setting = json.loads((arguments.folder / "setting.json").read_text())
    model = Clip(read(arguments.folder / "weights.safetensors"), setting)
    data = read(arguments.folder / "data.safetensors")
    batches = [(data[f"images{i}"], data[f"tokens{i}"]) for i in range(len(data) // 2)]
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=setting["lr"],
        betas=(setting["beta1"], setting["beta2"]),
        eps=setting["eps"],
        weight_decay=setting["weight_decay"],
        foreach=True,
    )
    print(json.dumps({"version": torch.__version__}), flush=True)
    done = 0
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(int(line)):
            start = time.perf_counter()
            images, tokens = batches[done % len(batches)]
            loss = model(images, tokens)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
            times.append((time.perf_counter() - start) * 1e3)
            done += 1
        print(json.dumps({"ms": times, "losses": losses}), flush=True)


main()
