#!/usr/bin/env python3
"""Makes the golden values beside this file: inputs.json, and a file for each case with what its oracle did.

The oracle is PyTorch, or optax for rules that PyTorch lacks, in float64. README.md says how to run this and
what the files hold. The same machine gets the same bytes each time; on another one a last digit may differ.
"""

import argparse
import json
import os
import pathlib
import unittest.mock

# The plainest code paths of the oracles, so that the values depend as little as possible on the CPU. The
# imports below read these.
os.environ["ATEN_CPU_CAPABILITY"] = "default"
os.environ["MKL_CBWR"] = "COMPATIBLE"
os.environ["XLA_FLAGS"] = "--xla_cpu_max_isa=SSE4_2"
os.environ["JAX_PLATFORMS"] = "cpu"

import numpy
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, SequentialLR, StepLR

torch.set_num_threads(1)

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20141222
STEPS = 60
ZERO_STEP = 21  # the gradient of everything is zero in this step (counted from 0)
SHAPES = {"a": (7,), "b": (3, 4), "c": (5, 2)}

# ---------------------------------------------------------------------------------------------- inputs


def make_inputs():
    """x0[name] and gradients[step][name], exact in float32.

    Magnitudes from 1e-4 to 1e2 that swell and fade with the steps, signs that change, some exact zeros; a[6]
    has a zero gradient throughout, and c has none in steps 0, 2, 4, ...
    """
    random = numpy.random.Generator(numpy.random.PCG64(SEED))

    def float32(values):
        return values.astype(numpy.float32).astype(numpy.float64)

    x0 = {name: float32(random.normal(size=shape)) for name, shape in SHAPES.items()}
    gradients = [{} for _ in range(STEPS)]
    for name, shape in SHAPES.items():
        usual_sign = random.choice([-1.0, 1.0], size=shape)
        element = random.uniform(-1.5, 1.5, size=shape)
        for step in range(STEPS):
            tide = 2.2 * numpy.cos(0.7 * step + 1.4) - 0.8
            exponent = numpy.clip(tide + element + random.normal(scale=0.3, size=shape), -4, 2)
            sign = usual_sign * random.choice([1.0, -1.0], size=shape, p=[0.7, 0.3])
            gradient = sign * 10.0**exponent
            gradients[step][name] = float32(numpy.where(random.random(size=shape) < 0.06, 0.0, gradient))
    for step in gradients:
        step["a"][6] = 0.0
    for name, shape in SHAPES.items():
        gradients[ZERO_STEP][name] = numpy.zeros(shape)
    for step in range(0, STEPS, 2):
        gradients[step]["c"] = None
    return x0, gradients


# ---------------------------------------------------------------------------------------------- the table


class Case:
    """One row: a rule of gradus, its fields (PyTorch's defaults for those not named), and what it is composed
    with: clip_value, clip_norm, l2 (coupled decay), decay (decoupled decay), maximize, schedule (of lr)."""

    def __init__(self, name, rule, fields=None, parameters=("a", "b", "c"), **composition):
        self.name, self.rule, self.fields = name, rule, fields or {}
        self.parameters, self.composition = list(parameters), composition


def linear(**numbers):
    return {"kind": "linear", **numbers}


def cosine(**numbers):
    return {"kind": "cosine", **numbers}


