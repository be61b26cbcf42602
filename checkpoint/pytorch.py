#!/usr/bin/env python3
"""Checkpoints of PyTorch as gradus' own, and back: a training begun in one goes on in the other.

    save(optimizer, named_parameters, "step.safetensors")    # then gradus::checkpoint::load() with Record::optional
    load(optimizer, named_parameters, "step.safetensors")    # what gradus::checkpoint::save() has written

The optimizers are those of torch.optim: SGD, Adagrad, RMSprop, Adam and AdamW. Parameters are matched by name. Files that
this writes have no record of integrity. Errors are ValueError, with the parameter or the hyperparameter.
"""

import json

import torch
from safetensors import safe_open
from safetensors.torch import save_file

KEY = "gradus.optimizer"


def _number(value):
    """As gradus writes it: the fewest digits that say it."""
    return repr(float(value))


def _text(rule, fields):
    return rule + ":" + ",".join(f"{name}={_number(value)}" for name, value in fields.items())


def _with_coupled_decay(group, rule, fields):
    text = _text(rule, fields)
    if group["weight_decay"] == 0:
        return text
    return _text("weight_decay", {"weight_decay": group["weight_decay"]}) + " >> " + text


def _sgd(group):
    fields = {"lr": group["lr"]}
    if group["momentum"] == 0:
        return _with_coupled_decay(group, "sgd", fields), [], []
    fields["momentum"] = group["momentum"]
    if group["nesterov"]:
        return _with_coupled_decay(group, "nesterov", fields), ["momentum_buffer"], []
    fields["dampening"] = group["dampening"]
    return _with_coupled_decay(group, "momentum", fields), ["momentum_buffer"], []


def _adagrad(group):
    if group["lr_decay"] != 0:
        raise ValueError("lr_decay is a schedule for gradus (InverseTime); it is not converted")
    fields = {"lr": group["lr"], "eps": group["eps"],
              "initial_accumulator_value": group["initial_accumulator_value"]}
    return _with_coupled_decay(group, "adagrad", fields), ["sum"], []


def _rmsprop(group):
    fields = {"lr": group["lr"], "alpha": group["alpha"], "eps": group["eps"]}
    rule, slots = "rmsprop", ["square_avg"]
    if group["centered"]:
        rule, slots = rule + "_centered", slots + ["grad_avg"]
    if group["momentum"] > 0:
        rule, slots = rule + "_momentum", slots + ["momentum_buffer"]
        fields["momentum"] = group["momentum"]
    return _with_coupled_decay(group, rule, fields), slots, []


def _adam(group, decoupled=False):
    betas = group["betas"]
    fields = {"lr": group["lr"], "beta1": betas[0], "beta2": betas[1], "eps": group["eps"]}
    slots = ["exp_avg", "exp_avg_sq"]
    products = [("beta1_product", betas[0]), ("beta2_product", betas[1])]
    if group["amsgrad"]:
        if decoupled:
            raise ValueError("amsgrad of AdamW is not among the built-in rules; it is not converted")
        return _with_coupled_decay(group, "amsgrad", fields), slots + ["max_exp_avg_sq"], products
    if decoupled:
        return _text("adamw", fields | {"weight_decay": group["weight_decay"]}), slots, products
    return _with_coupled_decay(group, "adam", fields), slots, products


RULES = {torch.optim.SGD: _sgd, torch.optim.Adagrad: _adagrad, torch.optim.RMSprop: _rmsprop,
         torch.optim.Adam: _adam, torch.optim.AdamW: lambda group: _adam(group, decoupled=True)}


def _rule_of(optimizer, group):
    """The group's rule as text; the names of its arrays; and of its products of decay rates, with those."""
    make = RULES.get(type(optimizer))
    if make is None:
        names = ", ".join(sorted(each.__name__ for each in RULES))
        raise ValueError(f"{type(optimizer).__name__} is not converted; these are: {names}")
    if group["maximize"]:
        raise ValueError("maximize is an option of gradus' optimizer, which no file holds; it is not converted")
    return make(group)


