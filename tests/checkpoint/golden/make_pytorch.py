#!/usr/bin/env python3
"""Makes golden/pytorch: of each case what PyTorch leaves at half-way, converted, and where its unbroken run ends."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parents[2] / "checkpoint")]

import pytorch  # noqa: E402
import pytorch_cases as cases  # noqa: E402

if __name__ == "__main__":
    folder = HERE / "pytorch"
    folder.mkdir(exist_ok=True)
    for case, make in cases.CASES.items():
        named = cases.parameters(case)
        optimizer = make(named.values())
        cases.train(optimizer, named, 0, cases.STEPS)
        pytorch.save(optimizer, named, folder / f"{case}.safetensors")
    ends = {case: cases.unbroken(case) | {"within": cases.WITHIN.get(case, 2e-6)} for case in cases.CASES}
    lines = ",\n".join(f'"{case}": {json.dumps(end)}' for case, end in ends.items())
    (folder / "ends.json").write_text("{\n" + lines + "\n}\n")
