"""SOAP by its authors: soap.py of github.com/nikhilvyas/SOAP, which is no package, from --path.

It computes its eigenbases in float32, and keeps its preconditioners in torch's default type: here all are in
float64. exp_avg and exp_avg_sq are left out, as they are in a basis whose signs and order are anybody's.
"""

import contextlib
import hashlib
import pathlib
import unittest.mock

import soap
import torch

from .driver import call_of, parameters_of, walk, with_betas


@contextlib.contextmanager
def everything_in_float64():
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with unittest.mock.patch.object(torch.Tensor, "float", torch.Tensor.clone):
            yield
    finally:
        torch.set_default_dtype(default)


def oracle_name(arguments):
    """With the name that git gives to the content of soap.py."""
    content = pathlib.Path(soap.__file__).read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return (f"github.com/nikhilvyas/SOAP soap.py (blob {blob[:12]}) {call_of('soap.SOAP', arguments)}"
            " with eigh and qr in float64 instead of float32")


@everything_in_float64()
def run(case, x0, gradients):
    arguments = with_betas(case.fields, beta1=0.95, beta2=0.95)
    parameters = parameters_of(case, x0)
    optimizer = soap.SOAP(parameters.values(), **arguments)
    xs = walk(parameters, gradients, optimizer.step)
    state = {}
    for name, parameter in parameters.items():
        left, right = optimizer.state[parameter]["GG"]
        state[name] = {"GG_left": left.numpy(), "GG_right": right.numpy()}
    return {"oracle": oracle_name(arguments), "x": xs, "state": state}
