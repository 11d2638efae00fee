"""Golden values of probes: minima of penalised softmax regression by Newton's method in float64.

A minimum under the penalty l is also the minimum within the ball of its own norm, which checks the projected probe by independent means.
"""
import numpy as np
import torch
from common import save

CLASSES, WIDTH, ROWS = 4, 6, 60


def data():
    i = np.arange(ROWS)[:, None]
    j = np.arange(WIDTH)[None, :]
    labels = (np.arange(ROWS) * 7 + np.arange(ROWS) // 5) % CLASSES
    x = np.sin(1.7 * i + 2.3 * j + 0.5) + 0.8 * np.cos(3.1 * (labels[:, None] + 1) * (j + 1))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    start = np.cos(0.9 * np.arange(CLASSES)[:, None] + 1.3 * j)
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    return x, labels, start


def minimum(x, labels, start, scale, penalty):
    """Newton with halved steps over W (C x d) and b (C); the constant that all b share is free, so the least-norm step is taken."""
    n, (c, d) = len(x), start.shape
    carried = np.concatenate([scale * x, np.ones((n, 1))], 1)
    ridge = np.concatenate([np.full(d, penalty), [0.0]])
    theta = np.zeros((c, d + 1))
    offset = scale * x @ start.T
    one_hot = np.eye(c)[labels]

    def value(theta):
        z = offset + carried @ theta.T
        z = z - z.max(1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(1, keepdims=True))
        ce = -(one_hot * logs).sum() / n
        return ce + 0.5 * (ridge * theta**2).sum(), ce, np.exp(logs)

    for _ in range(200):
        loss, ce, p = value(theta)
        gradient = (p - one_hot).T @ carried / n + ridge * theta
        if np.abs(gradient).max() < 1e-13:
            break
        hessian = np.zeros((c * (d + 1), c * (d + 1)))
        for a in range(c):
            for b in range(c):
                w = p[:, a] * ((a == b) - p[:, b]) / n
                hessian[a * (d + 1):(a + 1) * (d + 1), b * (d + 1):(b + 1) * (d + 1)] = carried.T @ (carried * w[:, None])
        hessian += np.diag(np.tile(ridge, c))
        step = np.linalg.lstsq(hessian, gradient.reshape(-1), rcond=1e-12)[0].reshape(c, d + 1)
        t = 1.0
        while value(theta - t * step)[0] > loss and t > 1e-12:
            t /= 2
        theta = theta - t * step
    loss, ce, _ = value(theta)
    return theta[:, :d], theta[:, d] - theta[:, d].mean(), loss, ce


def main():
    x, labels, start = data()
    out = {"features": torch.from_numpy(x), "labels": torch.from_numpy(labels.astype(np.int64)), "start": torch.from_numpy(start)}
    for name, scale, penalty, w0 in [
        ("plain", 1.0, 1e-3, np.zeros_like(start)),
        ("strong", 1.0, 0.1, np.zeros_like(start)),
        ("pulled", 5.0, 0.05, start),
        ("sharp", 20.0, 0.02, start),
    ]:
        w, b, loss, ce = minimum(x, labels, w0, scale, penalty)
        out[f"{name}.setting"] = torch.tensor([scale, penalty, float(w0.any())], dtype=torch.float64)
        out[f"{name}.weights"] = torch.from_numpy(w)
        out[f"{name}.bias"] = torch.from_numpy(b)
        out[f"{name}.losses"] = torch.tensor([loss, ce], dtype=torch.float64)
        print(name, loss, ce, np.linalg.norm(w))
    save("probes", out)


if __name__ == "__main__":
    main()
