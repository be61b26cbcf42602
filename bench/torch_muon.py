"""Shortest times of a step of torch.optim.Muon, for docs/performance.md:  python torch_muon.py THREADS"""

import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))
for shape, turns in (((256, 512), 200), ((256, 256), 200), ((1024, 1024), 40)):
    weight = torch.nn.Parameter(torch.randn(shape))
    weight.grad = torch.randn(shape)
    optimizer = torch.optim.Muon([weight])
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        optimizer.step()
        times.append(time.perf_counter() - start)
    print(f"torch {torch.__version__}, {sys.argv[1]} threads, {shape}: {min(times) * 1e3:.2f} ms")
