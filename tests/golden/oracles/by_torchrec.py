"""torchrec's row-wise AdaGrad, plain PyTorch and so in float64. It takes no sparse gradients: rows
get a dense one with zeros elsewhere, which leave the other rows and their sums as they are."""

import importlib.util
import pathlib

from .driver import call, parameters_of, slots_of, walk


def row_wise_adagrad():
    """The class from its file alone, as `import torchrec` asks for FBGEMM and much else."""
    folder = importlib.util.find_spec("torchrec").submodule_search_locations[0]
    file = pathlib.Path(folder) / "optim" / "rowwise_adagrad.py"
    spec = importlib.util.spec_from_file_location("rowwise_adagrad", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RowWiseAdagrad


def run(case, x0, gradients):
    parameters = parameters_of(case, x0)
    optimizer = row_wise_adagrad()(parameters.values(), **case.fields)

    def step():
        for parameter in parameters.values():
            if parameter.grad is not None:
                parameter.grad = parameter.grad.to_dense()
        optimizer.step()

    xs = walk(parameters, gradients, step)
    state = {name: slots_of(optimizer, parameter, ["sum"]) for name, parameter in parameters.items()}
    return {"oracle": call("torchrec", "torchrec.optim.RowWiseAdagrad", case.fields), "x": xs, "state": state}
