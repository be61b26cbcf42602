"""What an optimizer does to its parameters, looked at every so many steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from gradus import Error, _core
from gradus.torch.optimizer import Optimizer

Looks: TypeAlias = dict[str, dict[str, float]]  # by parameter, by key


class Writer(Protocol):
    """As torch.utils.tensorboard.SummaryWriter is one."""

    def add_scalar(self, tag: str, value: float, step: int, /) -> object: ...


To: TypeAlias = Writer | dict[str, list[tuple[int, float]]] | Callable[[int, Looks], object]


class Watch:
    """Looks at a step of an optimizer of gradus.torch every `every` steps, until close().

    `values` has the last look: by parameter `gradient_norm`, `weight_norm`, `update_to_weight` (norm of the step over norm of
    what it moved), `dead` (share of elements whose gradient is 0), `non_finite` (share of elements that are NaN or infinite)
    and, under rules that have one, `effective_lr`: the median over elements of what a unit of gradient moves them by. Of
    parameters of more than 16,384 elements a sample is looked at (of rates, 64 elements). They also go `to` a
    torch.utils.tensorboard.SummaryWriter as scalars NAME/KEY, into a dictionary as lists of (step, value), or to a
    function of the step and the values.
    """

    def __init__(self, optimizer: Optimizer, to: To | None = None, every: int = 100) -> None:
        if not hasattr(optimizer, "_watches"):
            raise TypeError(f"watch() was given a {type(optimizer).__name__}; it takes an optimizer of gradus.torch")
        if not isinstance(every, int) or every < 1:
            raise Error(f"every is {every!r}; it must be a whole number from 1")
        if not (to is None or callable(to) or isinstance(to, dict) or hasattr(to, "add_scalar")):
            raise TypeError(f"watch() was given to={to!r}; it takes a SummaryWriter, a dict, or a function of the step and "
                            "the values")
        self.values: Looks = {}
        self._optimizer, self._to, self._every, self._steps = optimizer, to, every, 0
        optimizer._watches.append(self)

    def close(self) -> None:
        """Watches no longer."""
        if self in self._optimizer._watches:
            self._optimizer._watches.remove(self)

    def before_step(self, engine: _core._TensorOptimizer) -> None:
        if self._steps % self._every == 0:
            engine.remember()

    def after_step(self, engine: _core._TensorOptimizer) -> None:
        self._steps += 1
        if self._every == 1 or self._steps % self._every == 1:
            self.values = engine.looks()
            self._tell(self._steps)

    def _tell(self, step: int) -> None:
        if callable(self._to):
            self._to(step, self.values)
            return
        for name, its in self.values.items():
            for key, value in its.items():
                if isinstance(self._to, dict):
                    self._to.setdefault(f"{name}/{key}", []).append((step, value))
                elif self._to is not None:
                    self._to.add_scalar(f"{name}/{key}", value, step)


def watch(optimizer: Optimizer, to: To | None = None, every: int = 100) -> Watch:
    """Begins to watch; the Watch tells how, and ends it."""
    return Watch(optimizer, to, every)
