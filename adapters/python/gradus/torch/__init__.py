"""gradus' rules as optimizers of PyTorch: the names, arguments, defaults and state_dict() of torch.optim.

    -optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    +optimizer = gradus.torch.AdamW(model.parameters(), lr=3e-4)
"""

import torch as _torch

import gradus as _gradus
from gradus.torch.drop_ins import SGD, Adafactor, Adagrad, Adam, AdamW, Muon, RMSprop, SparseAdam
from gradus.torch.optimizer import Optimizer
from gradus.torch.ours import LAMB, SOAP, SWATS, Prodigy, RowwiseAdaGrad, ScheduleFreeAdamW, compose
from gradus.torch.watch import Watch, watch

__all__ = ["SGD", "Adafactor", "Adagrad", "Adam", "AdamW", "Muon", "RMSprop", "SparseAdam",
           "LAMB", "SOAP", "SWATS", "Prodigy", "RowwiseAdaGrad", "ScheduleFreeAdamW", "compose", "Optimizer", "Watch", "watch"]

if hasattr(_torch.serialization, "add_safe_globals"):  # torch.load() reads a state_dict() with schedules in it
    _torch.serialization.add_safe_globals([kind for kind in vars(_gradus).values()
                                           if isinstance(kind, type) and issubclass(kind, _gradus.Schedule)])
