#!/usr/bin/env python3
"""Writes the golden files, by Hugging Face's safetensors: python3 make_golden.py

Needs `pip install safetensors` (they were made by 0.8.0). Byte i of each tensor is (i * 37 + 11) % 251; of a bool, its
last bit. tests/checkpoint/golden_test.cpp knows the names, types and shapes from here.
"""

import ctypes
import pathlib

import safetensors

TYPES = [
    ("bool", 1), ("uint8", 1), ("int8", 1), ("float8_e4m3fn", 1), ("float8_e4m3fnuz", 1), ("float8_e5m2", 1),
    ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1), ("int16", 2), ("uint16", 2), ("float16", 2), ("bfloat16", 2),
    ("int32", 4), ("uint32", 4), ("float32", 4), ("int64", 8), ("uint64", 8), ("float64", 8), ("complex64", 8),
]

FILES = {
    "every_type": ({name: (name, [2, 3]) for name, _ in TYPES}, None),
    "shapes": (
        {"scalar": ("float32", []), "empty": ("float32", [0]), "empty_matrix": ("float64", [3, 0, 2]),
         "ones": ("uint8", [1, 1, 1, 1, 1, 1, 1, 1, 1]), "odd": ("uint8", [7]), "vector": ("float32", [5])},
        {"format": "pt", "key with \"quotes\"": "line\nbreak, tab\t, Ωμέγα, \U0001F40D"},
    ),
    "names": (
        {"": ("uint8", [1]), "state.layer.0.weight.exp_avg": ("uint8", [2]), "with \"quotes\" and \\": ("uint8", [3]),
         "größe": ("uint8", [4]), "重み": ("uint8", [5]), "new\nline": ("uint8", [6]), "\U0001F40D": ("uint8", [7])},
        None,
    ),
    "nothing": ({}, None),
    "metadata_alone": ({}, {"step": "7"}),
}


def data(type_name, shape):
    count = dict(TYPES)[type_name]
    for n in shape:
        count *= n
    values = bytes((i * 37 + 11) % 251 for i in range(count))
    return bytes(v & 1 for v in values) if type_name == "bool" else values


def serialized(tensors, metadata):
    buffers, specs = [], {}
    for name, (type_name, shape) in tensors.items():
        values = data(type_name, shape)
        buffers.append(ctypes.create_string_buffer(values, max(1, len(values))))
        specs[name] = safetensors.TensorSpec(dtype=type_name, shape=shape, data_len=len(values),
                                             data_ptr=ctypes.addressof(buffers[-1]))
    return safetensors.serialize(specs, metadata)


if __name__ == "__main__":
    for file_name, (tensors, metadata) in FILES.items():
        path = pathlib.Path(__file__).with_name(file_name + ".safetensors")
        path.write_bytes(serialized(tensors, metadata))
        print(path.name, path.stat().st_size)
