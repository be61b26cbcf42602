"""Prodigy by its authors."""

from prodigyopt import Prodigy

from .driver import call, parameters_of, slots_of, walk, with_betas

SLOTS = ("exp_avg", "exp_avg_sq", "s", "p0")


def run(case, x0, gradients):
    arguments = with_betas(case.fields)
    parameters = parameters_of(case, x0)
    optimizer = Prodigy(parameters.values(), **arguments)
    ds = []

    def step():
        optimizer.step()
        ds.append(optimizer.param_groups[0]["d"])

    xs = walk(parameters, gradients, step)
    return {"oracle": call("prodigyopt", "prodigyopt.Prodigy", arguments), "d_per_step": ds, "x": xs,
            "state": {name: slots_of(optimizer, parameter, SLOTS) for name, parameter in parameters.items()}}