def _names(named_parameters):
    names = {}
    for name, parameter in dict(named_parameters).items():
        names[parameter] = name
    return names


def _power(beta, steps):
    """Multiplied step by step, as gradus does: the same bits."""
    product = 1.0
    for _ in range(steps):
        product *= beta
    return product


def _steps_of(state, slots):
    """SGD counts no steps; after its first one there is a buffer."""
    if "step" in state:
        return int(state["step"])
    return 1 if slots and state.get(slots[0]) is not None else 0


def _tensors_of(name, parameter, state, slots, products):
    steps = _steps_of(state, slots)
    tensors = {name: parameter.detach().contiguous(), f"state.{name}.step": torch.tensor(steps, dtype=torch.int64)}
    for slot in slots:
        value = state.get(slot)
        tensors[f"state.{name}.{slot}"] = (
            torch.zeros_like(parameter) if value is None else value.to(parameter.dtype)).detach().contiguous()
    for scalar, beta in products:
        tensors[f"state.{name}.{scalar}"] = torch.tensor(_power(beta, steps), dtype=torch.float64)
    return tensors, steps


def save(optimizer, named_parameters, file, steps=None):
    """`steps` are what schedules go on with; by default as many as the parameter that has had the most."""
    names = _names(named_parameters)
    tensors, groups, most = {}, [], 0
    for group in optimizer.param_groups:
        rule, slots, products = _rule_of(optimizer, group)
        saved = {"rule": rule, "rounding": "stochastic", "parameter_rounding": "nearest", "row_steps": "shared",
                 "parameters": []}
        for parameter in group["params"]:
            if parameter not in names:
                raise ValueError("a parameter of the optimizer is not among the named ones")
            more, its = _tensors_of(names[parameter], parameter, optimizer.state[parameter], slots, products)
            tensors |= more
            most = max(most, its)
            saved["parameters"].append(names[parameter])
        groups.append(saved)
    document = {"format": 1, "steps": most if steps is None else steps, "groups": groups, "codes": {}}
    save_file(tensors, file, {KEY: json.dumps(document)})


def _check_rule(optimizer, group, saved):
    """Hyperparameters stay the optimizer's own; the rule must be the same."""
    rule = _rule_of(optimizer, group)[0]
    names = [[link.strip().split(":")[0] for link in text.split(">>")] for text in (rule, saved["rule"])]
    if names[0] != names[1]:
        raise ValueError(f"the file has the rule {' >> '.join(names[1])}, expected {' >> '.join(names[0])}")


def load(optimizer, named_parameters, file):
    """Parameters and state; hyperparameters stay the optimizer's own. All or nothing."""
    names = _names(named_parameters)
    with safe_open(file, "pt") as opened:
        document = json.loads(opened.metadata()[KEY])
        if document["codes"]:
            raise ValueError("state in 8 bits, or in two halves, is nothing that torch.optim keeps")
        if len(document["groups"]) != len(optimizer.param_groups):
            raise ValueError(f"{len(document['groups'])} groups, expected {len(optimizer.param_groups)}")
        found = []
        for group, saved in zip(optimizer.param_groups, document["groups"]):
            _check_rule(optimizer, group, saved)
            _, slots, _ = _rule_of(optimizer, group)
            for parameter in group["params"]:
                name = names[parameter]
                value = opened.get_tensor(name)
                if value.shape != parameter.shape or value.dtype != parameter.dtype:
                    raise ValueError(f"{name} is {value.dtype} {list(value.shape)}, "
                                     f"expected {parameter.dtype} {list(parameter.shape)}")
                state = {slot: opened.get_tensor(f"state.{name}.{slot}") for slot in slots}
                found.append((parameter, value, int(opened.get_tensor(f"state.{name}.step")), state))
    counts = not isinstance(optimizer, torch.optim.SGD)
    with torch.no_grad():
        for parameter, value, steps, state in found:
            parameter.copy_(value)
            if steps > 0:
                count = {"step": torch.tensor(float(steps), dtype=torch.float32)} if counts else {}
                optimizer.state[parameter] = count | state
