#!/usr/bin/env python3
"""Makes the golden values beside this file: inputs.json, and a file for each case with what its oracle did.

The oracles, in float64, are PyTorch and, for rules that it lacks, those that `ORACLES` names. README.md says
how to run this and what the files hold. The same machine gets the same bytes each time; on another one a last
digit may differ.
"""

import argparse
import importlib
import sys

sys.dont_write_bytecode = True

from oracles.files import FOLDER, write_case, write_inputs
from oracles.inputs import make_inputs


class Case:
    """One row: a rule of gradus, its fields (PyTorch's defaults for those not named), and what it is composed
    with: clip_value, clip_norm, l2 (coupled decay), decay (decoupled decay), maximize, schedule (of lr)."""

    def __init__(self, name, rule, fields=None, parameters=("a", "b", "c"), oracle=None, **composition):
        self.name, self.rule, self.fields, self.oracle = name, rule, fields or {}, oracle
        self.parameters, self.composition = list(parameters), composition


def linear(**numbers):
    return {"kind": "linear", **numbers}


def cosine(**numbers):
    return {"kind": "cosine", **numbers}


CASES = [
    Case("sgd_as_it_comes", "sgd"),
    Case("sgd", "sgd", {"lr": 0.05}),
    Case("sgd_with_coupled_decay", "sgd", {"lr": 0.05}, l2=0.1),
    Case("sgd_maximizing", "sgd", {"lr": 0.05}, maximize=True),
    Case("sgd_with_clip_value", "sgd", {"lr": 0.05}, clip_value=0.5),
    Case("sgd_with_clip_norm", "sgd", {"lr": 0.05}, clip_norm=1.0),
    Case("sgd_with_clip_norm_then_coupled_decay", "sgd", {"lr": 0.05}, clip_norm=1.0, l2=0.1),
    Case("momentum", "momentum", {"lr": 0.02, "momentum": 0.9}),
    Case("momentum_with_dampening", "momentum", {"lr": 0.02, "momentum": 0.9, "dampening": 0.5}),
    Case("momentum_with_coupled_decay", "momentum", {"lr": 0.02, "momentum": 0.9}, l2=0.1),
    Case("nesterov", "nesterov", {"lr": 0.02, "momentum": 0.9}),
    Case("nesterov_with_coupled_decay", "nesterov", {"lr": 0.02, "momentum": 0.9}, l2=0.1),
    Case("adagrad_as_it_comes", "adagrad"),
    Case("adagrad", "adagrad", {"lr": 0.1}),
    Case("adagrad_with_large_eps", "adagrad", {"lr": 0.1, "eps": 1e-2}),
    Case("adagrad_with_initial_accumulator_value", "adagrad", {"lr": 0.1, "initial_accumulator_value": 0.1}),
    Case("adagrad_with_coupled_decay", "adagrad", {"lr": 0.1}, l2=0.1),
    # PyTorch's lr_decay counts the parameter's own steps, a schedule all steps: equal if none is missing.
    Case("adagrad_with_inverse_time_lr", "adagrad", {"lr": 0.1}, parameters=["a", "b"],
         schedule={"kind": "inverse_time", "lr_decay": 0.05}),
    Case("adagrad_eps_in_root", "adagrad_eps_in_root",
         {"lr": 0.1, "eps": 1e-7, "initial_accumulator_value": 0.0}),
    Case("adagrad_eps_in_root_as_optax_has_it", "adagrad_eps_in_root",
         {"lr": 0.1, "eps": 1e-7, "initial_accumulator_value": 0.1}),
    Case("adagrad_eps_in_root_with_large_eps", "adagrad_eps_in_root",
         {"lr": 0.1, "eps": 1e-2, "initial_accumulator_value": 0.0}),
    Case("rmsprop_as_it_comes", "rmsprop"),
    Case("rmsprop", "rmsprop", {"lr": 0.02, "alpha": 0.9}),
    Case("rmsprop_with_large_eps", "rmsprop", {"lr": 0.02, "eps": 1e-2}),
    Case("rmsprop_with_coupled_decay", "rmsprop", {"lr": 0.02}, l2=0.1),
    Case("rmsprop_centered", "rmsprop_centered", {"lr": 0.02}),
    Case("rmsprop_momentum", "rmsprop_momentum", {"lr": 0.01, "momentum": 0.9}),
    Case("rmsprop_centered_momentum", "rmsprop_centered_momentum", {"lr": 0.01, "momentum": 0.9}),
    Case("rmsprop_centered_momentum_with_coupled_decay", "rmsprop_centered_momentum",
         {"lr": 0.01, "momentum": 0.9}, l2=0.1),
    Case("rmsprop_eps_in_root", "rmsprop_eps_in_root", {"lr": 0.02, "alpha": 0.9, "eps": 1e-8}),
    Case("rmsprop_eps_in_root_with_large_eps", "rmsprop_eps_in_root",
         {"lr": 0.02, "alpha": 0.99, "eps": 1e-2}),
    Case("adam_as_it_comes", "adam"),
    Case("adam", "adam", {"lr": 0.05}),
    Case("adam_with_other_betas", "adam", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}),
    Case("adam_without_momentum", "adam", {"lr": 0.05, "beta1": 0.0}),
    Case("adam_with_large_eps", "adam", {"lr": 0.05, "eps": 1e-2}),
    Case("adam_with_coupled_decay", "adam", {"lr": 0.05}, l2=0.1),
    Case("adam_with_decoupled_decay", "adam", {"lr": 0.05}, decay=0.1),
    Case("adam_maximizing", "adam", {"lr": 0.05}, maximize=True),
    Case("adam_with_clip_value", "adam", {"lr": 0.05}, clip_value=0.5),
    Case("adam_with_clip_norm", "adam", {"lr": 0.05}, clip_norm=1.0),
    Case("adam_with_linear_lr", "adam", {"lr": 0.05},
         schedule=linear(start_factor=0.1, end_factor=1.0, total_iters=10)),
    Case("adam_with_cosine_lr", "adam", {"lr": 0.05}, schedule=cosine(T_max=60, eta_min=1e-3)),
    Case("adam_with_step_lr", "adam", {"lr": 0.05}, schedule={"kind": "step", "step_size": 17, "gamma": 0.5}),
    Case("adam_with_exponential_lr", "adam", {"lr": 0.05}, schedule={"kind": "exponential", "gamma": 0.95}),
    Case("adam_with_warm_up_then_cosine_lr", "adam", {"lr": 0.05},
         schedule={"kind": "sequential", "milestones": [10],
                   "parts": [linear(start_factor=0.1, end_factor=1.0, total_iters=10),
                             cosine(T_max=50, eta_min=1e-3)]}),
    Case("adamw_as_it_comes", "adamw"),
    Case("adamw", "adamw", {"lr": 0.05, "weight_decay": 0.1}),
    Case("adamw_with_large_decay", "adamw", {"lr": 0.05, "weight_decay": 0.5}),
    Case("adamw_with_lr_zero_moves_nothing", "adamw", {"lr": 0.0, "weight_decay": 0.1}),
    Case("adamw_maximizing_with_clip_norm", "adamw", {"lr": 0.05, "weight_decay": 0.1}, maximize=True,
         clip_norm=1.0),
    Case("amsgrad_as_it_comes", "amsgrad"),
    Case("amsgrad", "amsgrad", {"lr": 0.05, "beta2": 0.9}),
    Case("amsgrad_with_decoupled_decay", "amsgrad", {"lr": 0.05}, decay=0.1),
    Case("lamb", "lamb", {"lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "weight_decay": 0.0}),
    Case("lamb_with_decay", "lamb",
         {"lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "weight_decay": 0.01}),
    Case("muon", "muon", {"lr": 0.02, "momentum": 0.95, "weight_decay": 0.1}, parameters=["b", "c"]),
    Case("muon_without_decay", "muon", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.0},
         parameters=["b", "c"]),
]

ORACLES = {  # rule -> module in oracles/, if that is not by_torch
    "adagrad_eps_in_root": "by_optax",
    "rmsprop_eps_in_root": "by_optax",
    "lamb": "by_optax",
}


def oracle_of(case):
    """Imported where it is needed, so that a rule can be made without the packages of the others."""
    return importlib.import_module(f"oracles.{case.oracle or ORACLES.get(case.rule, 'by_torch')}")


def main():
    assert len({case.name for case in CASES}) == len(CASES)
    parser = argparse.ArgumentParser(description="Makes the golden values.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rules or cases [everything, from scratch]")
    names = set(parser.parse_args().names)
    if unknown := names - {word for case in CASES for word in (case.rule, case.name)}:
        parser.error(f"no case is called {', '.join(sorted(unknown))}, nor is its rule")
    cases = [case for case in CASES if not names or names & {case.rule, case.name}]
    runs = [oracle_of(case).run for case in cases]
    x0, gradients = make_inputs()
    if not names:
        for old in FOLDER.glob("*.json"):
            old.unlink()
        write_inputs(x0, gradients)
    for case, run in zip(cases, runs):
        write_case(case, run(case, x0, gradients), gradients)


if __name__ == "__main__":
    main()
