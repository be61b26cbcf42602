#!/usr/bin/env python3
"""Makes functions.json: what torch.optim.SGD does, in float64, on the tasks that are functions.

Each is written here a second time, from its source and for autograd: with matrices where lab/tasks has loops.
"""

import json
import math
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)


class Draws:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def word(self):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        return z ^ (z >> 31)

    def uniform(self, low, high):
        return low + (high - low) * ((self.word() >> 11) * 2.0**-53)

    def unit_noise(self):
        return self.uniform(-math.sqrt(3), math.sqrt(3))

    def vector(self, n, low, high):
        return torch.tensor([self.uniform(low, high) for _ in range(n)])


def log_gap(value):
    return math.log10(max(value, 1e-30))


class Function:
    """Keeps the losses, as metrics may need them."""

    def project(self, x):
        pass

    def metrics(self, x, losses):
        gap = log_gap(self.loss(x).item())
        return [gap, gap]


class Quadratic(Function):
    degrees = 0

    def __init__(self, draws):
        self.x0 = 1 + draws.vector(100, -1, 1)
        cosine, sine = math.cos(math.radians(self.degrees)), math.sin(math.radians(self.degrees))
        eigenvectors = torch.eye(100)
        for i in range(50):
            j = 99 - i
            eigenvectors[[i, j], [i, j]] = cosine
            eigenvectors[i, j], eigenvectors[j, i] = -sine, sine
        self.h = eigenvectors @ torch.diag(torch.logspace(0, -4, 100)) @ eigenvectors.T

    def loss(self, x):
        return (x - 1) @ self.h @ (x - 1) / 2


class RotatedQuadratic(Quadratic):
    degrees = 45


class Rosenbrock(Function):
    def __init__(self, draws):
        self.x0 = torch.tensor([-1.2, 1.0] * 5) + draws.vector(10, -0.1, 0.1)

    def loss(self, x):
        a, b = x[0::2], x[1::2]
        return (100 * (b - a**2) ** 2 + (1 - a) ** 2).sum()


class DriftingQuadratic(Function):
    def __init__(self, draws):
        self.draws, self.x0 = draws, torch.zeros(100)
        self.optimum = draws.vector(100, -1, 1)
        self.eigenvalues = torch.logspace(0, -2, 100)

    def loss(self, x):
        return (self.eigenvalues * (x - self.optimum) ** 2).sum() / 2

    def objective(self, x):
        """The loss, with a linear term that makes the gradient noisy."""
        noise, drift = torch.tensor([[self.draws.unit_noise(), self.draws.unit_noise()] for _ in range(100)]).T
        loss = self.loss(x)
        self.optimum = self.optimum + 0.01 * drift
        return loss, loss + 0.1 * (self.eigenvalues.sqrt() * noise * x).sum()

    def metrics(self, x, losses):
        later = losses[len(losses) // 2 :]
        return [log_gap(sum(later) / len(later))] * 2


class Reddi(Function):
    def __init__(self, draws):
        self.x0 = torch.tensor([draws.uniform(0.5, 1)])
        self.t, self.xs = 0, []

    def objective(self, x):
        self.t += 1
        self.xs.append(x.item())
        loss = (1010 if self.t % 101 == 1 else -10) * x[0]
        return loss, loss

    def project(self, x):
        x.clamp_(-1, 1)

    def metrics(self, x, losses):
        slopes = [1010] + 100 * [-10]
        return [sum(slopes) / 101 * sum(x + 1 for x in self.xs) / len(self.xs)] * 2


class Wilson(Function):
    def __init__(self, draws):
        def labels(n):
            return torch.tensor([1.0 if draws.uniform(0, 1) < 0.75 else -1.0 for _ in range(n)])

        self.y, self.x0 = labels(100), torch.zeros(503)
        self.features = torch.zeros(100, 503)
        for i, y in enumerate(self.y):
            self.features[i, :3] = torch.tensor([y, 1, 1])
            self.features[i, 3 + 5 * i : 3 + 5 * i + (1 if y > 0 else 5)] = 1
        self.fresh = [labels(1000), labels(1000)]

    def loss(self, w):
        return ((self.features @ w - self.y) ** 2).mean() / 2

    def metrics(self, w, losses):
        return [(((y * w[0] + w[1] + w[2]) * y) <= 0).double().mean().item() for y in self.fresh]


CASES = [  # task, what it is, learning rate, steps
    ("quadratic", Quadratic, 1.5, 6),
    ("rotated-quadratic", RotatedQuadratic, 1.5, 6),
    ("rosenbrock", Rosenbrock, 0.001, 6),
    ("drifting-quadratic", DriftingQuadratic, 0.3, 6),
    ("reddi", Reddi, 0.001, 105),
    ("wilson", Wilson, 0.3, 6),
]


def run(make, lr, steps, seed=7):
    function = make(Draws(seed))
    x = function.x0.clone().requires_grad_()
    optimizer = torch.optim.SGD([x], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        if hasattr(function, "objective"):
            loss, objective = function.objective(x)
        else:
            loss = objective = function.loss(x)
        objective.backward()
        optimizer.step()
        with torch.no_grad():
            function.project(x)
        losses.append(loss.item())
    with torch.no_grad():
        validation, test = function.metrics(x, losses)
    return {"seed": seed, "lr": lr, "losses": losses, "x": x.tolist(), "validation": validation, "test": test}


if __name__ == "__main__":
    lines = ",\n".join(f'"{task}": {json.dumps(run(make, lr, steps))}' for task, make, lr, steps in CASES)
    Path(__file__).with_name("functions.json").write_text("{\n" + lines + "\n}\n")
