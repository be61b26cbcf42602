"""What parameters and gradients of PyTorch must be so that gradus can step on their memory."""

from __future__ import annotations

import glob
import os

import torch

from gradus import Error

KINDS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


def exchange_api() -> object:
    """DLPack's functions for C, where this release of PyTorch has them (2.10 and later)."""
    return getattr(torch.Tensor, "__dlpack_c_exchange_api__", None)


def openmp_library() -> str:
    """The OpenMP runtime that PyTorch brought, or the system's name of it."""
    folder = os.path.dirname(torch.__file__)
    for pattern in (os.path.join(folder, "lib", "libgomp*.so*"), os.path.join(folder + ".libs", "libgomp*.so*")):
        for path in sorted(glob.glob(pattern)):
            return path
    return "libgomp.so.1"


def _unfitness(tensor: torch.Tensor) -> str | None:
    if torch.nn.parameter.is_lazy(tensor):
        return "is not initialized yet; run the module once on data first"
    if tensor.layout is not torch.strided:
        return f"is {tensor.layout}; it must be dense"
    if tensor.dtype not in KINDS:
        return f"is {tensor.dtype}; it must be float32, float64, bfloat16 or float16"
    if tensor.device.type != "cpu":
        return f"is on {tensor.device}; it must be on the CPU"
    if type(tensor).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__:
        return f"is a {type(tensor).__name__}, which hides its data; it must be a plain tensor"
    if tensor.is_inference() and not torch.is_inference_mode_enabled():
        return "is an inference tensor, which autograd cannot follow; clone() makes a normal one of it"
    if tensor.is_neg():
        return "is a lazily negated view; resolve_neg() makes a tensor of it"
    return None


def check_parameter(name: str, tensor: torch.Tensor) -> None:
    """Raises Error, which names the parameter, what it is and what it must be."""
    if why := _unfitness(tensor):
        raise Error(f"parameter '{name}' {why}")


def check_gradient(name: str, tensor: torch.Tensor, gradient: torch.Tensor) -> None:
    if gradient.shape != tensor.shape:
        raise Error(f"the gradient of parameter '{name}' has shape {list(gradient.shape)}, "
                    f"the parameter {list(tensor.shape)}")
    if gradient.layout is torch.sparse_coo:
        if gradient.sparse_dim() != 1 and gradient._nnz() > 0:
            raise Error(f"the gradient of parameter '{name}' is sparse in {gradient.sparse_dim()} dimensions; "
                        "it must be in the first alone")
        gradient = gradient._values()
    elif gradient.is_neg():
        gradient = gradient.resolve_neg()
    if why := _unfitness(gradient):
        raise Error(f"the gradient of parameter '{name}' {why}")
