"""gradus: adaptive optimizers, written once, the same bits everywhere.

    optimizer = gradus.Optimizer(gradus.Adam(lr=1e-3))
    optimizer.add("w", w, gradient)      # arrays that stay yours: NumPy's, or what has __dlpack__ or a buffer
    optimizer.step()

For PyTorch see gradus.torch.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from gradus import _core
from gradus._core import *  # noqa: F403  (rules, links, schedules: what the module has is what there is)
from gradus._core import Error, Field, Optimizer, Rule, Schedule, StepReport, explain, rule_names

__version__ = "0.1.0"

from gradus.laboratory import Run as Run, race as race  # noqa: E402  (it tells results the version)

if not TYPE_CHECKING:
    def __getattr__(name: str) -> ModuleType:
        """What needs NumPy or PyTorch is loaded when it is asked for."""
        if name in ("functional", "torch"):
            return import_module(f"gradus.{name}")
        raise AttributeError(f"module 'gradus' has no attribute '{name}'")

__all__ = [name for name in dir(_core) if not name.startswith("_")] + ["Run", "race"]
