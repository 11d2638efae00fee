"""Image-text encoders in plain PyTorch, written from the papers (Radford et al. 2021; Dosovitskiy et al. 2021; Yu et al. 2022 for attentional
pooling): embeddings before normalisation of every preset at its full size, and gradients of a small one of every kind.

Weights come from weights.py, inputs from formula.py, so that only results are stored. Parameter names are open_clip's.
"""
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

import weights
from common import save
from formula import captions, ramp


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


class Mlp(nn.Module):
    def __init__(self, width, quick):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.activation = quick_gelu if quick else F.gelu

    def forward(self, x):
        return self.c_proj(self.activation(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width, heads, quick, eps):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = Mlp(width, quick)

    def forward(self, x, mask, hidden):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, attn_mask=mask, key_padding_mask=hidden, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Stack(nn.Module):
    def __init__(self, width, layers, heads, quick, eps):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads, quick, eps) for _ in range(layers))

    def forward(self, x, mask=None, hidden=None):
        for block in self.resblocks:
            x = block(x, mask, hidden)
        return x


class Stem(nn.Module):
    """Convolutions of stride 2; the channels double, and the last gives the width."""

    def __init__(self, layers, first, width, quick):
        super().__init__()
        self.layers, self.activation, channels = layers, quick_gelu if quick else F.gelu, 3
        for i in range(layers):
            after = width if i == layers - 1 else min(first << i, width)
            setattr(self, f"conv{i + 1}", nn.Conv2d(channels, after, 3, 2, 1, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(after))
            channels = after

    def forward(self, x):
        for i in range(1, self.layers + 1):
            x = self.activation(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        return x


class Pooler(nn.Module):
    """All queries attend to the tokens; the queries are of the joint width."""

    def __init__(self, width, embed, heads, queries, eps):
        super().__init__()
        self.query = nn.Parameter(torch.empty(queries, embed))
        self.attn = nn.MultiheadAttention(embed, heads, kdim=width, vdim=width, batch_first=True)
        self.ln_q, self.ln_k = nn.LayerNorm(embed, eps), nn.LayerNorm(width, eps)

    def forward(self, x):
        keys = self.ln_k(x)
        queries = self.ln_q(self.query).expand(len(x), -1, -1)
        return self.attn(queries, keys, keys, need_weights=False)[0]


class Vit(nn.Module):
    def __init__(self, embed, size, patch, width, layers, heads, quick=False, pooling="class", stem=None, pre=True, eps=1e-5, pooler=None):
        super().__init__()
        self.pooling, self.average = pooling, bool(pooler and pooler[2])
        if stem:
            self.stem, grid = Stem(*stem, width, quick), size >> stem[0]
        else:
            self.conv1, grid = nn.Conv2d(3, width, patch, patch, bias=False), size // patch
        if pooling != "mean":
            self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(grid**2 + (pooling != "mean"), width))
        if pre:
            self.ln_pre = nn.LayerNorm(width, eps)
        self.transformer = Stack(width, layers, heads, quick, eps)
        pooled = width
        if pooling == "attention":
            self.attn_pool, pooled = Pooler(width, embed, pooler[0], pooler[1], eps), embed
        self.ln_post = nn.LayerNorm(pooled, eps)
        self.proj = nn.Parameter(torch.empty(pooled, embed))

    def forward(self, x):
        x = (self.stem(x) if hasattr(self, "stem") else self.conv1(x)).flatten(2).mT
        if self.pooling != "mean":
            x = torch.cat([self.class_embedding.repeat(len(x), 1, 1), x], 1)
        x = x + self.positional_embedding
        if hasattr(self, "ln_pre"):
            x = self.ln_pre(x)
        x = self.transformer(x)
        if self.pooling == "attention":
            x = self.ln_post(self.attn_pool(x))
            x = x[:, 1:].mean(1) if self.average else x[:, 0]
        else:
            x = self.ln_post(x)
            x = x.mean(1) if self.pooling == "mean" else x[:, 0]
        return x @ self.proj


class Residual(nn.Module):
    def __init__(self, channels, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, 4 * planes, 1, bias=False), nn.BatchNorm2d(4 * planes)
        self.pool = nn.AvgPool2d(stride)
        if stride > 1 or channels != 4 * planes:
            self.downsample = nn.Sequential()
            self.downsample.add_module("-1", nn.AvgPool2d(stride))
            self.downsample.add_module("0", nn.Conv2d(channels, 4 * planes, 1, bias=False))
            self.downsample.add_module("1", nn.BatchNorm2d(4 * planes))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        y = self.bn3(self.conv3(self.pool(y)))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class AttentionPool(nn.Module):
    """The mean over the map attends to itself and to the map: PyTorch's own attention over all positions, of which the first counts."""

    def __init__(self, grid, width, embed):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.empty(grid**2 + 1, width))
        for name, after in (("k_proj", width), ("q_proj", width), ("v_proj", width), ("c_proj", embed)):
            setattr(self, name, nn.Linear(width, after))
        self.heads = width // 64

    def forward(self, x):
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x]) + self.positional_embedding[:, None]
        projections = (self.q_proj, self.k_proj, self.v_proj)
        y, _ = F.multi_head_attention_forward(
            x, x, x, x.shape[-1], self.heads, None, torch.cat([p.bias for p in projections]), None, None, False, 0.0,
            self.c_proj.weight, self.c_proj.bias, use_separate_proj_weight=True, training=self.training, need_weights=False,
            q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight,
        )
        return y[0]


