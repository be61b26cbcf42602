"""What tests of the Python package share."""

import pytest
import torch


@pytest.fixture(autouse=True)
def same_numbers_each_time():
    torch.manual_seed(0)


def parameters(dtype=torch.float32, shapes=((5, 7), (11,))):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, dtype=dtype, generator=generator).requires_grad_() for shape in shapes]


class Gradients:
    """The same for every optimizer: drawn by step."""

    def __init__(self, seed=5):
        self._generator = torch.Generator().manual_seed(seed)

    def give(self, tensors):
        for tensor in tensors:
            tensor.grad = torch.randn(tensor.shape, dtype=torch.float64, generator=self._generator).to(tensor.dtype)
