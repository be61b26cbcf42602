"""What a group's choices make of it: the rule, and how PyTorch calls what is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from gradus import Rule, _core
from gradus.torch.arguments import Group


@dataclass(frozen=True)
class Slot:
    """An array of a parameter's state: its name here, and its shape in PyTorch's state_dict(), if that is another."""
    ours: str
    shape: Callable[[torch.Tensor], tuple[int, int]] | None = None


def like_parameter(*names: str) -> Callable[[torch.Tensor], Mapping[str, Slot]]:
    """Slots that are called here as there, and are arrays like the parameter."""
    slots = {name: Slot(name) for name in names}
    return lambda parameter: slots


@dataclass(frozen=True)
class Form:
    """`rule` is a Rule, or a text without fields; `fields` says which of its fields a key of the group holds; `slots` are those
    of PyTorch's state_dict() by their names there, of a parameter; `instead` has values for keys of the group that PyTorch
    leaves open; `products` are numbers that follow from how many steps there were:
    the name, and which key and place holds what is multiplied."""
    rule: Rule | str
    fields: Mapping[str, tuple[str, ...]]
    slots: Callable[[torch.Tensor], Mapping[str, Slot]] = like_parameter()
    instead: Mapping[str, Any] = field(default_factory=dict)
    products: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    counts: bool = True

    def settings(self, group: Group) -> Iterator[tuple[str, Any]]:
        """All fields, with the numbers that the group has now."""
        for key, names in self.fields.items():
            value = self.instead.get(key, group[key])
            values = value if len(names) > 1 else (value,)
            if not isinstance(values, (tuple, list)) or len(names) != len(values):
                raise ValueError(f"{key} is {value!r}; it must be {len(names)} numbers")
            for name, value in zip(names, values):
                yield name, value.item() if isinstance(value, torch.Tensor) else value

    def rule_of(self, group: Group) -> Rule:
        rule = Rule.parse(self.rule) if isinstance(self.rule, str) else copy.copy(self.rule)
        for name, value in self.settings(group):
            rule.set(name, value)
        return rule

    def factors(self, group: Group) -> list[float]:
        return [float(group[key][place]) for key, place in self.products.values()]

    def products_after(self, steps: int, group: Group) -> dict[str, float]:
        """PyTorch has powers of what the factors are now. Multiplied step by step, as the engine does: the same bits."""
        return {name: _core._repeated_product(factor, steps) for name, factor in zip(self.products, self.factors(group))}
