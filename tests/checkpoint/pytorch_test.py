#!/usr/bin/env python3
"""pytorch_test.py BEGIN_FOR_PYTORCH: trainings that began in gradus go on in PyTorch, and end as its unbroken runs."""

import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import safetensors  # noqa: F401
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "checkpoint"))

import pytorch  # noqa: E402
import pytorch_cases as cases  # noqa: E402


def goes_on(begin, case, file):
    named = cases.parameters(case)
    optimizer = cases.CASES[case](named.values())
    rule = pytorch._rule_of(optimizer, optimizer.param_groups[0])[0]
    subprocess.run([begin, rule, str(file)], check=True)
    pytorch.load(optimizer, named, file)
    cases.train(optimizer, named, cases.STEPS, cases.ALL_STEPS)
    for name, end in cases.unbroken(case).items():
        torch.testing.assert_close(named[name].detach().flatten(), torch.tensor(end), rtol=0,
                                   atol=cases.WITHIN.get(case, 2e-6))


def refuses(text, call):
    try:
        call()
    except ValueError as error:
        assert text in str(error), error
        return
    raise AssertionError(f"no ValueError about: {text}")


def test_refusals(folder):
    named = cases.parameters("adam")
    adam = cases.CASES["adam"](named.values())
    cases.train(adam, named, 0, 2)
    file = folder / "adam.safetensors"
    pytorch.save(adam, named, file)
    before = {name: parameter.detach().clone() for name, parameter in named.items()}
    sgd = torch.optim.SGD(named.values(), lr=0.1)
    refuses("the file has the rule adam, expected sgd", lambda: pytorch.load(sgd, named, file))
    larger = {name: torch.nn.Parameter(torch.zeros(9)) for name in named}
    refuses("expected torch.float32 [9]", lambda: pytorch.load(cases.CASES["adam"](larger.values()), larger, file))
    refuses("RAdam is not converted", lambda: pytorch.save(torch.optim.RAdam(named.values()), named, file))
    conv = {"w": torch.nn.Parameter(torch.zeros(2, 3, 4))}
    refuses("3 dimensions", lambda: pytorch.save(torch.optim.Adafactor(conv.values()), conv, file))
    matrix = {"w": torch.nn.Parameter(torch.zeros(2, 3))}
    refuses("nesterov of Muon is False", lambda: pytorch.save(
        torch.optim.Muon(matrix.values(), nesterov=False), matrix, file))
    refuses("maximize", lambda: pytorch.save(torch.optim.SGD(named.values(), maximize=True), named, file))
    refuses("not among the named", lambda: pytorch.save(adam, {}, file))
    assert all(torch.equal(before[name], parameter) for name, parameter in named.items())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for each in cases.CASES:
            goes_on(sys.argv[1], each, Path(folder) / f"{each}.safetensors")
        test_refusals(Path(folder))
    print(f"{len(cases.CASES)} trainings went on")