CASES = [
    Case("sgd_as_it_comes", "sgd"),
    Case("sgd", "sgd", {"lr": 0.05}),
    Case("sgd_with_coupled_decay", "sgd", {"lr": 0.05}, l2=0.1),
    Case("sgd_maximizing", "sgd", {"lr": 0.05}, maximize=True),
    Case("sgd_with_clip_value", "sgd", {"lr": 0.05}, clip_value=0.5),
    Case("sgd_with_clip_norm", "sgd", {"lr": 0.05}, clip_norm=1.0),
    Case("sgd_with_clip_norm_then_coupled_decay", "sgd", {"lr": 0.05}, clip_norm=1.0, l2=0.1),
    Case("momentum", "momentum", {"lr": 0.02, "momentum": 0.9}),
    Case("momentum_with_dampening", "momentum", {"lr": 0.02, "momentum": 0.9, "dampening": 0.5}),
    Case("momentum_with_coupled_decay", "momentum", {"lr": 0.02, "momentum": 0.9}, l2=0.1),
    Case("nesterov", "nesterov", {"lr": 0.02, "momentum": 0.9}),
    Case("nesterov_with_coupled_decay", "nesterov", {"lr": 0.02, "momentum": 0.9}, l2=0.1),
    Case("adagrad_as_it_comes", "adagrad"),
    Case("adagrad", "adagrad", {"lr": 0.1}),
    Case("adagrad_with_large_eps", "adagrad", {"lr": 0.1, "eps": 1e-2}),
    Case("adagrad_with_initial_accumulator_value", "adagrad", {"lr": 0.1, "initial_accumulator_value": 0.1}),
    Case("adagrad_with_coupled_decay", "adagrad", {"lr": 0.1}, l2=0.1),
    # PyTorch's lr_decay counts the parameter's own steps, a schedule all steps: equal if none is missing.
    Case("adagrad_with_inverse_time_lr", "adagrad", {"lr": 0.1}, parameters=["a", "b"],
         schedule={"kind": "inverse_time", "lr_decay": 0.05}),
    Case("adagrad_eps_in_root", "adagrad_eps_in_root",
         {"lr": 0.1, "eps": 1e-7, "initial_accumulator_value": 0.0}),
    Case("adagrad_eps_in_root_as_optax_has_it", "adagrad_eps_in_root",
         {"lr": 0.1, "eps": 1e-7, "initial_accumulator_value": 0.1}),
    Case("adagrad_eps_in_root_with_large_eps", "adagrad_eps_in_root",
         {"lr": 0.1, "eps": 1e-2, "initial_accumulator_value": 0.0}),
    Case("rmsprop_as_it_comes", "rmsprop"),
    Case("rmsprop", "rmsprop", {"lr": 0.02, "alpha": 0.9}),
    Case("rmsprop_with_large_eps", "rmsprop", {"lr": 0.02, "eps": 1e-2}),
    Case("rmsprop_with_coupled_decay", "rmsprop", {"lr": 0.02}, l2=0.1),
    Case("rmsprop_centered", "rmsprop_centered", {"lr": 0.02}),
    Case("rmsprop_momentum", "rmsprop_momentum", {"lr": 0.01, "momentum": 0.9}),
    Case("rmsprop_centered_momentum", "rmsprop_centered_momentum", {"lr": 0.01, "momentum": 0.9}),
    Case("rmsprop_centered_momentum_with_coupled_decay", "rmsprop_centered_momentum",
         {"lr": 0.01, "momentum": 0.9}, l2=0.1),
    Case("rmsprop_eps_in_root", "rmsprop_eps_in_root", {"lr": 0.02, "alpha": 0.9, "eps": 1e-8}),
    Case("rmsprop_eps_in_root_with_large_eps", "rmsprop_eps_in_root",
         {"lr": 0.02, "alpha": 0.99, "eps": 1e-2}),
    Case("adam_as_it_comes", "adam"),
    Case("adam", "adam", {"lr": 0.05}),
    Case("adam_with_other_betas", "adam", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}),
    Case("adam_without_momentum", "adam", {"lr": 0.05, "beta1": 0.0}),
    Case("adam_with_large_eps", "adam", {"lr": 0.05, "eps": 1e-2}),
    Case("adam_with_coupled_decay", "adam", {"lr": 0.05}, l2=0.1),
    Case("adam_with_decoupled_decay", "adam", {"lr": 0.05}, decay=0.1),
    Case("adam_maximizing", "adam", {"lr": 0.05}, maximize=True),
    Case("adam_with_clip_value", "adam", {"lr": 0.05}, clip_value=0.5),
    Case("adam_with_clip_norm", "adam", {"lr": 0.05}, clip_norm=1.0),
    Case("adam_with_linear_lr", "adam", {"lr": 0.05},
         schedule=linear(start_factor=0.1, end_factor=1.0, total_iters=10)),
    Case("adam_with_cosine_lr", "adam", {"lr": 0.05}, schedule=cosine(T_max=60, eta_min=1e-3)),
    Case("adam_with_step_lr", "adam", {"lr": 0.05}, schedule={"kind": "step", "step_size": 17, "gamma": 0.5}),
    Case("adam_with_exponential_lr", "adam", {"lr": 0.05}, schedule={"kind": "exponential", "gamma": 0.95}),
    Case("adam_with_warm_up_then_cosine_lr", "adam", {"lr": 0.05},
         schedule={"kind": "sequential", "milestones": [10],
                   "parts": [linear(start_factor=0.1, end_factor=1.0, total_iters=10),
                             cosine(T_max=50, eta_min=1e-3)]}),
    Case("adamw_as_it_comes", "adamw"),
    Case("adamw", "adamw", {"lr": 0.05, "weight_decay": 0.1}),
    Case("adamw_with_large_decay", "adamw", {"lr": 0.05, "weight_decay": 0.5}),
    Case("adamw_with_lr_zero_moves_nothing", "adamw", {"lr": 0.0, "weight_decay": 0.1}),
    Case("adamw_maximizing_with_clip_norm", "adamw", {"lr": 0.05, "weight_decay": 0.1}, maximize=True,
         clip_norm=1.0),
    Case("amsgrad_as_it_comes", "amsgrad"),
    Case("amsgrad", "amsgrad", {"lr": 0.05, "beta2": 0.9}),
    Case("amsgrad_with_decoupled_decay", "amsgrad", {"lr": 0.05}, decay=0.1),
    Case("lamb", "lamb", {"lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "weight_decay": 0.0}),
    Case("lamb_with_decay", "lamb",
         {"lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "weight_decay": 0.01}),
    Case("muon", "muon", {"lr": 0.02, "momentum": 0.95, "weight_decay": 0.1}, parameters=["b", "c"]),
    Case("muon_without_decay", "muon", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.0},
         parameters=["b", "c"]),
]

# ---------------------------------------------------------------------------------------------- PyTorch

TORCH = {  # rule -> class, and the flags that make it this rule
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {}),
    "nesterov": (torch.optim.SGD, {"nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "rmsprop_centered": (torch.optim.RMSprop, {"centered": True}),
    "rmsprop_momentum": (torch.optim.RMSprop, {}),
    "rmsprop_centered_momentum": (torch.optim.RMSprop, {"centered": True}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "muon": (torch.optim.Muon, {}),
}


TORCH_CLIPS = {"clip_value": torch.nn.utils.clip_grad_value_, "clip_norm": torch.nn.utils.clip_grad_norm_}


def torch_call(case):
    """The class and the arguments that make PyTorch do what the case says."""
    kind, flags = TORCH[case.rule]
    arguments = {**case.fields, **flags}
    if "beta1" in arguments or "beta2" in arguments:
        arguments["betas"] = (arguments.pop("beta1", 0.9), arguments.pop("beta2", 0.999))
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


def torch_scheduler(optimizer, schedule):
    numbers = {key: value for key, value in schedule.items() if key != "kind"}
    if schedule["kind"] == "sequential":
        return SequentialLR(optimizer, [torch_scheduler(optimizer, part) for part in schedule["parts"]],
                            schedule["milestones"])
    kinds = {"linear": LinearLR, "cosine": CosineAnnealingLR, "step": StepLR, "exponential": ExponentialLR}
    return kinds[schedule["kind"]](optimizer, **numbers)


def run_torch(case, x0, gradients):
    kind, arguments = torch_call(case)
    parameters = {name: torch.nn.Parameter(torch.tensor(x0[name])) for name in case.parameters}
    plain_loop = {} if kind is torch.optim.Muon else {"foreach": False}
    optimizer = kind(parameters.values(), **arguments, **plain_loop)
    schedule = case.composition.get("schedule")
    scheduler = torch_scheduler(optimizer, schedule) if schedule and "lr_decay" not in schedule else None

    xs, lrs = [], []
    for step in gradients:
        for name, parameter in parameters.items():
            parameter.grad = None if step[name] is None else torch.tensor(step[name])
        for clip, function in TORCH_CLIPS.items():
            if clip in case.composition:
                function(parameters.values(), case.composition[clip], foreach=False)
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
        xs.append({name: parameter.detach().numpy().copy() for name, parameter in parameters.items()})

    state = {name: {slot: value.numpy() for slot, value in optimizer.state[parameter].items()
                    if slot != "step" and value is not None}
             for name, parameter in parameters.items()}
    words = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    version = torch.__version__.split("+")[0]
    oracle = f"torch {version} torch.optim.{kind.__name__}({words})"
    if kind is torch.optim.Muon:
        oracle += " with its Newton-Schulz iteration in float64 instead of bfloat16"
    for clip, function in TORCH_CLIPS.items():
        if clip in case.composition:
            oracle += f" after torch.nn.utils.{function.__name__}({case.composition[clip]})"
    if scheduler:
        oracle += f" under torch.optim.lr_scheduler.{type(scheduler).__name__}"
    result = {"oracle": oracle, "x": xs, "state": state}
    if scheduler:
        result["lr_per_step"] = lrs
    return result


# ---------------------------------------------------------------------------------------------- optax

SLOTS = {  # rule -> PyTorch's name of a slot -> optax's
    "adagrad_eps_in_root": {"sum": "sum_of_squares"},
    "rmsprop_eps_in_root": {"square_avg": "nu"},
    "lamb": {"exp_avg": "mu", "exp_avg_sq": "nu"},
}


def optax_call(case):
    f = case.fields
    if case.rule == "adagrad_eps_in_root":
        return "adagrad", {"learning_rate": f["lr"], "eps": f["eps"],
                           "initial_accumulator_value": f["initial_accumulator_value"]}
    if case.rule == "rmsprop_eps_in_root":
        return "rmsprop", {"learning_rate": f["lr"], "decay": f["alpha"], "eps": f["eps"],
                           "eps_in_sqrt": True}
    return "lamb", {"learning_rate": f["lr"], "b1": f["beta1"], "b2": f["beta2"], "eps": f["eps"],
                    "weight_decay": f["weight_decay"]}


def run_optax(case, x0, gradients):
    """Each parameter has a state of its own, so that one without a gradient can be left out of a step."""
    import jax  # here, so that PyTorch's rules can be made without
    import optax

    jax.config.update("jax_enable_x64", True)
    assert not case.composition
    function, arguments = optax_call(case)
    optimizer = getattr(optax, function)(**arguments)
    x = {name: jax.numpy.asarray(x0[name]) for name in case.parameters}
    states = {name: optimizer.init(x[name]) for name in case.parameters}

    xs = []
    for step in gradients:
        for name in case.parameters:
            if step[name] is not None:
                update, states[name] = optimizer.update(jax.numpy.asarray(step[name]), states[name], x[name])
                x[name] = optax.apply_updates(x[name], update)
        xs.append({name: numpy.asarray(value) for name, value in x.items()})

    state = {name: {slot: numpy.asarray(getattr(states[name][0], theirs))
                    for slot, theirs in SLOTS[case.rule].items()}
             for name in case.parameters}
    words = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return {"oracle": f"optax {optax.__version__} optax.{function}({words})", "x": xs, "state": state}


# ---------------------------------------------------------------------------------------------- files


def flat(values):
    """A tensor as a list of numbers in row-major order."""
    if values is None:
        return None
    assert values.dtype == numpy.float64 and numpy.isfinite(values).all()
    return values.ravel().tolist()


def flat_all(tensors):
    return {name: flat(values) for name, values in tensors.items()}


def write(name, document):
    """JSON with a step, or a parameter's state, on each line, so that a change shows where it is. Numbers
    have the digits that bring back the same double."""

    def text(key, value):
        if key in ("parameters", "gradients", "x") and not isinstance(value[0], str):
            return "[\n" + ",\n".join(map(json.dumps, value)) + "\n]"
        if key == "state":
            rows = (f'"{name}": {json.dumps(slots)}' for name, slots in value.items())
            return "{\n" + ",\n".join(rows) + "\n}"
        return json.dumps(value)

    entries = (f'"{key}": {text(key, value)}' for key, value in document.items())
    (HERE / f"{name}.json").write_text("{\n" + ",\n".join(entries) + "\n}\n")


def write_inputs(x0, gradients):
    write("inputs", {
        "seed": SEED,
        "parameters": [{"name": name, "shape": SHAPES[name], "x0": flat(x)} for name, x in x0.items()],
        "gradients": [flat_all(step) for step in gradients],
    })


def write_case(case, result, gradients):
    document = {
        "case": case.name,
        "oracle": result["oracle"],
        "rule": case.rule,
        "fields": case.fields,
        **case.composition,
        "parameters": case.parameters,
        "t": {name: sum(step[name] is not None for step in gradients) for name in case.parameters},
    }
    if "lr_per_step" in result:
        document["lr_per_step"] = result["lr_per_step"]
    document["x"] = [flat_all(x) for x in result["x"]]
    document["state"] = {name: flat_all(slots) for name, slots in result["state"].items()}
    write(case.name, document)


def main():
    assert len({case.name for case in CASES}) == len(CASES)
    parser = argparse.ArgumentParser(description="Makes the golden values.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rules or cases [everything, from scratch]")
    names = set(parser.parse_args().names)
    if unknown := names - {word for case in CASES for word in (case.rule, case.name)}:
        parser.error(f"no case is called {', '.join(sorted(unknown))}, nor is its rule")
    x0, gradients = make_inputs()
    if not names:
        for old in HERE.glob("*.json"):
            old.unlink()
        write_inputs(x0, gradients)
    # torch.optim.Muon casts to bfloat16 by this method; a copy in float64 takes its place.
    with unittest.mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
        for case in CASES:
            if names and not names & {case.rule, case.name}:
                continue
            run = run_torch if case.rule in TORCH else run_optax
            write_case(case, run(case, x0, gradients), gradients)


if __name__ == "__main__":
    main()
