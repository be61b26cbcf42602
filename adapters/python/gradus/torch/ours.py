"""Rules that PyTorch has not, under their own names, and compositions."""

import functools
import inspect

import gradus
from gradus.torch.optimizer import Optimizer


def compose(*links):
    """compose(ClipNorm(1.0), Adam(), WeightDecay(0.01)) makes optimizers of that composition: call it with parameters."""
    if not links:
        raise gradus.Error("compose() was given no links; it takes one or more")
    return functools.partial(Optimizer, rule=functools.reduce(lambda first, next: first >> next, links))


def _named(kind):
    """An optimizer of the rule's own name, fields as keyword arguments."""
    fields = kind().fields

    def __init__(self, params, *positional, **given):
        names = [field.name for field in fields]
        if len(positional) > len(names):
            raise TypeError(f"{kind.__name__}() takes {len(names)} hyperparameters, not {len(positional)}")
        rule_fields = dict(zip(names, positional)) | {name: given.pop(name) for name in names if name in given}
        Optimizer.__init__(self, params, kind(**rule_fields), **given)

    ordinary = list(inspect.signature(Optimizer.__init__).parameters.values())
    its = [inspect.Parameter(f.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=f.default) for f in fields]
    __init__.__signature__ = inspect.Signature(ordinary[:2] + its + ordinary[3:])
    return type(kind.__name__, (Optimizer,), {"__init__": __init__, "__doc__": kind.__doc__, "__module__": __name__})


LAMB = _named(gradus.LAMB)
Prodigy = _named(gradus.Prodigy)
RowwiseAdaGrad = _named(gradus.RowwiseAdaGrad)
ScheduleFreeAdamW = _named(gradus.ScheduleFreeAdamW)
SOAP = _named(gradus.SOAP)
SWATS = _named(gradus.SWATS)
