"""What an optimizer does to its parameters, looked at every so many steps."""

import torch

from gradus import Error

SHOWN_RATES = 65_536  # elements: the rates of more take longer than the step that is looked at


class Watch:
    """Looks at a step of an optimizer of gradus.torch every `every` steps, until close().

    `values` has the last look: by parameter `gradient_norm`, `weight_norm`, `update_to_weight` (norm of the step over norm of
    what it moved), `dead` (share of elements whose gradient is 0), `non_finite` (number of elements that are NaN or infinite)
    and, of parameters of up to 65,536 elements under rules that have one, `effective_lr`: the median over elements of what a
    unit of gradient moves them by. They also go `to` a torch.utils.tensorboard.SummaryWriter as scalars NAME/KEY, into a
    dictionary as lists of (step, value), or to a function of the step and the values.
    """

    def __init__(self, optimizer, to=None, every=100):
        if not hasattr(optimizer, "_watches"):
            raise TypeError(f"watch() was given a {type(optimizer).__name__}; it takes an optimizer of gradus.torch")
        if every < 1:
            raise Error(f"every is {every}; it must be at least 1")
        self.values, self._optimizer, self._to, self._every = {}, optimizer, to, every
        self._steps, self._before = 0, None
        optimizer._watches.append(self)

    def close(self):
        """Watches no longer."""
        if self in self._optimizer._watches:
            self._optimizer._watches.remove(self)

    @torch.no_grad()
    def before_step(self):
        if self._steps % self._every == 0:
            self._before = [parameter.clone() if parameter.grad is not None else None for parameter in self._parameters()]

    @torch.no_grad()
    def after_step(self):
        self._steps += 1
        if self._before is None:
            return
        before, self._before = self._before, None
        rates = self._optimizer._rates(SHOWN_RATES)
        self.values = {name: _look(parameter, old, rate)
                       for (name, rate), parameter, old in zip(rates, self._parameters(), before) if old is not None}
        self._tell(self._steps)

    def _parameters(self):
        return [parameter for group in self._optimizer.param_groups for parameter in group["params"]]

    def _tell(self, step):
        if callable(self._to):
            self._to(step, self.values)
            return
        for name, its in self.values.items():
            for key, value in its.items():
                if isinstance(self._to, dict):
                    self._to.setdefault(f"{name}/{key}", []).append((step, value))
                elif self._to is not None:
                    self._to.add_scalar(f"{name}/{key}", value, step)


def _look(parameter, before, rates):
    gradient = parameter.grad.coalesce().values() if parameter.grad.is_sparse else parameter.grad
    weight = before.norm(dtype=torch.float32).item()
    moved = (parameter - before).norm(dtype=torch.float32).item()
    look = {"gradient_norm": gradient.norm(dtype=torch.float32).item(), "weight_norm": weight,
            "update_to_weight": moved / weight if weight > 0 else float("inf") if moved > 0 else 0.0,
            "dead": 1 - gradient.count_nonzero().item() / max(parameter.numel(), 1),
            "non_finite": parameter.numel() - parameter.isfinite().sum().item()}
    if rates is not None:
        look["effective_lr"] = rates.median().item()
    return look


def watch(optimizer, to=None, every=100):
    """Begins to watch; the Watch tells how, and ends it."""
    return Watch(optimizer, to, every)
