"""Rules as pairs of pure functions over trees of arrays, for those who think so: optax's convention.

    transform = gradus.functional.transform(gradus.Adam(lr=1e-3))
    state = transform.init(params)
    updates, state = transform.update(gradients, state, params)
    params = gradus.functional.apply_updates(params, updates)

A tree is an array of NumPy, or a dict, list or tuple of trees. Nothing that is given is changed. That costs copies of all
arrays; gradus.Optimizer has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from gradus._core import Error, Optimizer, Rule

Tree = Any


class State(NamedTuple):
    """What a transform keeps: steps, and for each array of the tree its steps and numbers by slot."""

    steps: int
    of_arrays: list[tuple[int, dict[str, Any]]]


class Transform(NamedTuple):
    init: Callable[[Tree], State]
    update: Callable[[Tree, State, Tree], tuple[Tree, State]]


def _leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{path}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for number, value in enumerate(tree):
            yield from _leaves(value, f"{path}[{number}]")
    else:
        if tree is None:
            raise TypeError(f"tree{path} is None; a leaf is an array")
        yield f"tree{path}", tree


def _mapped(function: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: _mapped(function, value, *(other[key] for other in others)) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        values = [_mapped(function, *parts) for parts in zip(tree, *others, strict=True)]
        return type(tree)(*values) if hasattr(tree, "_fields") else type(tree)(values)
    return function(tree, *others)


def apply_updates(params: Tree, updates: Tree) -> Tree:
    """Each parameter plus its update."""
    return _mapped(lambda x, update: x + update, params, updates)


def transform(rule: Rule, **options: Any) -> Transform:
    """The rule as functions `init(params)` and `update(gradients, state, params)`; options as gradus.Optimizer takes them.

    update() raises Error, which names the array, for gradients of another tree, and where a step is not applied.
    """

    def optimizer_of(params: Tree) -> tuple[Optimizer, dict[str, Any]]:
        optimizer = Optimizer(rule, **options)
        arrays = {name: np.array(value, order="C") for name, value in _leaves(params)}
        for name, array in arrays.items():
            optimizer.add(name, array)
        return optimizer, arrays

    def state_of(optimizer: Optimizer) -> State:
        return State(optimizer.steps, [(optimizer.steps_of(name), optimizer.state(name)) for name in optimizer.names])

    def init(params: Tree) -> State:
        return state_of(optimizer_of(params)[0])

    def update(gradients: Tree, state: State, params: Tree) -> tuple[Tree, State]:
        optimizer, arrays = optimizer_of(params)
        given = dict(_leaves(gradients))
        if given.keys() != arrays.keys():
            raise Error(f"the gradients' tree has {sorted(given)}, the parameters' {sorted(arrays)}")
        optimizer.restore(state.steps, state.of_arrays)
        for name, gradient in given.items():
            optimizer.set_gradient(name, np.array(gradient, order="C"))
        report = optimizer.step()
        if not report:
            raise Error(report.message)
        moved = iter(arrays.values())
        return _mapped(lambda x: next(moved) - x, params), state_of(optimizer)

    return Transform(init, update)
