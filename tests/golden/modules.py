"""Forward values and gradients of every layer, from PyTorch; parameters and inputs come from formula.ramp."""
import torch
from torch import nn

from common import save
from formula import ramp

CASES = {
    "linear": (nn.Linear(5, 3), (2, 4, 5)),
    "linear_without_bias": (nn.Linear(5, 3, bias=False), (4, 5)),
    "layer_norm": (nn.LayerNorm(6), (2, 3, 6)),
    "layer_norm_2d": (nn.LayerNorm((3, 4), eps=1e-3), (2, 3, 4)),
    "conv": (nn.Conv2d(3, 4, 3, stride=2, padding=1), (2, 3, 7, 7)),
    "conv_groups": (nn.Conv2d(4, 6, (2, 3), stride=(1, 2), padding=(1, 0), groups=2, bias=False), (2, 4, 6, 7)),
    "batch_norm": (nn.BatchNorm2d(3), (4, 3, 5, 5)),
    "relu": (nn.ReLU(), (3, 7)),
    "gelu": (nn.GELU(), (3, 7)),
    "silu": (nn.SiLU(), (3, 7)),
    "tanh": (nn.Tanh(), (3, 7)),
    "sequential": (nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 2)), (3, 4)),
}


def fill(module):
    with torch.no_grad():
        for i, p in enumerate(module.parameters()):
            p.copy_(ramp(50 + i, *p.shape))


def run(out, name, module, x):
    """Two forward and backward passes, so that running statistics move twice."""
    fill(module)
    for step in range(2):
        module.zero_grad()
        given = (x + step).requires_grad_() if x.is_floating_point() else x
        y = module(given)
        (y * ramp(99, *y.shape)).sum().backward()
    out[name + ".y"] = y
    if given.is_floating_point():
        out[name + ".dx"] = given.grad
    for key, p in module.named_parameters():
        out[f"{name}.d.{key}"] = p.grad
    for key, b in module.named_buffers():
        out[f"{name}.b.{key}"] = b
    module.eval()
    with torch.no_grad():
        out[name + ".eval"] = module(x)


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    """PyTorch's own attention, as the reference of the encoders' (same parameter names)."""

    def __init__(self, mask):
        super().__init__()
        self.inner = nn.MultiheadAttention(12, 3, batch_first=True)
        self.mask = mask

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False, attn_mask=self.mask)[0]


def main():
    out = {}
    for i, (name, (module, shape)) in enumerate(CASES.items()):
        run(out, name, module, ramp(i, *shape, scale=4.0))
    run(out, "quick_gelu", QuickGELU(), ramp(20, 3, 7, scale=4.0))
    run(out, "embedding", nn.Embedding(7, 4, padding_idx=2), torch.tensor([[1, 2, 6], [0, 1, 1]]))
    run(out, "attention", Attention(None), ramp(21, 2, 5, 12, scale=4.0))
    run(out, "attention_causal", Attention(torch.full((5, 5), float("-inf")).triu(1)), ramp(22, 2, 5, 12, scale=4.0))
    save("modules", out)

    out = {}
    for name, make in {
        "linear": lambda: nn.Linear(5, 3),
        "conv": lambda: nn.Conv2d(3, 4, 3),
        "embedding": lambda: nn.Embedding(6, 4, padding_idx=1),
    }.items():
        torch.manual_seed(7)
        for key, p in make().named_parameters():
            out[f"{name}.{key}"] = p
    for name, fill_ in {
        "normal": lambda t: nn.init.normal_(t, 1.0, 0.5),
        "uniform": lambda t: nn.init.uniform_(t, -2.0, 3.0),
        "trunc_normal": lambda t: nn.init.trunc_normal_(t, 0.1, 0.5, -0.6, 0.4),
        "kaiming_uniform": lambda t: nn.init.kaiming_uniform_(t, nonlinearity="relu"),
        "kaiming_normal": lambda t: nn.init.kaiming_normal_(t, a=0.2, mode="fan_out"),
        "xavier_uniform": lambda t: nn.init.xavier_uniform_(t, gain=1.5),
        "xavier_normal": lambda t: nn.init.xavier_normal_(t),
    }.items():
        torch.manual_seed(8)
        out[name] = fill_(torch.empty(8, 5, 3))
    save("initial_values", out)


if __name__ == "__main__":
    main()
