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
    """One row: a rule of gradus, its fields (the oracle's defaults for those not named), and what it is
    composed with: clip_value, clip_norm, l2 (coupled decay), decay (decoupled decay), maximize, schedule (of
    lr). `precision`, if only one can be compared; `oracle`, if it is not the rule's usual one."""

    def __init__(self, name, rule, fields=None, parameters=("a", "b", "c"), oracle=None, **composition):
        self.name, self.rule, self.fields, self.oracle = name, rule, fields or {}, oracle
        self.parameters, self.composition = list(parameters), composition


def linear(**numbers):
    return {"kind": "linear", **numbers}


def cosine(**numbers):
    return {"kind": "cosine", **numbers}


FLOAT32_EPSILON = 2.0**-23

CASES = [
    Case("sgd_as_it_comes", "sgd"),
    Case("sgd", "sgd", {"lr": 0.05}),
    Case("sgd_with_coupled_decay", "sgd", {"lr": 0.05}, l2=0.1),
    Case("sgd_maximizing", "sgd", {"lr": 0.05}, maximize=True),
    Case("sgd_with_clip_value", "sgd", {"lr": 0.05}, clip_value=0.5),
    Case("sgd_with_clip_norm", "sgd", {"lr": 0.05}, clip_norm=1.0),
    Case("sgd_with_clip_norm_then_coupled_decay", "sgd", {"lr": 0.05}, clip_norm=1.0, l2=0.1),
    Case("sgd_of_rows", "sgd", {"lr": 0.05}, parameters=["table"]),
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
    Case("adagrad_of_rows", "adagrad", {"lr": 0.1}, parameters=["table"]),
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
    Case("adam_eps_hat_as_it_comes", "adam_eps_hat"),
    Case("adam_eps_hat", "adam_eps_hat", {"lr": 0.05}),
    Case("adam_eps_hat_with_other_betas", "adam_eps_hat", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}),
    Case("adam_eps_hat_with_large_eps", "adam_eps_hat", {"lr": 0.05, "eps": 1e-2}),
    Case("adam_eps_hat_of_rows", "adam_eps_hat", {"lr": 0.05, "eps": 1e-2}, parameters=["table"]),
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
    # eps1 is named, as PyTorch's default depends on the type. lr 0.5 is more than 1/sqrt(t) from t = 5 on.
    Case("adafactor_as_it_comes", "adafactor", {"eps1": FLOAT32_EPSILON}),
    Case("adafactor", "adafactor", {"lr": 0.5, "eps1": FLOAT32_EPSILON}),
    Case("adafactor_with_decay", "adafactor", {"lr": 0.05, "eps1": FLOAT32_EPSILON, "weight_decay": 0.1}),
    Case("adafactor_with_large_eps1", "adafactor", {"lr": 0.05, "eps1": 0.1}),
    Case("adafactor_with_other_numbers", "adafactor",
         {"lr": 0.05, "beta2_decay": -0.5, "eps1": FLOAT32_EPSILON, "eps2": 2.0, "d": 1.5}),
    Case("rowwise_adagrad_as_it_comes", "rowwise_adagrad", parameters=["b", "c"]),
    Case("rowwise_adagrad", "rowwise_adagrad", {"lr": 0.1}, parameters=["b", "c"]),
    Case("rowwise_adagrad_with_large_eps", "rowwise_adagrad", {"lr": 0.1, "eps": 0.1}, parameters=["b", "c"]),
    Case("rowwise_adagrad_as_fbgemm_has_it", "rowwise_adagrad", {"lr": 0.1, "eps": 0.1}, parameters=["b"],
         oracle="by_fbgemm", precision="float32"),
    Case("rowwise_adagrad_of_rows", "rowwise_adagrad", {"lr": 0.1}, parameters=["table"]),
    Case("rowwise_adagrad_of_rows_as_fbgemm_has_it", "rowwise_adagrad", {"lr": 0.1, "eps": 0.1},
         parameters=["table"], oracle="by_fbgemm", precision="float32"),
    # In the other two, tensors would have switched sooner, but to a negative rate.
    Case("swats_that_never_switches", "swats", {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-9}),
    Case("swats", "swats", {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 0.04}),
    Case("swats_with_other_betas", "swats", {"lr": 1e-3, "beta1": 0.5, "beta2": 0.9, "eps": 0.01}),
    # With d0 of 1e-6, x - x0 is lost in float32.
    Case("prodigy_as_it_comes", "prodigy", parameters=["a", "b"], precision="float64"),
    Case("prodigy_with_large_d0_and_decay", "prodigy", {"d0": 0.1, "weight_decay": 0.1},
         parameters=["a", "b"]),
    Case("prodigy_with_other_betas", "prodigy", {"beta1": 0.8, "beta2": 0.99, "d0": 0.1},
         parameters=["a", "b"]),
    Case("prodigy_with_other_numbers", "prodigy",
         {"lr": 0.5, "beta3": 0.9, "eps": 1e-2, "d0": 1e-2, "d_coef": 0.5}, parameters=["a", "b"]),
    Case("prodigy_with_missing_gradients", "prodigy", {"d0": 0.1, "d_coef": 0.25}),
    Case("schedule_free_adamw_as_it_comes", "schedule_free_adamw"),
    Case("schedule_free_adamw_with_decay", "schedule_free_adamw", {"lr": 0.05, "weight_decay": 0.1}),
    Case("schedule_free_adamw_with_warm_up", "schedule_free_adamw", {"lr": 0.05, "warmup_steps": 10}),
    Case("schedule_free_adamw_with_polynomial_weights", "schedule_free_adamw", {"lr": 0.05, "r": 1.0}),
    # Not c: its left preconditioner has a null space, whose basis is the solver's choice.
    Case("soap_as_it_comes", "soap", parameters=["b"]),
    Case("soap_with_a_basis_for_each_step", "soap", {"lr": 0.05, "precondition_frequency": 1},
         parameters=["b"]),
]

ORACLES = {  # rule -> module in oracles/, if that is not by_torch
    "adagrad_eps_in_root": "by_optax",
    "rmsprop_eps_in_root": "by_optax",
    "lamb": "by_optax",
    "rowwise_adagrad": "by_torchrec",
    "swats": "by_swats",
    "prodigy": "by_prodigyopt",
    "schedule_free_adamw": "by_schedulefree",
    "soap": "by_soap",
}


def oracle_of(case):
    """Imported where it is needed, so that a rule can be made without the packages of the others."""
    return importlib.import_module(f"oracles.{case.oracle or ORACLES.get(case.rule, 'by_torch')}")


def main():
    assert len({case.name for case in CASES}) == len(CASES)
    parser = argparse.ArgumentParser(description="Makes the golden values.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rules or cases [everything, from scratch]")
    parser.add_argument("--path", help="a folder with the oracle's code, where it is in no package")
    arguments = parser.parse_args()
    if arguments.path:
        sys.path.append(arguments.path)
    names = set(arguments.names)
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
