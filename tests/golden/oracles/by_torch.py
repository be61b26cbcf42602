"""torch.optim, with what it is composed of: clipping, decay, schedules."""

import unittest.mock

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, SequentialLR, StepLR

from .driver import call, give_gradients, parameters_of, values_of, with_betas
from .inputs import as_rows

KINDS = {  # rule -> class, and the flags that make it this rule
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {}),
    "nesterov": (torch.optim.SGD, {"nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "rmsprop_centered": (torch.optim.RMSprop, {"centered": True}),
    "rmsprop_momentum": (torch.optim.RMSprop, {}),
    "rmsprop_centered_momentum": (torch.optim.RMSprop, {"centered": True}),
    "adam": (torch.optim.Adam, {}),
    "adam_eps_hat": (torch.optim.SparseAdam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "adafactor": (torch.optim.Adafactor, {}),
    "muon": (torch.optim.Muon, {}),
}

# gradus has one slot where PyTorch has one for matrices and another for the rest.
OUR_NAMES = {torch.optim.Adafactor: {"variance": "row_var"}}

CLIPS = {"clip_value": torch.nn.utils.clip_grad_value_, "clip_norm": torch.nn.utils.clip_grad_norm_}


def torch_call(case):
    """The class and the arguments that make PyTorch do what the case says."""
    kind, flags = KINDS[case.rule]
    arguments = with_betas({**case.fields, **flags})
    if kind is torch.optim.Adafactor:
        arguments["eps"] = (arguments.pop("eps1"), arguments.pop("eps2", 1e-3))
    if "l2" in case.composition:
        arguments["weight_decay"] = case.composition["l2"]
    if "decay" in case.composition:
        assert kind is torch.optim.Adam
        kind, arguments["weight_decay"] = torch.optim.AdamW, case.composition["decay"]
    if "maximize" in case.composition:
        arguments["maximize"] = True
    if "lr_decay" in case.composition.get("schedule", {}):
        arguments["lr_decay"] = case.composition["schedule"]["lr_decay"]
    return kind, arguments


def scheduler_of(optimizer, schedule):
    numbers = {key: value for key, value in schedule.items() if key != "kind"}
    if schedule["kind"] == "sequential":
        return SequentialLR(optimizer, [scheduler_of(optimizer, part) for part in schedule["parts"]],
                            schedule["milestones"])
    kinds = {"linear": LinearLR, "cosine": CosineAnnealingLR, "step": StepLR, "exponential": ExponentialLR}
    return kinds[schedule["kind"]](optimizer, **numbers)


def state_of(optimizer, parameter):
    names = OUR_NAMES.get(type(optimizer), {})
    return {names.get(slot, slot): value.numpy() for slot, value in optimizer.state[parameter].items()
            if slot != "step" and value is not None}


def oracle_name(case, kind, arguments, scheduler):
    name = call("torch", f"torch.optim.{kind.__name__}", arguments)
    if kind is torch.optim.Muon:
        name += " with its Newton-Schulz iteration in float64 instead of bfloat16"
    for clip, function in CLIPS.items():
        if clip in case.composition:
            name += f" after torch.nn.utils.{function.__name__}({case.composition[clip]})"
    if scheduler:
        name += f" under torch.optim.lr_scheduler.{type(scheduler).__name__}"
    return name


# torch.optim.Muon casts to bfloat16 by this method; a copy in float64 takes its place.
@unittest.mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone)
def run(case, x0, gradients):
    kind, arguments = torch_call(case)
    parameters = parameters_of(case, x0)
    plain_loop = {} if kind in (torch.optim.Muon, torch.optim.SparseAdam) else {"foreach": False}
    optimizer = kind(parameters.values(), **arguments, **plain_loop)
    schedule = case.composition.get("schedule")
    scheduler = scheduler_of(optimizer, schedule) if schedule and "lr_decay" not in schedule else None

    xs, lrs = [], []
    for step in gradients:
        if kind is torch.optim.SparseAdam:  # which takes no other
            step = {name: as_rows(values) for name, values in step.items()}
        give_gradients(parameters, step)
        for clip, function in CLIPS.items():
            if clip in case.composition:
                function(parameters.values(), case.composition[clip], foreach=False)
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
        xs.append(values_of(parameters))

    result = {"oracle": oracle_name(case, kind, arguments, scheduler), "x": xs,
              "state": {name: state_of(optimizer, parameter) for name, parameter in parameters.items()}}
    if scheduler:
        result["lr_per_step"] = lrs
    return result
