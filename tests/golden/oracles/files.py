"""The JSON files, which README.md describes."""

import json
import pathlib

import numpy

from .inputs import SEED, Rows

FOLDER = pathlib.Path(__file__).resolve().parent.parent


def flat(values):
    """A tensor as a list of numbers in row-major order; one of rows has their numbers and such a list."""
    if values is None:
        return None
    if isinstance(values, Rows):
        return {"rows": values.numbers.tolist(), "values": flat(values.values)}
    assert values.dtype == numpy.float64 and numpy.isfinite(values).all()
    return values.ravel().tolist()


def flat_all(tensors):
    return {name: flat(values) for name, values in tensors.items()}


def write(name, document):
    """JSON with a step, or a parameter's state, on each line, so that a change shows where it is. Numbers
    have the digits that bring back the same double."""

    def text(key, value):
        if key in ("parameters", "gradients", "x") and not isinstance(value[0], str):
            return "[\n" + ",\n".join(map(json.dumps, value)) + "\n]"
        if key in ("state", "evaluate"):
            rows = (f'"{name}": {json.dumps(slots)}' for name, slots in value.items())
            return "{\n" + ",\n".join(rows) + "\n}"
        return json.dumps(value)

    entries = (f'"{key}": {text(key, value)}' for key, value in document.items())
    (FOLDER / f"{name}.json").write_text("{\n" + ",\n".join(entries) + "\n}\n")


def write_inputs(x0, gradients):
    write("inputs", {
        "seed": SEED,
        "parameters": [{"name": name, "shape": x.shape, "x0": flat(x)} for name, x in x0.items()],
        "gradients": [flat_all(step) for step in gradients],
    })


def write_case(case, result, gradients):
    document = {
        "case": case.name,
        "oracle": result["oracle"],
        "rule": case.rule,
        "fields": case.fields,
        **case.composition,
        "parameters": case.parameters,
        "t": {name: sum(step[name] is not None for step in gradients) for name in case.parameters},
    }
    document |= {key: value for key, value in result.items() if key not in ("oracle", "x", "state")}
    document["x"] = [flat_all(x) for x in result["x"]]
    document["state"] = {name: flat_all(slots) for name, slots in result["state"].items()}
    write(case.name, document)
