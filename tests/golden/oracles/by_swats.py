"""SWATS: torch-optimizer's while it is Adam, and torch.optim.SGD after that.

torch-optimizer's own SGD phase multiplies its momentum buffer by 1 - beta1 in each step, which the paper does
not. Its criterion for the switch has fixed tolerances; the paper's is put in its place. One departure stays:
it switches to a positive rate only, where the paper would climb.
"""

import unittest.mock

import torch
from torch_optimizer import SWATS

from .driver import call, parameters_of, slots_of, walk_apart, with_betas


def criterion(eps):
    """Keskar & Socher 2017, Algorithm 1, line 16, where theirs calls Tensor.allclose."""
    return lambda debiased, estimate, rtol: bool((debiased - estimate).abs() < eps)


class Switching:
    """An optimizer of one parameter."""

    def __init__(self, parameter, arguments):
        self.parameter, self.arguments = parameter, arguments
        self.adam, self.sgd, self.switched_at = SWATS([parameter], **arguments), None, None

    def step(self):
        if self.sgd:
            self.sgd.step()
            return
        self.adam.step()
        group, = self.adam.param_groups
        if group["phase"] == "SGD":
            beta1, rate = group["betas"][0], group["lr"]
            self.sgd = torch.optim.SGD([self.parameter], lr=(1 - beta1) * rate, momentum=beta1, foreach=False)
            self.switched_at = self.adam.state[self.parameter]["step"]

    def slots(self):
        slots = slots_of(self.adam, self.parameter, ["exp_avg", "exp_avg_sq"])
        if self.sgd:
            slots["exp_avg"] = slots_of(self.sgd, self.parameter, ["momentum_buffer"])["momentum_buffer"]
        return slots

    def scalars(self):
        return {"lambda": self.adam.state[self.parameter]["exp_avg2"].item()}


def run(case, x0, gradients):
    arguments = with_betas(case.fields)
    parameters = parameters_of(case, x0)
    optimizers = {name: Switching(parameter, arguments) for name, parameter in parameters.items()}
    with unittest.mock.patch.object(torch.Tensor, "allclose", criterion(arguments["eps"])):
        xs = walk_apart(parameters, optimizers, gradients)
    return {
        "oracle": call("torch-optimizer", "torch_optimizer.SWATS", arguments)
        + " with abs(lambda / (1 - beta2^k) - gamma) < eps and lambda > 0 as the criterion, then "
        + call("torch", "torch.optim.SGD", {"momentum": arguments["betas"][0]}),
        "switched_at": {name: optimizer.switched_at for name, optimizer in optimizers.items()},
        "scalars": {name: optimizer.scalars() for name, optimizer in optimizers.items()},
        "x": xs,
        "state": {name: optimizer.slots() for name, optimizer in optimizers.items()},
    }
