"""Tiny CLIP models in the files that PyTorch writes, layout by layout, and what the model makes of a picture and a caption.

The weights are formula.ramp of their place in the list of our names, so that the tests can make the same model themselves.
"""
import collections
import io
import json
import math
import zipfile

import torch
from torch import nn
from torch.nn import functional as F

from common import DATA, save
from formula import captions, ramp

WIDTH, TEXT_WIDTH, HEADS, PATCH, SIZE, CONTEXT, VOCABULARY, EMBED, BATCH = 64, 64, 1, 8, 16, 8, 40, 12, 4
FOLDER = DATA / "checkpoints"


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.gelu, self.c_proj = nn.Linear(width, 4 * width), QuickGelu(), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(self.gelu(self.c_fc(x)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, mask):
        batch, length, width = x.shape
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(width // self.heads) + mask).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn, self.ln_1, self.mlp, self.ln_2 = Attention(width, heads), nn.LayerNorm(width), Mlp(width), nn.LayerNorm(width)

    def forward(self, x, mask):
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Stack(nn.Module):
    def __init__(self, width, heads, layers):
        super().__init__()
        self.resblocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])

    def forward(self, x, mask):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class Vision(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(WIDTH))
        self.positional_embedding = nn.Parameter(torch.zeros((SIZE // PATCH) ** 2 + 1, WIDTH))
        self.ln_pre, self.transformer, self.ln_post = nn.LayerNorm(WIDTH), Stack(WIDTH, HEADS, layers), nn.LayerNorm(WIDTH)
        self.proj = nn.Parameter(torch.zeros(WIDTH, EMBED))

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x), torch.zeros(1, device=x.device))
        return self.ln_post(x[:, 0]) @ self.proj


class Clip(nn.Module):
    """OpenAI's names: the text tower at the root."""

    def __init__(self, layers):
        super().__init__()
        self.visual, self.transformer = Vision(layers), Stack(TEXT_WIDTH, HEADS, layers)
        self.token_embedding = nn.Embedding(VOCABULARY, TEXT_WIDTH)
        self.positional_embedding = nn.Parameter(torch.zeros(CONTEXT, TEXT_WIDTH))
        self.ln_final = nn.LayerNorm(TEXT_WIDTH)
        self.text_projection = nn.Parameter(torch.zeros(TEXT_WIDTH, EMBED))
        self.logit_scale = nn.Parameter(torch.zeros([]))
        self.register_buffer("mask", torch.full((CONTEXT, CONTEXT), -math.inf).triu(1), persistent=False)

    def encode_text(self, tokens):
        x = self.transformer(self.token_embedding(tokens) + self.positional_embedding, self.mask)
        return self.ln_final(x[torch.arange(x.shape[0]), tokens.argmax(-1)]) @ self.text_projection

    def forward(self, images, tokens):
        return F.normalize(self.visual(images), dim=-1), F.normalize(self.encode_text(tokens), dim=-1)


def fill(state):
    """Weights by the place of our name in the alphabet."""
    ours = {("" if n.startswith("visual.") or n == "logit_scale" else "text.") + n: n for n in state}
    for i, name in enumerate(sorted(ours)):
        value = state[ours[name]]
        scale = 0.2 if value.dim() > 1 else 0.1
        number = ramp(i, *value.shape, scale=scale)
        if name.endswith("weight") and value.dim() == 1:
            number = number + 1
        if name == "logit_scale":
            number = torch.tensor(2.75)
        value.copy_(number)


def hugging_face(state, layers):
    out = {}
    for ours, tower in (("visual.", "vision_model"), ("", "text_model")):
        for i in range(layers):
            block = f"{ours}transformer.resblocks.{i}."
            theirs = f"{tower}.encoder.layers.{i}."
            for old, new in (("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"), ("attn.out_proj", "self_attn.out_proj")):
                for kind in ("weight", "bias"):
                    out[f"{theirs}{new}.{kind}"] = state[f"{block}{old}.{kind}"]
            for kind in ("weight", "bias"):
                for part, value in zip("qkv", state[f"{block}attn.in_proj_{kind}"].chunk(3)):
                    out[f"{theirs}self_attn.{part}_proj.{kind}"] = value
    for kind in ("weight", "bias"):
        out[f"vision_model.pre_layrnorm.{kind}"] = state[f"visual.ln_pre.{kind}"]
        out[f"vision_model.post_layernorm.{kind}"] = state[f"visual.ln_post.{kind}"]
        out[f"text_model.final_layer_norm.{kind}"] = state[f"ln_final.{kind}"]
    out["vision_model.embeddings.class_embedding"] = state["visual.class_embedding"]
    out["vision_model.embeddings.patch_embedding.weight"] = state["visual.conv1.weight"]
    out["vision_model.embeddings.position_embedding.weight"] = state["visual.positional_embedding"]
    out["vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    out["text_model.embeddings.token_embedding.weight"] = state["token_embedding.weight"]
    out["text_model.embeddings.position_embedding.weight"] = state["positional_embedding"]
    out["text_model.embeddings.position_ids"] = torch.arange(CONTEXT)[None]
    out["visual_projection.weight"] = state["visual.proj"].t()  # a view that is not contiguous
    out["text_projection.weight"] = state["text_projection"].t().contiguous()
    out["logit_scale"] = state["logit_scale"]
    return out


class Scripted(nn.Module):
    """What OpenAI published: a TorchScript archive in float16, with three numbers as buffers."""

    def __init__(self, model):
        super().__init__()
        self.__dict__["_modules"] = model._modules
        self.__dict__["_parameters"] = model._parameters
        for name, value in (("input_resolution", SIZE), ("context_length", CONTEXT), ("vocab_size", VOCABULARY)):
            self.register_buffer(name, torch.tensor(value))

    def forward(self, x):
        return x


def pack(name, value):
    """torch.save, packed by deflate: archives that went through another zip program, and small enough to keep."""
    memory = io.BytesIO()
    torch.save(value, memory)
    with zipfile.ZipFile(memory) as old, zipfile.ZipFile(FOLDER / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename), old.read(item), zipfile.ZIP_DEFLATED)


def made(layers):
    model = Clip(layers)
    with torch.no_grad():
        fill(model.state_dict())
        return model, model(ramp(1, BATCH, 3, SIZE, SIZE, scale=4.0), captions(1, BATCH, CONTEXT, VOCABULARY))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    (model, (image, text)), (deep, (deep_image, deep_text)) = made(1), made(2)
    save("checkpoints/embeddings", {"image": image, "text": text, "deep.image": deep_image, "deep.text": deep_text})
    state = model.state_dict()
    # Two archives are as PyTorch writes them, stored, one with a training program's other keys; two are packed.
    optimizer = {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.98), "params": [0, 1]}]}
    prefixed = collections.OrderedDict(("module." + k, v.half()) for k, v in state.items())
    torch.save({"epoch": 3, "name": "tiny", "state_dict": prefixed, "optimizer": optimizer}, FOLDER / "open_clip.pt")
    custom = {(k if k.startswith("visual.") or k == "logit_scale" else "text." + k): v for k, v in state.items()}
    pack("custom_text.pt", collections.OrderedDict((k, nn.Parameter(v.bfloat16())) for k, v in custom.items()))
    pack("huggingface.bin", hugging_face(deep.state_dict(), 2))
    torch.save({"a": torch.ones(2)}, FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.trace(Scripted(made(1)[0].half()), torch.zeros(1)), str(FOLDER / "openai.pt"))
    for path in sorted(FOLDER.iterdir()):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
