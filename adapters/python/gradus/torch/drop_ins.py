"""Optimizers under PyTorch's names: its arguments, with its meaning and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from typing_extensions import Unpack

from gradus.torch.arguments import Group, Hyper, Number, Ours, ParamsT
from gradus.torch.forms import Form, Slot, like_parameter
from gradus.torch.optimizer import Optimizer

_REFUSED = {"capturable": "there is no graph of a GPU to capture it in",
            "differentiable": "autograd does not see inside a step"}


class DropIn(Optimizer):
    """What they have in common. Arguments of gradus come after PyTorch's: see Optimizer."""

    def _make(self, params: ParamsT, defaults: Group, ours: Ours) -> None:
        options: Ours = {"non_finite": "propagate", "state_dtype": "plain", "stochastic_rounding": False, "seed": 0}
        if unknown := set(ours) - set(options):
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument '{sorted(unknown)[0]}'")
        self._begin_with(params, defaults, **(options | ours))

    def _form(self, group: Group) -> Form:
        for name, why in _REFUSED.items():
            if group.get(name):
                raise ValueError(f"{name}=True is not for {type(self).__name__} of gradus: {why}")
        return self._form_of(group)

    def _form_of(self, group: Group) -> Form:
        raise NotImplementedError


_BETAS = {"beta1_product": ("betas", 0), "beta2_product": ("betas", 1)}


class SGD(DropIn):
    """torch.optim.SGD: gradient descent, with momentum if asked for."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-3, momentum: Hyper = 0, dampening: Hyper = 0,
                 weight_decay: Hyper = 0, nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
                 differentiable: bool = False, fused: bool | None = None, **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
                                nesterov=nesterov, maximize=maximize, foreach=foreach, differentiable=differentiable,
                                fused=fused), ours)

    def _form_of(self, group: Group) -> Form:
        fields = {"lr": ("lr",), "weight_decay": ("weight_decay",)}
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        if group["momentum"] == 0:
            return Form("weight_decay >> sgd", fields, counts=False)
        fields["momentum"] = ("momentum",)
        if group["nesterov"]:
            return Form("weight_decay >> nesterov", fields, like_parameter("momentum_buffer"), counts=False)
        fields["dampening"] = ("dampening",)
        return Form("weight_decay >> sgd >> heavy_ball", fields, like_parameter("momentum_buffer"), counts=False)


class Adagrad(DropIn):
    """torch.optim.Adagrad (Duchi, Hazan & Singer 2011)."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-2, lr_decay: Hyper = 0, weight_decay: Hyper = 0,
                 initial_accumulator_value: Hyper = 0, eps: Hyper = 1e-10, foreach: bool | None = None, *,
                 maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
                 **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
                                initial_accumulator_value=initial_accumulator_value, foreach=foreach,
                                maximize=maximize, differentiable=differentiable, fused=fused), ours)

    def _form_of(self, group: Group) -> Form:
        fields = {name: (name,) for name in ("lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value")}
        return Form("weight_decay >> adagrad >> inverse_time_decay", fields, like_parameter("sum"))


