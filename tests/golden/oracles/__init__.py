"""What makes the golden values, a file for each oracle; each has `run(case, x0, gradients)`.

That returns `oracle` (its name and call), `x` (name -> value, for each step), `state` (name -> slot -> value)
and whatever else belongs into the file, by the file's key.
"""

import os

# The plainest code paths of the oracles, so that the values depend as little as possible on the CPU. The
# oracles read these when they are imported.
os.environ["ATEN_CPU_CAPABILITY"] = "default"
os.environ["MKL_CBWR"] = "COMPATIBLE"
os.environ["XLA_FLAGS"] = "--xla_cpu_max_isa=SSE4_2"
os.environ["JAX_PLATFORMS"] = "cpu"
