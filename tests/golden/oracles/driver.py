"""What the oracles that look like torch.optim have in common."""

import importlib.metadata

import torch

from .inputs import Rows

torch.set_num_threads(1)


def parameters_of(case, x0):
    return {name: torch.nn.Parameter(torch.tensor(x0[name])) for name in case.parameters}


def gradient_of(parameter, values):
    """A new tensor each time, as some oracles work in their gradients; one of rows is sparse."""
    if isinstance(values, Rows):
        return torch.sparse_coo_tensor(values.numbers[None], values.values, parameter.shape,
                                       check_invariants=True)
    return None if values is None else torch.tensor(values)


def give_gradients(parameters, step):
    for name, parameter in parameters.items():
        parameter.grad = gradient_of(parameter, step[name])


def values_of(tensors):
    return {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}


def walk(parameters, gradients, step):
    """Calls step() for each step's gradients; the parameters' values after each."""
    xs = []
    for gradient in gradients:
        give_gradients(parameters, gradient)
        step()
        xs.append(values_of(parameters))
    return xs


def walk_apart(parameters, optimizers, gradients):
    """As walk(), for an optimizer to each parameter: one that has no gradient is not stepped at all."""

    def step():
        for name, optimizer in optimizers.items():
            if parameters[name].grad is not None:
                optimizer.step()

    return walk(parameters, gradients, step)


def slots_of(optimizer, parameter, names):
    return {name: optimizer.state[parameter][name].numpy() for name in names}


def with_betas(fields, beta1=0.9, beta2=0.999):
    """The fields as arguments, beta1 and beta2 as a pair; the defaults are for the one that is not named."""
    arguments = dict(fields)
    if "beta1" in arguments or "beta2" in arguments:
        arguments["betas"] = (arguments.pop("beta1", beta1), arguments.pop("beta2", beta2))
    return arguments


def call_of(function, arguments):
    words = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"{function}({words})"


def call(package, function, arguments):
    """How a file names an oracle that is in a package."""
    version = importlib.metadata.version(package).split("+")[0]
    return f"{package} {version} {call_of(function, arguments)}"