class RMSprop(DropIn):
    """torch.optim.RMSprop (Tieleman & Hinton 2012)."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-2, alpha: Hyper = 0.99, eps: Hyper = 1e-8,
                 weight_decay: Hyper = 0, momentum: Number = 0, centered: bool = False, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
                 **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered,
                                weight_decay=weight_decay, capturable=capturable, foreach=foreach,
                                maximize=maximize, differentiable=differentiable), ours)

    def _form_of(self, group: Group) -> Form:
        fields = {name: (name,) for name in ("lr", "alpha", "eps", "weight_decay")}
        rule, slots = "weight_decay >> rmsprop", ["square_avg"]
        if group["centered"]:
            rule, slots = rule + "_centered", slots + ["grad_avg"]
        if group["momentum"] < 0:
            raise ValueError(f"momentum is {group['momentum']}; it must be at least 0")
        if group["momentum"] > 0:
            rule, slots = rule + " >> heavy_ball", slots + ["momentum_buffer"]
            fields["momentum"] = ("momentum",)
        return Form(rule, fields, like_parameter(*slots))


class Adam(DropIn):
    """torch.optim.Adam (Kingma & Ba 2015), and its AMSGrad (Reddi, Kale & Kumar 2018)."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-3, betas: tuple[Number, Number] = (0.9, 0.999),
                 eps: Hyper = 1e-8, weight_decay: Hyper = 0, amsgrad: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None, decoupled_weight_decay: bool = False, **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
                                maximize=maximize, foreach=foreach, capturable=capturable,
                                differentiable=differentiable, fused=fused,
                                decoupled_weight_decay=decoupled_weight_decay), ours)

    def _form_of(self, group: Group) -> Form:
        fields = {"lr": ("lr",), "betas": ("beta1", "beta2"), "eps": ("eps",), "weight_decay": ("weight_decay",)}
        rule = "amsgrad" if group["amsgrad"] else "adam"
        rule = f"{rule} >> weight_decay" if group["decoupled_weight_decay"] else f"weight_decay >> {rule}"
        slots = like_parameter("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if group["amsgrad"] else []))
        return Form(rule, fields, slots, products=_BETAS)


class AdamW(Adam):
    """torch.optim.AdamW (Loshchilov & Hutter 2019): weight decay beside the moments."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-3, betas: tuple[Number, Number] = (0.9, 0.999),
                 eps: Hyper = 1e-8, weight_decay: Hyper = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None, **ours: Unpack[Ours]) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
                         capturable=capturable, differentiable=differentiable, fused=fused,
                         decoupled_weight_decay=True, **ours)


def _rows_and_columns(parameter: torch.Tensor) -> Mapping[str, Slot]:
    if parameter.dim() < 2:
        return {"variance": Slot("row_var")}
    return {"row_var": Slot("row_var", lambda matrix: (matrix.shape[0], 1)),
            "col_var": Slot("col_var", lambda matrix: (1, matrix.shape[1]))}


class Adafactor(DropIn):
    """torch.optim.Adafactor (Shazeer & Stern 2018), of matrices and vectors."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-2, beta2_decay: Hyper = -0.8,
                 eps: tuple[Hyper | None, Hyper] = (None, 1e-3), d: Hyper = 1.0, weight_decay: Hyper = 0.0, *,
                 foreach: bool | None = None, maximize: bool = False, **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay,
                                foreach=foreach, maximize=maximize), ours)

    def _form_of(self, group: Group) -> Form:
        if any(parameter.dim() > 2 for parameter in group["params"]):
            raise ValueError("Adafactor of gradus is for matrices and vectors: of more dimensions PyTorch's makes a "
                             "matrix of the last two for each index of the others, gradus one matrix")
        kinds = {parameter.dtype for parameter in group["params"]}
        if len(kinds) > 1:
            raise ValueError("Adafactor's eps depends on the dtype, which must be the same for a whole group")
        if not isinstance(group["eps"], (tuple, list)) or len(group["eps"]) != 2:
            raise ValueError(f"eps is {group['eps']!r}; it must be 2 numbers, the first of which may be None")
        least, least_size = group["eps"]
        if least is None:
            least = torch.finfo(kinds.pop()).eps if kinds else 0.0
        fields = {name: (name,) for name in ("lr", "beta2_decay", "d", "weight_decay")} | {"eps": ("eps1", "eps2")}
        return Form("adafactor", fields, _rows_and_columns, {"eps": (least, least_size)})


class Muon(DropIn):
    """torch.optim.Muon (Jordan et al. 2024), with its products of bfloat16 factors."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-3, weight_decay: Hyper = 0.1, momentum: Hyper = 0.95,
                 nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
                 eps: Hyper = 1e-7, ns_steps: int = 5, adjust_lr_fn: Literal["original"] | None = None,
                 **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
                                ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps,
                                adjust_lr_fn=adjust_lr_fn, maximize=False), ours)

    def _form_of(self, group: Group) -> Form:
        for parameter in group["params"]:
            if parameter.dim() != 2:
                raise ValueError(f"Muon is for matrices alone, and a parameter has shape {tuple(parameter.shape)}: biases "
                                 "and embeddings want another optimizer")
        expected = {"nesterov": (True,), "adjust_lr_fn": (None, "original"),
                    "ns_coefficients": ((3.4445, -4.775, 2.0315),)}
        for name, values in expected.items():
            if group[name] not in values:
                raise ValueError(f"{name} of Muon is {group[name]!r}; gradus has {values[0]!r}")
        fields = {name: (name,) for name in ("lr", "weight_decay", "momentum", "eps", "ns_steps")}
        return Form("muon_bfloat16", fields, like_parameter("momentum_buffer"), counts=False)


class SparseAdam(DropIn):
    """torch.optim.SparseAdam: Adam that moves the rows of a sparse gradient alone; a dense one moves all."""

    def __init__(self, params: ParamsT, lr: Hyper = 1e-3, betas: tuple[Number, Number] = (0.9, 0.999),
                 eps: Hyper = 1e-8, maximize: bool = False, **ours: Unpack[Ours]) -> None:
        self._make(params, dict(lr=lr, betas=betas, eps=eps, maximize=maximize), ours)

    def _form_of(self, group: Group) -> Form:
        fields = {"lr": ("lr",), "betas": ("beta1", "beta2"), "eps": ("eps",)}
        return Form("adam_eps_hat", fields, like_parameter("exp_avg", "exp_avg_sq"), products=_BETAS)
