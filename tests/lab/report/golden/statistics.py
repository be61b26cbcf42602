"""Makes statistics.json beside it: what SciPy 1.17.1 makes of small samples (pip install scipy==1.17.1).

Welch's and paired t-tests with their confidence intervals are scipy.stats.ttest_ind and ttest_rel; Holm's correction is
written out from its definition; the interval of a mean with another variance uses Satterthwaite's degrees of freedom.
"""

import json
import pathlib

import numpy as np
from scipy import stats


def sample(seed, n, shift, scale, common):
    random = np.random.default_rng(seed)
    seeds = random.normal(size=n)
    a = 88 + common * seeds + random.normal(size=n) * scale
    b = 88 + shift + common * seeds + random.normal(size=n) * scale
    return a.tolist(), b.tolist()


def compared(a, b):
    paired = np.corrcoef(a, b)[0, 1] > 0
    test = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(0.95)
    return {
        "a": a,
        "b": b,
        "paired": bool(paired),
        "mean": float(np.mean(a) - np.mean(b)),
        "half_width": float((interval.high - interval.low) / 2),
        "p": float(test.pvalue),
    }


def holm(p):
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = highest
    return adjusted.tolist()


def with_other(values, variance, degrees):
    n = len(values)
    own = np.var(values, ddof=1) / n
    joined = (own + variance) ** 2 / (own**2 / (n - 1) + variance**2 / degrees)
    return {
        "values": values,
        "variance": variance,
        "degrees": degrees,
        "mean": float(np.mean(values)),
        "half_width": float(stats.t.ppf(0.975, joined) * np.sqrt(own + variance)),
    }


cases = [(1, 5, 0.3, 0.1, 1.0), (20, 5, 0.3, 0.5, 0.0), (29, 5, 0.9, 0.4, 0.0), (3, 3, -0.1, 0.2, 0.5), (4, 10, 0.0, 1.0, 3.0)]
ps = [[0.01, 0.04, 0.03], [0.5], [0.002, 0.9, 0.03, 0.03, 0.2], [0.4, 0.4]]
golden = {
    "differences": [compared(*sample(*case)) for case in cases],
    "holm": [{"p": p, "adjusted": holm(p)} for p in ps],
    "with_other": [with_other(sample(7, 5, 0, 0.2, 0)[0], 0.04, 2), with_other(sample(8, 3, 0, 2, 0)[0], 0.5, 2)],
}
path = pathlib.Path(__file__).with_name("statistics.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
