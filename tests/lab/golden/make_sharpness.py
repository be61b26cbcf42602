#!/usr/bin/env python3
"""Makes sharpness.json: how curved losses are, as PyTorch's autograd has it.

`tiny` is a net of 3 inputs, 4 tanh units and 2 scores in float64, with its whole Hessian; the others are the nets of
make_nets.py in float32, with products of their Hessians. The bag of words is not among them: PyTorch has no second
derivative of it.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from make_nets import Cnn, Lstm, Mlp, Transformer, fill, wave

MASK = 2**64 - 1


def words(seed):
    """SplitMix64, as lab/tasks/draws.cpp has it."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        yield z ^ z >> 31


# ---- the tiny net ----------------------------------------------------------------------------------------------------

SHAPES = [(4, 3), (4,), (2, 4), (2,)]
TINY_INPUTS = (1.5 * wave(15, 0.5)).view(5, 3)
TINY_TARGETS = torch.arange(5) * 3 % 2


def tiny_loss(x):
    parts = x.split([torch.Size(shape).numel() for shape in SHAPES])
    w1, b1, w2, b2 = (part.view(shape) for part, shape in zip(parts, SHAPES))
    return functional.cross_entropy(torch.tanh(TINY_INPUTS @ w1.T + b1) @ w2.T + b2, TINY_TARGETS)


def worst_rise(w, rho):
    """The largest of 20 maxima over |delta / |w|| = rho, each from its own start and where the gradient points outwards."""
    def on_sphere(u):
        return (rho * u / u.norm()).detach().requires_grad_()

    random = torch.Generator().manual_seed(1)
    rises = []
    for _ in range(20):
        u = on_sphere(torch.randn(len(w), generator=random, dtype=torch.float64))
        for _ in range(1500):
            gradient, = torch.autograd.grad(tiny_loss(w + u * w.abs()), u)
            u = on_sphere(u + 0.3 * rho * gradient / gradient.norm())
        rises.append((tiny_loss(w + u * w.abs()) - tiny_loss(w)).item())
    return max(rises)


def look_at_tiny():
    x = wave(26, 1)
    hessian = torch.autograd.functional.hessian(tiny_loss, x)
    p = 0.5 + wave(26, 3) ** 2
    spectrum = torch.linalg.eigvalsh(hessian)
    preconditioned = torch.linalg.eigvalsh(hessian / (p.sqrt()[:, None] * p.sqrt()))
    squares = (hessian**2).sum() - (hessian.diag() ** 2).sum()
    return {"loss": tiny_loss(x).item(), "largest": spectrum.flip(0)[:4].tolist(),
            "preconditioned": preconditioned.flip(0)[:4].tolist(), "trace": hessian.trace().item(),
            "draw_variance": 2 * squares.item(), "times_wave": (hessian @ wave(26, 2)).tolist(),
            "worst_rise": {str(rho): worst_rise(x, rho) for rho in (0.01, 0.5)},
            "half_scaled_trace": (hessian.diag() * x**2).sum().item() / 2}  # of the average rise, by rho^2


# ---- the tasks' nets -------------------------------------------------------------------------------------------------


def product(net):
    """The Hessian at the net's parameters, in their order, as a function of a vector."""
    own = list(net.own().values())
    scores = net.scores().flatten(0, -2)
    targets = torch.arange(len(scores)) * 3 % net.classes
    gradients = torch.autograd.grad(functional.cross_entropy(scores, targets), own, create_graph=True)

    def times(v):
        parts = v.float().split([parameter.numel() for parameter in own])
        along = [part.view(parameter.shape) for part, parameter in zip(parts, own)]
        products = torch.autograd.grad(gradients, own, along, retain_graph=True)
        return torch.cat([part.flatten() for part in products]).double()

    return times, sum(parameter.numel() for parameter in own)


def largest(times, n):
    """By power iteration: first of the Hessian, for its largest size, then of the Hessian moved up by that size."""
    v = wave(n, 4)
    for _ in range(100):
        v = times(v / v.norm())
    size = v.norm()
    for _ in range(300):
        v = v / v.norm()
        hv = times(v)
        eigenvalue, v = v.dot(hv).item(), hv + size * v
    return eigenvalue


def look(net):
    fill(net.own().values())
    with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
        times, n = product(net)
    draws = words(1)
    signs = [torch.tensor([1 - 2 * (next(draws) >> 63) for _ in range(n)], dtype=torch.float64) for _ in range(4)]
    hv = times(wave(n, 2))
    return {"norm": hv.norm().item(), "along": hv.dot(wave(n, 5)).item(), "largest": largest(times, n),
            "trace": sum(v.dot(times(v)).item() for v in signs) / len(signs)}


if __name__ == "__main__":
    nets = {"mlp": Mlp(), "cnn": Cnn(), "lstm": Lstm(), "transformer": Transformer()}
    looks = {"tiny": look_at_tiny()} | {name: look(net) for name, net in nets.items()}
    lines = ",\n".join(f'"{name}": {json.dumps(found)}' for name, found in looks.items())
    Path(__file__).with_name("sharpness.json").write_text("{\n" + lines + "\n}\n")
