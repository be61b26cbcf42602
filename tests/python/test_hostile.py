"""What crashed the interpreter once, or was silently something else than PyTorch's."""

import os
import subprocess
import sys

import gradus
import gradus.torch
import pytest
import torch


def ones(*shape):
    tensor = torch.ones(*shape, requires_grad=True)
    tensor.grad = torch.ones(*shape)
    return tensor


def test_a_parameter_that_has_moved_is_evaluated_where_it_is():
    tensor = ones(3000)
    optimizer = gradus.torch.ScheduleFreeAdamW([tensor], lr=0.1)
    optimizer.step()
    tensor.data = tensor.data.clone()
    optimizer.evaluate()
    evaluated = tensor.detach().clone()
    tensor.data = torch.zeros(3)
    with pytest.raises(gradus.Error, match="has another shape"):
        optimizer.train()
    tensor.data = evaluated.double()
    with pytest.raises(gradus.Error, match="float32, not float64"):
        optimizer.train()
    tensor.data = evaluated
    with pytest.raises(gradus.Error, match="rebound between evaluate"):
        optimizer.train()


def test_gradients_of_no_elements_and_of_functorch():
    tensor = torch.empty(0, 3).requires_grad_()
    tensor.grad = torch.empty(3, 0).t()
    gradus.torch.Adam([tensor]).step()
    parameter = ones(3)
    optimizer = gradus.torch.Adam([parameter])

    def step(gradient):
        parameter.grad = gradient
        optimizer.step()
        return gradient
    with pytest.raises((gradus.Error, RuntimeError)):
        torch.vmap(step)(torch.ones(2, 3))


@pytest.mark.parametrize("shape", [(3, 0), (0, 0), (2, 0, 3), ()])
def test_parameters_of_no_elements_and_of_no_dimensions(shape):
    tensor = ones(*shape) if shape else ones([])
    optimizer = gradus.torch.Adam([tensor])
    optimizer.step()
    state = optimizer.state_dict()
    assert tensor.numel() == 0 or state["state"][0]["exp_avg"].shape == shape
    other = torch.optim.Adam([tensor])
    other.load_state_dict(state)
    other.step()
    optimizer.load_state_dict(other.state_dict())
    optimizer.step()
    import numpy
    arrays = gradus.Optimizer(gradus.Adam())
    arrays.add("x", numpy.ones(shape), numpy.ones(shape))
    assert bool(arrays.step()) == (tensor.numel() > 0)  # no elements are no gradient


FORKS = """
import os, gradus, numpy as np
x = np.ones(200_000, np.float32)
optimizer = gradus.Optimizer(gradus.Adam(), threads=4)
optimizer.add("x", x, x.copy())
optimizer.step()
child = os.fork()
if child == 0:
    optimizer.step()
    del optimizer
    os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_child_of_fork_lets_go_of_threads_that_it_lacks():
    assert subprocess.run([sys.executable, "-c", FORKS], env=os.environ, timeout=100).returncode == 0


@pytest.mark.parametrize("step", [1e12, 2.0**60, -1.0, float("nan"), float("inf"), None, "3.5"])
def test_steps_of_a_state_are_checked(step):
    optimizer = gradus.torch.Adam([ones(2)])
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["step"] = torch.tensor(step) if isinstance(step, float) else step
    if step == 1e12:
        optimizer.load_state_dict(state)
    else:
        with pytest.raises(gradus.Error, match="whole number"):
            optimizer.load_state_dict(state)


def test_a_view_whose_data_were_replaced_is_moved():
    def run(library):
        tensor = torch.ones(4, 3).t().detach().requires_grad_()
        optimizer = library.SGD([tensor], lr=1.0)
        for _ in range(2):
            tensor.grad = torch.ones(3, 4)
            optimizer.step()
            tensor.data = tensor.data.clone(memory_format=torch.preserve_format)
        return tensor
    assert torch.equal(run(torch.optim), run(gradus.torch))


def test_rows_of_a_table_that_has_moved_are_moved_where_it_is():
    embedding = torch.nn.Embedding(1000, 64, sparse=True)
    optimizer = gradus.torch.SGD(embedding.parameters(), lr=1.0)
    for _ in range(2):
        embedding.weight.data = torch.zeros(1000, 64)
        optimizer.zero_grad()
        embedding(torch.tensor([3])).sum().backward()
        optimizer.step()
        assert embedding.weight[3].tolist() == [-1.0] * 64


def test_a_gradient_that_is_negated_lazily():
    tensor = torch.zeros(3, requires_grad=True)
    tensor.grad = torch._neg_view(torch.ones(3))
    gradus.torch.SGD([tensor], lr=1.0).step()
    assert tensor.tolist() == [1, 1, 1]


def test_groups_that_were_replaced_count():
    tensor = ones(2)
    optimizer = gradus.torch.SGD([tensor], lr=1.0)
    optimizer.step()
    optimizer.param_groups[0] = dict(optimizer.param_groups[0], lr=0.0)
    optimizer.step()
    assert tensor.tolist() == [0, 0]
    optimizer.param_groups = [dict(optimizer.param_groups[0], lr=0.5)]
    optimizer.step()
    assert tensor.tolist() == [-0.5, -0.5]


def test_tensors_among_the_betas_are_read_each_step():
    def run(library):
        tensor, beta = ones(2), torch.tensor(0.9)
        optimizer = library.Adam([tensor], lr=0.1, betas=(beta, torch.tensor(0.999)))
        for step in range(4):
            tensor.grad = torch.full((2,), 1.0 + step)
            optimizer.step()
            beta.fill_(0.1)
        return tensor
    torch.testing.assert_close(run(gradus.torch), run(torch.optim), rtol=1e-5, atol=1e-6)


def test_a_state_that_was_cleared_is_shown_again():
    tensor = ones(2)
    optimizer = gradus.torch.Adam([tensor])
    optimizer.step()
    optimizer.state.clear()
    optimizer.step()
    assert optimizer.state_dict()["state"][0]["step"] == 2


@pytest.mark.parametrize("make, message", [
    (lambda: gradus.torch.Adam([ones(2)], betas=0.9), "it must be 2 numbers"),
    (lambda: gradus.torch.Adafactor([ones(2)], eps=1e-3), "it must be 2 numbers"),
    (lambda: gradus.torch.RMSprop([ones(2)], momentum=-0.5), "it must be at least 0"),
    (lambda: gradus.torch.Adam([ones(2)], non_finite="maybe"), "it must be one of"),
    (lambda: gradus.torch.Adam([ones(2)], state_dtype="4bit"), "it must be one of"),
])
def test_arguments_are_checked_when_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()
