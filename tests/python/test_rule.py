"""gradus.rule: formulas as text, with the bits of compiled rules."""

import gradus
import numpy as np
import pytest

ADAM = """m = ema(beta1, m, g)
v = ema(beta2, v, g * g)
u = 1 / (1 - beta1 ** t) * m / (sqrt(1 / (1 - beta2 ** t) * v) + eps)"""
FIELDS = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_as_a_formula_has_adams_bits(dtype):
    results = []
    for rule in (gradus.Adam(), gradus.rule(ADAM, **FIELDS)):
        x, g = np.linspace(-1, 1, 50_001, dtype=dtype), np.zeros(50_001, dtype)
        optimizer = gradus.Optimizer(rule)
        optimizer.add("x", x, g)
        for step in range(5):
            g[:] = np.sin(x * (step + 1))
            assert optimizer.step()
        results.append(x.tobytes())
    assert results[0] == results[1]


def test_an_error_points_at_its_column():
    with pytest.raises(gradus.Error, match="line 2, column 5: there is no 'bets'; the nearest: beta"):
        gradus.rule("m = g\nu = bets * m", beta=1.0)


def test_a_field_may_have_a_schedule():
    x = np.zeros(1)
    optimizer = gradus.Optimizer(gradus.rule("u = g", lr=gradus.Staircase(1.0, 0.5, 1)))
    optimizer.add("x", x, np.ones(1))
    optimizer.step()
    optimizer.step()
    assert x[0] == -1.5


def test_a_rule_with_a_name_can_be_saved(tmp_path):
    rule = gradus.rule(ADAM, name="adam_as_text", **FIELDS)
    assert str(gradus.Rule.parse("adam_as_text:lr=0.5")) == str(rule).replace("0.001", "0.5")

    def optimizer_of(x):
        optimizer = gradus.Optimizer(rule)
        optimizer.add("x", x, np.ones(3))
        return optimizer
    x, y = np.ones(3), np.zeros(3)
    first = optimizer_of(x)
    first.step()
    first.save(tmp_path / "step.safetensors")
    second = optimizer_of(y)
    second.load(tmp_path / "step.safetensors")
    first.step()
    second.step()
    assert x.tolist() == y.tolist()


def test_it_trains_tensors_of_pytorch():
    torch = pytest.importorskip("torch")
    import gradus.torch
    tensor = torch.ones(3, requires_grad=True)
    optimizer = gradus.torch.Optimizer([tensor], gradus.rule("u = sign(g)", lr=0.25))
    tensor.grad = torch.tensor([1.0, -2.0, 0.0])
    optimizer.step()
    assert tensor.tolist() == [0.75, 1.25, 1]
