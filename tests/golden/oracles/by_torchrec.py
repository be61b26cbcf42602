"""torchrec's row-wise AdaGrad, plain PyTorch and so in float64."""

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
    xs = walk(parameters, gradients, optimizer.step)
    state = {name: slots_of(optimizer, parameter, ["sum"]) for name, parameter in parameters.items()}
    return {"oracle": call("torchrec", "torchrec.optim.RowWiseAdagrad", case.fields), "x": xs, "state": state}
