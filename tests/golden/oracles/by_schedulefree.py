"""Schedule-Free AdamW by its authors. It counts steps for a group, gradients or not; gradus for a parameter.
So each parameter has an optimizer of its own."""

from schedulefree import AdamWScheduleFree

from .driver import call, parameters_of, slots_of, values_of, walk_apart, with_betas


def run(case, x0, gradients):
    arguments = with_betas(case.fields)
    parameters = parameters_of(case, x0)
    optimizers = {name: AdamWScheduleFree([parameter], **arguments, foreach=False)
                  for name, parameter in parameters.items()}
    for optimizer in optimizers.values():
        optimizer.train()
    xs = walk_apart(parameters, optimizers, gradients)
    state = {name: slots_of(optimizer, parameters[name], ["z", "exp_avg_sq"])
             for name, optimizer in optimizers.items()}
    for optimizer in optimizers.values():
        optimizer.eval()
    evaluate = {name: value.ravel().tolist() for name, value in values_of(parameters).items()}
    return {"oracle": call("schedulefree", "schedulefree.AdamWScheduleFree", arguments), "evaluate": evaluate,
            "x": xs, "state": state}
