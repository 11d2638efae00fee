"""Statistics of paired samples by SciPy (Debian's python3-scipy) and by counting every case in plain Python.

Writes data/stats.json: paired t, Wilcoxon signed-rank (exact, without ties; with ties and zeros by enumeration), sign flips (all arrangements),
the noncentral t distribution, effect sizes' intervals by its inversion, paired and of two samples, and the paired t-test's power.
"""
import itertools
import math
import random

import numpy as np
from scipy import optimize, stats

from common import save_json

rng = random.Random(20260101)


def midranks(values):
    return [sum(other < v for other in values) + (sum(other == v for other in values) + 1) / 2 for v in values]


def wilcoxon_by_counting(differences, pratt):
    kept = list(differences) if pratt else [d for d in differences if d]
    pairs = [(d, r) for d, r in zip(kept, midranks([abs(d) for d in kept])) if d]
    if not pairs:
        return 0.0, 1.0
    seen = sum(r for d, r in pairs if d > 0)
    sums = [sum(r for on, (_, r) in zip(signs, pairs) if on) for signs in itertools.product([0, 1], repeat=len(pairs))]
    below = sum(s <= seen for s in sums) / len(sums)
    above = sum(s >= seen for s in sums) / len(sums)
    return seen, min(1.0, 2 * min(below, above))


def flips_by_counting(differences):
    seen = abs(sum(differences))
    sums = [abs(sum(s * d for s, d in zip(signs, differences))) for signs in itertools.product([-1, 1], repeat=len(differences))]
    return sum(s >= seen - 1e-9 for s in sums) / len(sums)


def hedges(d, t, freedom, level=0.95):
    """d, g and the interval of g, where d is t times a constant."""
    j = math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)
    edge = lambda q: j * d / t * optimize.brentq(lambda delta: stats.nct.cdf(t, freedom, delta) - q, t - 40, t + 40, xtol=1e-12)
    return [d, j * d, edge((1 + level) / 2), edge((1 - level) / 2)]


def effect(differences):
    n = len(differences)
    dz = np.mean(differences) / np.std(differences, ddof=1)
    return hedges(dz, dz * math.sqrt(n), n - 1)


def unpaired_effect(baseline, arm):
    test = stats.ttest_ind(arm, baseline)
    freedom = len(baseline) + len(arm) - 2
    pooled = math.sqrt((np.var(baseline, ddof=1) * (len(baseline) - 1) + np.var(arm, ddof=1) * (len(arm) - 1)) / freedom)
    return hedges((np.mean(arm) - np.mean(baseline)) / pooled, test.statistic, freedom)


continuous = []
for n in [3, 4, 5, 6, 8, 10, 14]:
    differences = [round(rng.gauss(0.4, 1.0), 6) for _ in range(n)]
    baseline = [round(rng.gauss(10.0, 2.0), 6) for _ in range(n)]
    test = stats.ttest_rel([b + d for b, d in zip(baseline, differences)], baseline)
    signed = stats.wilcoxon(differences, mode="exact")
    continuous.append({
        "baseline": baseline, "differences": differences, "t": test.statistic, "t_p": test.pvalue,
        "wilcoxon_p": signed.pvalue, "flip_p": flips_by_counting(differences), "effect": effect(differences),
    })

tied = []
for n in [2, 5, 7, 9, 11]:
    for _ in range(3):
        differences = [rng.choice([-3, -2, -1, 0, 1, 2, 2, 4]) for _ in range(n)]
        dropped, dropped_p = wilcoxon_by_counting(differences, False)
        pratt, pratt_p = wilcoxon_by_counting(differences, True)
        tied.append({"differences": differences, "dropped": dropped, "dropped_p": dropped_p, "pratt": pratt, "pratt_p": pratt_p,
                     "flip_p": flips_by_counting(differences)})

large = [round(rng.gauss(0.1, 1.0), 1) for _ in range(300)]
normal = stats.wilcoxon([d for d in large if d], mode="approx", correction=True)

noncentral = [
    [freedom, delta, t, stats.nct.cdf(t, freedom, delta)]
    for freedom in [1, 2, 4, 9, 30, 200] for delta in [-2.0, 0.0, 0.5, 3.0, 10.0] for t in [-1.5, 0.0, 0.7, 2.776, 12.0]
]

power = []
for n in [2, 5, 10, 34, 100]:
    for d in [0.2, 0.5, 1.0, 2.0]:
        critical, ncp = stats.t.ppf(0.975, n - 1), d * math.sqrt(n)
        power.append([n, d, stats.nct.sf(critical, n - 1, ncp) + stats.nct.cdf(-critical, n - 1, ncp)])

unpaired = []
for n, m in [(2, 2), (5, 3), (4, 5), (8, 8), (3, 12)]:
    baseline = [round(rng.gauss(10.0, 2.0), 6) for _ in range(n)]
    arm = [round(rng.gauss(11.0, 2.0), 6) for _ in range(m)]
    unpaired.append({"baseline": baseline, "arm": arm, "effect": unpaired_effect(baseline, arm)})

finite = lambda rows: [row for row in rows if all(math.isfinite(v) for v in row)]
save_json("stats", {
    "continuous": continuous, "tied": tied, "unpaired": unpaired, "large": {"differences": large, "p": normal.pvalue},
    "noncentral": finite(noncentral), "power": finite(power),
})
