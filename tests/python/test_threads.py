"""Threads, processes, and releases of PyTorch without DLPack's functions for C."""

import os
import subprocess
import sys
import threading

import gradus.torch
import pytest
import torch
from conftest import Gradients, parameters
from gradus.torch import tensors as reading

LARGE = ((300_000,), (500, 700))


def trained(steps=3, shapes=LARGE):
    tensors, gradients = parameters(shapes=shapes), Gradients()
    optimizer = gradus.torch.AdamW(tensors)
    for _ in range(steps):
        gradients.give(tensors)
        optimizer.step()
    return tensors


def same(some, others):
    return all(torch.equal(a, b) for a, b in zip(some, others))


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_bits_do_not_depend_on_threads(threads):
    threads(1)
    alone = trained()
    threads(4)
    assert same(alone, trained())


def test_optimizers_step_side_by_side():
    results = {}
    workers = [threading.Thread(target=lambda number=number: results.update({number: trained()})) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 3 and all(same(results[0], its) for its in results.values())


def test_other_threads_run_while_a_large_step_does():
    tensor = torch.zeros(20_000_000, requires_grad=True)
    tensor.grad = torch.ones_like(tensor)
    optimizer = gradus.torch.Adam([tensor])
    optimizer.step()
    count, done = 0, threading.Event()

    def step():
        for _ in range(5):
            optimizer.step()
        done.set()
    worker = threading.Thread(target=step)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10)  # nobody takes the lock from a step: it must give it
    try:
        worker.start()
        while not done.is_set():
            count += 1
            done.wait(0.001)
    finally:
        sys.setswitchinterval(interval)
    worker.join()
    assert count >= 5


FORKS = """
import os, torch, gradus.torch
tensor = torch.ones(1_000_000, requires_grad=True)
optimizer = gradus.torch.Adam([tensor])
tensor.grad = torch.ones_like(tensor)
optimizer.step()
child = os.fork()
optimizer.step()
if child == 0:
    os._exit(0 if tensor[-1] < 1 else 1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_child_of_fork_steps():
    assert subprocess.run([sys.executable, "-c", FORKS], timeout=100).returncode == 0


def test_workers_of_a_loader_do_not_hang():
    loader = torch.utils.data.DataLoader(torch.randn(64, 500), batch_size=16, num_workers=2)
    layer = torch.nn.Linear(500, 500)
    optimizer = gradus.torch.SGD(layer.parameters())
    for _ in range(2):
        for batch in loader:
            optimizer.zero_grad()
            layer(batch).square().mean().backward()
            optimizer.step()


def test_older_releases_of_pytorch_are_read_by_their_methods(monkeypatch):
    fast = trained(shapes=((5, 7), (3, 1, 2), (), (0, 4)))
    monkeypatch.setattr(reading, "exchange_api", lambda: None)
    assert same(fast, trained(shapes=((5, 7), (3, 1, 2), (), (0, 4))))


def test_the_package_is_there_without_numpy_and_pytorch():
    program = ("import sys; sys.modules['numpy'] = sys.modules['torch'] = None\n"
               "import gradus, array\n"
               "x = array.array('f', [1]); optimizer = gradus.Optimizer(gradus.SGD(lr=0.5))\n"
               "optimizer.add('x', x, array.array('f', [1])); optimizer.step(); print(x[0])")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, timeout=100)
    assert done.stdout.strip() == "0.5", done.stderr
