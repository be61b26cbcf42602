#!/usr/bin/env python3
"""Makes dynamic_map.txt beside this file: bitsandbytes' create_dynamic_map, a line for each of the 256 codes with
the number of the map with signs and that of the map without. README.md says how to run this."""

import os
import pathlib

# Without vectors, PyTorch's linspace rounds each product and each sum. With them it fuses the two on some CPUs.
os.environ["ATEN_CPU_CAPABILITY"] = "default"

from bitsandbytes.functional import create_dynamic_map

maps = zip(create_dynamic_map(signed=True).tolist(), create_dynamic_map(signed=False).tolist(), strict=True)
lines = [f"{with_signs:.9g} {without:.9g}\n" for with_signs, without in maps]
(pathlib.Path(__file__).resolve().parent / "dynamic_map.txt").write_text("".join(lines))
