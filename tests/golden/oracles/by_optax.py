"""optax, for the rules that PyTorch lacks."""

import jax
import numpy
import optax

from .driver import call

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


def run(case, x0, gradients):
    """Each parameter has a state of its own, so that one without a gradient can be left out of a step."""
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
    return {"oracle": call("optax", f"optax.{function}", arguments), "x": xs, "state": state}
