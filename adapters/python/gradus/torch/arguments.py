"""What optimizers of gradus.torch are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias, TypedDict

import torch

from gradus import Schedule

# As torch.optim.optimizer has it, in releases that have it.
ParamsT: TypeAlias = Iterable[torch.Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, torch.Tensor]]
Group: TypeAlias = dict[str, Any]  # of param_groups
Number: TypeAlias = float | torch.Tensor
Hyper: TypeAlias = float | torch.Tensor | Schedule | Callable[[int], float]
NonFinite: TypeAlias = Literal["propagate", "skip", "raise"]
StateDtype: TypeAlias = Literal["plain", "f32", "f64", "bf16", "8bit", "block8", "dynamic8"]


class Ours(TypedDict, total=False):
    """What comes after PyTorch's arguments: see Optimizer."""
    non_finite: NonFinite
    state_dtype: StateDtype
    stochastic_rounding: bool
    seed: int


class Options(Ours, total=False):
    """Of an optimizer that has not PyTorch's name."""
    maximize: bool
