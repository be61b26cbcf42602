"""gradus.torch.watch: what it shows, and where it goes."""

import gradus
import gradus.torch
import pytest
import torch


def stepped(to=None, every=1, steps=1, kind=gradus.torch.SGD, **options):
    tensor = torch.tensor([3.0, 4.0, 0.0, 0.0], requires_grad=True)
    optimizer = kind([("weight", tensor)] if torch.__version__ >= "2.6" else [tensor], lr=0.5, **options)
    watch = gradus.torch.watch(optimizer, to, every)
    for _ in range(steps):
        tensor.grad = torch.tensor([0.0, 2.0, 0.0, 0.0])
        optimizer.step()
    return watch


def test_numbers_are_those_of_the_step():
    look, = stepped().values.values()
    assert look == {"gradient_norm": 2, "weight_norm": 5, "update_to_weight": 0.2, "dead": 0.75, "non_finite": 0,
                    "effective_lr": 0.5}


def test_effective_rates_are_those_of_the_rule():
    look, = stepped(kind=gradus.torch.Adagrad).values.values()
    assert look["effective_lr"] == pytest.approx(0.5 / 1e-10)  # of elements that had no gradient


def test_a_dictionary_gets_a_list_for_each():
    seen = {}
    stepped(seen, every=2, steps=5)
    steps = [[step for step, _ in values] for values in seen.values()]
    assert len(steps) == 6 and all(its == [1, 3, 5] for its in steps)


def test_a_function_is_called_until_the_watch_is_closed():
    calls = []
    watch = stepped(lambda step, values: calls.append((step, len(values))), steps=2)
    watch.close()
    watch._optimizer.step()
    assert calls == [(1, 1), (2, 1)]


def test_a_writer_of_tensorboard_gets_scalars():
    class Writer:
        def __init__(self):
            self.scalars = []

        def add_scalar(self, name, value, step):
            self.scalars.append((name.split("/")[1], value, step))
    writer = Writer()
    stepped(writer)
    assert ("weight_norm", 5, 1) in writer.scalars


def test_bad_input_is_refused():
    with pytest.raises(TypeError, match="takes an optimizer of gradus.torch"):
        gradus.torch.watch(torch.optim.SGD([torch.ones(1)]))
    for every in (0, 1.5):
        with pytest.raises(gradus.Error, match=f"every is {every}; it must be a whole number from 1"):
            stepped(every=every)
    with pytest.raises(TypeError, match="to=3; it takes a SummaryWriter"):
        stepped(3)
