#!/usr/bin/env python3
"""Reads what gradus wrote with Hugging Face's safetensors: interchange_test.py WRITE_EVERY_TYPE

Skipped (77) where that is not installed; ./gradus test installs it into build/python.
"""

import subprocess
import sys
import tempfile

try:
    import numpy
    import safetensors
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

BYTES = bytes((i * 37 + 11) % 251 for i in range(24 * 8))
SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E4M3FNUZ": 1, "F8_E5M2": 1, "F8_E5M2FNUZ": 1, "F8_E8M0": 1,
         "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8}


def expected():
    tensors = {name: (name, [2, 3], BYTES[:6 * size]) for name, size in SIZES.items()}
    tensors["BOOL"] = ("BOOL", [2, 3], b"\1" * 6)
    tensors["scalar"] = ("F32", [], BYTES[:4])
    tensors["empty"] = ("F32", [2, 0], b"")
    tensors["größe \"重み\"\n\U0001F40D"] = ("U8", [3], BYTES[:3])
    return tensors


with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
    subprocess.run([sys.argv[1], file.name], check=True)
    with open(file.name, "rb") as written:
        read = safetensors.deserialize(written.read())
    with safetensors.safe_open(file.name, framework="numpy") as opened:
        metadata = opened.metadata()
        matrix = opened.get_tensor("F64")

found = {name: (t["dtype"], t["shape"], bytes(t["data"])) for name, t in read}
assert found == expected(), f"{found}\nexpected\n{expected()}"
assert metadata.pop("gradus.integrity").startswith("xxh3-64 of 16 MiB: ")
assert metadata == {"step": "7", "groups": "[{\"lr\": 0.1}]"}, metadata
assert matrix.shape == (2, 3) and matrix.tobytes() == BYTES[:48]
print(len(found), "tensors are as they were written")
