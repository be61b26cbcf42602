"""Rules that PyTorch has not, under their own names, and compositions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import Unpack

import gradus
from gradus.torch.arguments import Hyper, Options, ParamsT
from gradus.torch.optimizer import Optimizer


class Composition(Protocol):
    def __call__(self, params: ParamsT, **options: Unpack[Options]) -> Optimizer: ...


def compose(*links: gradus.Rule) -> Composition:
    """compose(ClipNorm(1.0), Adam(), WeightDecay(0.01)) makes optimizers of that composition: call it with parameters."""
    if not links:
        raise gradus.Error("compose() was given no links; it takes one or more")
    for link in links:
        gradus._core._check_rule("compose()", link)
    return functools.partial(Optimizer, rule=functools.reduce(lambda first, next: first >> next, links))


def _named(kind: Callable[..., gradus.Rule]) -> type[Optimizer]:
    """An optimizer of the rule's own name, fields as keyword arguments."""
    fields = kind().fields

    def __init__(self: Optimizer, params: ParamsT, *positional: Hyper, **given: Any) -> None:
        names = [field.name for field in fields]
        if len(positional) > len(names):
            raise TypeError(f"{kind.__name__}() takes {len(names)} hyperparameters, not {len(positional)}")
        rule_fields = dict(zip(names, positional)) | {name: given.pop(name) for name in names if name in given}
        Optimizer.__init__(self, params, kind(**rule_fields), **given)

    ordinary = list(inspect.signature(Optimizer.__init__).parameters.values())
    its = [inspect.Parameter(f.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=f.default, annotation="Hyper")
           for f in fields]
    setattr(__init__, "__signature__", inspect.Signature(ordinary[:2] + its + ordinary[3:]))
    return type(kind.__name__, (Optimizer,), {"__init__": __init__, "__doc__": kind.__doc__, "__module__": __name__})


if TYPE_CHECKING:  # has no way to see the rules' fields: here they are once more
    class LAMB(Optimizer):
        def __init__(self, params: ParamsT, lr: Hyper = 0.001, beta1: Hyper = 0.9, beta2: Hyper = 0.999,
                     eps: Hyper = 1e-6, weight_decay: Hyper = 0.0, **options: Unpack[Options]) -> None: ...

    class Prodigy(Optimizer):
        def __init__(self, params: ParamsT, lr: Hyper = 1.0, beta1: Hyper = 0.9, beta2: Hyper = 0.999,
                     beta3: Hyper = -1.0, eps: Hyper = 1e-8, weight_decay: Hyper = 0.0, d0: Hyper = 1e-6,
                     d_coef: Hyper = 1.0, **options: Unpack[Options]) -> None: ...

    class RowwiseAdaGrad(Optimizer):
        def __init__(self, params: ParamsT, lr: Hyper = 0.01, eps: Hyper = 1e-10,
                     **options: Unpack[Options]) -> None: ...

    class ScheduleFreeAdamW(Optimizer):
        def __init__(self, params: ParamsT, lr: Hyper = 0.0025, beta1: Hyper = 0.9, beta2: Hyper = 0.999,
                     eps: Hyper = 1e-8, weight_decay: Hyper = 0.0, warmup_steps: Hyper = 0.0, r: Hyper = 0.0,
                     weight_lr_power: Hyper = 2.0, **options: Unpack[Options]) -> None: ...

    class SOAP(Optimizer):
        def __init__(self, params: ParamsT, lr: Hyper = 0.003, beta1: Hyper = 0.95, beta2: Hyper = 0.95,
                     shampoo_beta: Hyper = -1.0, eps: Hyper = 1e-8, weight_decay: Hyper = 0.01,
                     precondition_frequency: Hyper = 10.0, max_precond_dim: Hyper = 10000.0,
                     **options: Unpack[Options]) -> None: ...

    class SWATS(Optimizer):
        def __init__(self, params: ParamsT, lr: Hyper = 0.001, beta1: Hyper = 0.9, beta2: Hyper = 0.999,
                     eps: Hyper = 1e-9, **options: Unpack[Options]) -> None: ...
else:
    LAMB = _named(gradus.LAMB)
    Prodigy = _named(gradus.Prodigy)
    RowwiseAdaGrad = _named(gradus.RowwiseAdaGrad)
    ScheduleFreeAdamW = _named(gradus.ScheduleFreeAdamW)
    SOAP = _named(gradus.SOAP)
    SWATS = _named(gradus.SWATS)
