#!/usr/bin/env python3
"""Checkpoints of PyTorch as gradus' own, and back: a training begun in one goes on in the other.

    save(optimizer, named_parameters, "step.safetensors")    # then gradus::checkpoint::load() with Record::optional
    load(optimizer, named_parameters, "step.safetensors")    # what gradus::checkpoint::save() has written

The optimizers are those of torch.optim: SGD, Adagrad, RMSprop, Adam, AdamW, Adafactor and Muon. Parameters are matched by
name. Files that this writes have no record of integrity. Errors are ValueError, with the parameter or the hyperparameter.
"""

import json
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save_file

KEY = "gradus.optimizer"


def _number(value):
    """As gradus writes it: the fewest digits that say it."""
    return repr(float(value))


def _text(rule, fields):
    return rule + ":" + ",".join(f"{name}={_number(value)}" for name, value in fields.items())


class _Slot(NamedTuple):
    """An array of a parameter's state, here and there. What PyTorch does not keep has no name there, and is one."""
    name: str
    torch_name: str | None
    shape: tuple
    torch_shape: tuple

    def of_torch(self, state, dtype):
        if self.torch_name is None:
            return torch.ones(self.shape, dtype=dtype)
        value = state.get(self.torch_name)
        if value is None:
            return torch.zeros(self.shape, dtype=dtype)
        return value.detach().to(dtype).reshape(self.shape).contiguous()


def _like_parameter(*names):
    return lambda parameter: [_Slot(name, name, parameter.shape, parameter.shape) for name in names]


def _rows_and_columns(parameter):
    if parameter.dim() == 1:
        return [_Slot("row_var", "variance", parameter.shape, parameter.shape), _Slot("col_var", None, (1,), (1,))]
    if parameter.dim() == 2:
        rows, columns = parameter.shape
        return [_Slot("row_var", "row_var", (rows,), (rows, 1)), _Slot("col_var", "col_var", (columns,), (1, columns))]
    raise ValueError(f"a parameter of {parameter.dim()} dimensions: Adafactor of PyTorch makes other matrices of it "
                     "than gradus; it is not converted")


def _with_coupled_decay(group, rule, fields):
    text = _text(rule, fields)
    if group["weight_decay"] == 0:
        return text
    return _text("weight_decay", {"weight_decay": group["weight_decay"]}) + " >> " + text


def _sgd(group):
    fields = {"lr": group["lr"]}
    if group["momentum"] == 0:
        return _with_coupled_decay(group, "sgd", fields), _like_parameter(), []
    fields["momentum"] = group["momentum"]
    if group["nesterov"]:
        return _with_coupled_decay(group, "nesterov", fields), _like_parameter("momentum_buffer"), []
    fields["dampening"] = group["dampening"]
    return _with_coupled_decay(group, "momentum", fields), _like_parameter("momentum_buffer"), []


def _adagrad(group):
    if group["lr_decay"] != 0:
        raise ValueError("lr_decay is a schedule for gradus (InverseTime); it is not converted")
    fields = {"lr": group["lr"], "eps": group["eps"],
              "initial_accumulator_value": group["initial_accumulator_value"]}
    return _with_coupled_decay(group, "adagrad", fields), _like_parameter("sum"), []


def _rmsprop(group):
    fields = {"lr": group["lr"], "alpha": group["alpha"], "eps": group["eps"]}
    rule, slots = "rmsprop", ["square_avg"]
    if group["centered"]:
        rule, slots = rule + "_centered", slots + ["grad_avg"]
    if group["momentum"] > 0:
        rule, slots = rule + "_momentum", slots + ["momentum_buffer"]
        fields["momentum"] = group["momentum"]
    return _with_coupled_decay(group, rule, fields), _like_parameter(*slots), []


def _adam(group, decoupled=False):
    betas = group["betas"]
    fields = {"lr": group["lr"], "beta1": betas[0], "beta2": betas[1], "eps": group["eps"]}
    slots = ["exp_avg", "exp_avg_sq"]
    products = [("beta1_product", betas[0]), ("beta2_product", betas[1])]
    if group["amsgrad"]:
        if decoupled:
            raise ValueError("amsgrad of AdamW is not among the built-in rules; it is not converted")
        return _with_coupled_decay(group, "amsgrad", fields), _like_parameter(*slots, "max_exp_avg_sq"), products
    if decoupled:
        return _text("adamw", fields | {"weight_decay": group["weight_decay"]}), _like_parameter(*slots), products
    return _with_coupled_decay(group, "adam", fields), _like_parameter(*slots), products


def _adafactor(group):
    eps1, eps2 = group["eps"]
    if eps1 is None:
        eps1 = torch.finfo(group["params"][0].dtype).eps
    fields = {"lr": group["lr"], "beta2_decay": group["beta2_decay"], "eps1": eps1, "eps2": eps2, "d": group["d"],
              "weight_decay": group["weight_decay"]}
    return _text("adafactor", fields), _rows_and_columns, []


def _muon(group):
    """PyTorch iterates in bfloat16, gradus in float32: they go on alike to the two digits that bfloat16 has."""
    expected = {"nesterov": True, "adjust_lr_fn": (None, "original"), "ns_coefficients": (3.4445, -4.775, 2.0315)}
    for name, value in expected.items():
        if group[name] != value and not (isinstance(value, tuple) and group[name] in value):
            raise ValueError(f"{name} of Muon is {group[name]}; gradus has {value}")
    fields = {"lr": group["lr"], "weight_decay": group["weight_decay"], "momentum": group["momentum"],
              "eps": group["eps"], "ns_steps": group["ns_steps"]}
    return _text("muon", fields), _like_parameter("momentum_buffer"), []


RULES = {torch.optim.SGD: _sgd, torch.optim.Adagrad: _adagrad, torch.optim.RMSprop: _rmsprop,
         torch.optim.Adam: _adam, torch.optim.AdamW: lambda group: _adam(group, decoupled=True),
         torch.optim.Adafactor: _adafactor, torch.optim.Muon: _muon}
WITHOUT_COUNT = (torch.optim.SGD, torch.optim.Muon)


def _rule_of(optimizer, group):
    """The group's rule as text; the slots of a parameter of it; and its products of decay rates, with these."""
    make = RULES.get(type(optimizer))
    if make is None:
        names = ", ".join(sorted(each.__name__ for each in RULES))
        raise ValueError(f"{type(optimizer).__name__} is not converted; these are: {names}")
    if group.get("maximize"):
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


def _steps_of(state):
    """SGD and Muon count no steps; after the first one there is a buffer."""
    if "step" in state:
        return int(state["step"])
    return 1 if state.get("momentum_buffer") is not None else 0


def _tensors_of(name, parameter, state, slots, products):
    steps = _steps_of(state)
    tensors = {name: parameter.detach().contiguous(), f"state.{name}.step": torch.tensor(steps, dtype=torch.int64)}
    for slot in slots(parameter):
        tensors[f"state.{name}.{slot.name}"] = slot.of_torch(state, parameter.dtype)
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
                state = {slot.torch_name: opened.get_tensor(f"state.{name}.{slot.name}").reshape(slot.torch_shape)
                         for slot in slots(parameter) if slot.torch_name is not None}
                found.append((parameter, value, int(opened.get_tensor(f"state.{name}.step")), state))
    counts = not isinstance(optimizer, WITHOUT_COUNT)
    with torch.no_grad():
        for parameter, value, steps, state in found:
            parameter.copy_(value)
            if steps > 0:
                count = {"step": torch.tensor(float(steps), dtype=torch.float32)} if counts else {}
                optimizer.state[parameter] = count | state
