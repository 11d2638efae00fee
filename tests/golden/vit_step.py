"""Twenty training steps of small image-text encoders in PyTorch: start and final weights and every loss.

`vit_step` is CLIP's shape (class token, norm before the blocks, causal text, pooling at the end of text); `stem_step` is the small-image
shape (convolutional stem with batch norm, mean pooling, text that sees all but its padding). Parameter names are open_clip's.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

from common import save
from formula import captions, ramp

BATCH, STEPS, VOCABULARY, CONTEXT, EMBED, WIDTH, HEADS, LAYERS = 8, 20, 40, 8, 12, 16, 2, 2


def gelu(x):
    # PyTorch 1.13 with oneDNN returns uninitialised memory as GELU's gradient when the incoming gradient is not contiguous, as after a
    # transpose. The flat view makes it contiguous.
    return F.gelu(x).view(-1).view(x.shape)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * WIDTH, WIDTH))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * WIDTH))
        self.out_proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, mask):
        b, n, c = x.shape
        d = c // HEADS
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).view(b, n, 3, HEADS, d).permute(2, 0, 3, 1, 4).unbind(0)
        a = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(d))
        if mask is not None:
            a = a + mask
        return self.out_proj((a.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))


class FeedForward(nn.Module):
    def __init__(self, quick):
        super().__init__()
        self.quick = quick
        self.c_fc = nn.Linear(WIDTH, 4 * WIDTH)
        self.c_proj = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        x = self.c_fc(x)
        return self.c_proj(x * (x * 1.702).sigmoid() if self.quick else gelu(x))


class Block(nn.Module):
    def __init__(self, quick):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(WIDTH), Attention()
        self.ln_2, self.mlp = nn.LayerNorm(WIDTH), FeedForward(quick)

    def forward(self, x, mask):
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Stack(nn.Module):
    def __init__(self, quick):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(quick) for _ in range(LAYERS))

    def forward(self, x, mask):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class Stem(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = nn.Conv2d(4, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        self.conv3, self.bn3 = nn.Conv2d(8, WIDTH, 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTH)

    def forward(self, x):
        x = gelu(self.bn1(self.conv1(x)))
        x = gelu(self.bn2(self.conv2(x)))
        return gelu(self.bn3(self.conv3(x)))


class Vision(nn.Module):
    def __init__(self, stem):
        super().__init__()
        if stem:
            self.stem, tokens = Stem(), 16
        else:
            self.conv1, tokens = nn.Conv2d(3, WIDTH, 8, 8, bias=False), 5
            self.class_embedding = nn.Parameter(torch.zeros(WIDTH))
            self.ln_pre = nn.LayerNorm(WIDTH)
        self.positional_embedding = nn.Parameter(torch.empty(tokens, WIDTH))
        self.transformer = Stack(quick=not stem)
        self.ln_post = nn.LayerNorm(WIDTH)
        self.proj = nn.Parameter(torch.empty(WIDTH, EMBED))
        self.has_stem = stem

    def forward(self, x):
        x = (self.stem(x) if self.has_stem else self.conv1(x)).flatten(2).transpose(1, 2)
        if self.has_stem:
            x = self.transformer(x + self.positional_embedding, None)
            return self.ln_post(x).mean(1) @ self.proj
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x), None)
        return self.ln_post(x[:, 0]) @ self.proj


class Text(nn.Module):
    def __init__(self, causal):
        super().__init__()
        self.token_embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.positional_embedding = nn.Parameter(torch.empty(CONTEXT, WIDTH))
        self.transformer = Stack(quick=causal)
        self.ln_final = nn.LayerNorm(WIDTH)
        self.text_projection = nn.Parameter(torch.empty(WIDTH, EMBED))
        self.causal = causal

    def forward(self, tokens):
        end = (tokens == VOCABULARY - 1).int().argmax(1)
        x = self.token_embedding(tokens) + self.positional_embedding
        if self.causal:
            x = self.transformer(x, torch.full((CONTEXT, CONTEXT), -math.inf).triu(1))
            return self.ln_final(x[torch.arange(len(x)), end]) @ self.text_projection
        keep = torch.arange(CONTEXT) <= end[:, None]
        x = self.ln_final(self.transformer(x, torch.zeros(keep.shape).masked_fill(~keep, -math.inf)[:, None, None]))
        weight = keep.float()[..., None]
        return (x * weight).sum(1) / weight.sum(1) @ self.text_projection


class Dual(nn.Module):
    def __init__(self, stem):
        super().__init__()
        self.visual = Vision(stem)
        self.text = Text(causal=not stem)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))


def randomise(model):
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.add_(torch.randn(p.shape, generator=generator) * 0.02)
            elif p.dim() > 1:
                p.copy_(torch.randn(p.shape, generator=generator) * (0.1 if "embedding" in name else WIDTH**-0.5))


def train(name, stem, size):
    torch.set_num_threads(1)
    torch.manual_seed(3)
    model = Dual(stem)
    randomise(model)
    out = {"start." + k: v.clone() for k, v in model.state_dict().items()}
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.98), eps=1e-6, foreach=True)
    losses, norms = [], []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 5)
        images = ramp(step % 3, BATCH, 3, size, size, scale=4.0)
        tokens = captions(step % 3, BATCH, CONTEXT, VOCABULARY)
        image = F.normalize(model.visual(images), dim=-1)
        text = F.normalize(model.text(tokens), dim=-1)
        logits = model.logit_scale.exp() * (image @ text.t())
        labels = torch.arange(BATCH)
        loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        losses.append(loss.item())
    out.update({"final." + k: v for k, v in model.state_dict().items()})
    out["losses"] = torch.tensor(losses, dtype=torch.float64)
    out["norms"] = torch.tensor(norms, dtype=torch.float64)
    save(name, out)
    print(name, sum(p.numel() for p in model.parameters()), losses[0], losses[-1], norms[0], norms[-1])


if __name__ == "__main__":
    train("vit_step", stem=False, size=16)
    train("stem_step", stem=True, size=32)
