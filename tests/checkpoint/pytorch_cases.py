"""Trainings that begin in PyTorch and go on in gradus, and the other way: their optimizers, parameters and gradients."""

import torch

CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.125),
    "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.125, weight_decay=0.0625),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.5),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1, initial_accumulator_value=0.25),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, weight_decay=0.125),
    "rmsprop_centered": lambda p: torch.optim.RMSprop(p, lr=0.01, centered=True),
    "rmsprop_momentum": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
    "rmsprop_centered_momentum": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95)),
    "adam_decay": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.125),
    "amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.25),
    "adafactor": lambda p: torch.optim.Adafactor(p, lr=0.05, weight_decay=0.125),
    "muon": lambda p: torch.optim.Muon(p, lr=0.01),
}
STEPS, ALL_STEPS = 10, 20
WITHIN = {"muon": 2e-3}  # bfloat16 there, float32 here; all others end within 2e-6


def parameters(case):
    """The i-th number of the k-th is (3 i + 5 k) mod 7 - 3, halved. Muon takes matrices only."""
    shapes = {"w": (2, 3), "b": (5, 1) if case == "muon" else (5,)}
    return {name: torch.nn.Parameter(((3 * torch.arange(int(torch.tensor(shape).prod())) + 5 * k) % 7 - 3)
                                     .float().div(2).view(shape)) for k, (name, shape) in enumerate(shapes.items())}


def train(optimizer, named, first, last):
    """The i-th number of the gradient at step t is (7 i^2 + 3 i + 11 t) mod 17 - 8, by eighths."""
    for t in range(first, last):
        for parameter in named.values():
            i = torch.arange(parameter.numel())
            parameter.grad = (((7 * i * i + 3 * i + 11 * t) % 17 - 8).float() / 8).view(parameter.shape)
        optimizer.step()


def unbroken(case):
    named = parameters(case)
    train(CASES[case](named.values()), named, 0, ALL_STEPS)
    return {name: parameter.detach().flatten().tolist() for name, parameter in named.items()}