class ResNet(nn.Module):
    def __init__(self, embed, size, width, stages):
        super().__init__()
        half = width // 2
        self.conv1, self.bn1 = nn.Conv2d(3, half, 3, 2, 1, bias=False), nn.BatchNorm2d(half)
        self.conv2, self.bn2 = nn.Conv2d(half, half, 3, 1, 1, bias=False), nn.BatchNorm2d(half)
        self.conv3, self.bn3 = nn.Conv2d(half, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        channels = width
        for number, blocks in enumerate(stages):
            planes, layers = width << number, []
            for i in range(blocks):
                layers.append(Residual(channels, planes, 2 if number and i == 0 else 1))
                channels = 4 * planes
            setattr(self, f"layer{number + 1}", nn.Sequential(*layers))
        self.attnpool = AttentionPool(size // 32, channels, embed)

    def forward(self, x):
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = F.relu(norm(conv(x)))
        x = F.avg_pool2d(x, 2)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.attnpool(x)


class Text(nn.Module):
    def __init__(self, embed, width, layers, heads, quick=False, context=77, vocabulary=49408, mean=False, eps=1e-5):
        super().__init__()
        self.mean, self.vocabulary = mean, vocabulary
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.empty(context, width))
        self.transformer = Stack(width, layers, heads, quick, eps)
        self.ln_final = nn.LayerNorm(width, eps)
        self.text_projection = nn.Parameter(torch.empty(width, embed))

    def forward(self, tokens):
        length = tokens.shape[1]
        end = (tokens == self.vocabulary - 1).int().argmax(1)
        x = self.token_embedding(tokens) + self.positional_embedding[:length]
        if self.mean:
            hidden = torch.arange(length) > end[:, None]
            x = self.ln_final(self.transformer(x, hidden=hidden)).masked_fill(hidden[..., None], 0)
            return x.sum(1) / (end + 1)[:, None] @ self.text_projection
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        x = self.ln_final(self.transformer(x, mask=later))
        return x[torch.arange(len(x)), end] @ self.text_projection


class Dual(nn.Module):
    def __init__(self, visual, text):
        super().__init__()
        self.visual, self.text = visual, text
        weights.fill(self)


def vit(size, patch, width, layers, heads, embed, text, quick=False):
    return lambda: (Vit(embed, size, patch, width, layers, heads, quick), Text(embed, *text, quick), size, 77)


def resnet(size, width, stages, embed, text, quick=False):
    return lambda: (ResNet(embed, size, width, stages), Text(embed, *text, quick), size, 77)


def tiny_text(embed):
    return Text(embed, 96, 1, 3, context=16, mean=True)


PRESETS = {
    "vit-tiny-stem32": lambda: (Vit(128, 32, 8, 96, 2, 3, pooling="mean", stem=(3, 24), pre=False), tiny_text(128), 32, 16),
    "rn-tiny": lambda: (ResNet(128, 32, 16, (1, 1, 1, 1)), tiny_text(128), 32, 16),
    "ViT-Ti-16": vit(224, 16, 192, 12, 3, 192, (192, 12, 3)),
    "ViT-S-32": vit(224, 32, 384, 12, 6, 384, (384, 12, 6)),
    "ViT-S-16": vit(224, 16, 384, 12, 6, 384, (384, 12, 6)),
    "ViT-B-32": vit(224, 32, 768, 12, 12, 512, (512, 12, 8)),
    "ViT-B-16": vit(224, 16, 768, 12, 12, 512, (512, 12, 8)),
    "ViT-L-14": vit(224, 14, 1024, 24, 16, 768, (768, 12, 12)),
    "ViT-L-14-336": vit(336, 14, 1024, 24, 16, 768, (768, 12, 12)),
    "ViT-H-14": vit(224, 14, 1280, 32, 16, 1024, (1024, 24, 16)),
    "RN50": resnet(224, 64, (3, 4, 6, 3), 1024, (512, 12, 8)),
    "RN101": resnet(224, 64, (3, 4, 23, 3), 512, (512, 12, 8)),
    "RN50x4": resnet(288, 80, (4, 6, 10, 6), 640, (640, 12, 10)),
    "ViT-B-32-quickgelu": vit(224, 32, 768, 12, 12, 512, (512, 12, 8), True),
    "ViT-B-16-quickgelu": vit(224, 16, 768, 12, 12, 512, (512, 12, 8), True),
    "ViT-L-14-quickgelu": vit(224, 14, 1024, 24, 16, 768, (768, 12, 12), True),
    "ViT-L-14-336-quickgelu": vit(336, 14, 1024, 24, 16, 768, (768, 12, 12), True),
    "RN50-quickgelu": resnet(224, 64, (3, 4, 6, 3), 1024, (512, 12, 8), True),
    "RN101-quickgelu": resnet(224, 64, (3, 4, 23, 3), 512, (512, 12, 8), True),
    "RN50x4-quickgelu": resnet(288, 80, (4, 6, 10, 6), 640, (640, 12, 10), True),
}

SMALL = dict(context=8, vocabulary=40)
KINDS = {
    "class": lambda: (Vit(12, 16, 4, 16, 2, 2), Text(12, 16, 2, 2, **SMALL), 16),
    "quick": lambda: (Vit(12, 16, 4, 16, 2, 2, quick=True, eps=1e-3), Text(12, 16, 2, 2, quick=True, eps=1e-3, **SMALL), 16),
    "mean": lambda: (Vit(12, 16, 4, 16, 2, 2, pooling="mean", pre=False), Text(12, 16, 2, 2, mean=True, **SMALL), 16),
    "stem": lambda: (Vit(12, 16, 8, 16, 1, 2, pooling="mean", stem=(2, 4)), Text(12, 16, 1, 2, **SMALL), 16),
    "pooler": lambda: (Vit(12, 16, 4, 16, 2, 2, pooling="attention", pooler=(4, 5, False)), Text(12, 16, 1, 2, **SMALL), 16),
    "pooler-average": lambda: (Vit(16, 16, 4, 16, 2, 2, pooling="attention", pooler=(4, 5, True)), Text(16, 16, 1, 2, **SMALL), 16),
    "resnet": lambda: (ResNet(12, 64, 8, (2, 1, 1, 1)), Text(12, 16, 1, 2, **SMALL), 64),
}


def embeddings(out):
    for name, make in PRESETS.items():
        start = time.perf_counter()
        visual, text, size, context = make()
        model = Dual(visual, text).eval()
        with torch.no_grad():
            out[f"{name}.image"] = model.visual(ramp(1, 1, 3, size, size, scale=4.0))[0]
            out[f"{name}.text"] = model.text(captions(5, 1, context, 49408))[0]
        count = sum(p.numel() for p in model.parameters()) + 1
        print(name, count, [round(out[f"{name}.{t}"].norm().item(), 3) for t in ("image", "text")], round(time.perf_counter() - start, 1), flush=True)
        del model, visual, text


def gradients(out):
    """In float64 and training mode: of the sum of embedding times ramp, by every weight, as its norm and its product with a ramp."""
    for name, make in KINDS.items():
        visual, text, size = make()
        model = Dual(visual, text).double().train()
        images = ramp(3, 3, 3, size, size, scale=4.0).double().requires_grad_()
        image, caption = model.visual(images), model.text(captions(2, 3, 8, 40))
        ((image * ramp(7, *image.shape)).sum() + (caption * ramp(8, *caption.shape)).sum()).backward()
        out[f"{name}.image"], out[f"{name}.text"] = image, caption
        for key, tensor in [("images", images), *model.named_parameters()]:
            g = tensor.grad
            out[f"{name}.d.{key}"] = torch.stack([g.norm(), (g * ramp(9, *g.shape)).sum()])
        for key, tensor in model.named_buffers():
            if tensor.is_floating_point():
                out[f"{name}.b.{key}"] = tensor


def positions(out):
    """Position embeddings on other grids: bicubic with antialiasing, corners not aligned; captions' linear."""
    image, text = ramp(11, 50, 6), ramp(12, 9, 6)
    for grid in (3, 4, 6, 8, 10, 14):
        old = image[1:].reshape(1, 7, 7, 6).permute(0, 3, 1, 2)
        new = F.interpolate(old, size=(grid, grid), mode="bicubic", antialias=True, align_corners=False)
        out[f"grid{grid}"] = torch.cat([image[:1], new[0].flatten(1).T])
    for length in (4, 8, 13, 20):
        out[f"length{length}"] = F.interpolate(text.T[None], size=length, mode="linear", align_corners=False)[0].T


def without_initial_values():
    """The formula gives every weight its value; PyTorch's draws would only take time."""
    for name in ("kaiming_uniform_", "xavier_uniform_", "normal_", "uniform_", "xavier_normal_"):
        setattr(nn.init, name, lambda tensor, *_, **__: tensor)


def main():
    without_initial_values()
    out = {}
    positions(out)
    save("positions", out)
    out = {}
    gradients(out)
    save("model_gradients", out)
    out = {}
    embeddings(out)
    save("models", out)


if __name__ == "__main__":
    main()
