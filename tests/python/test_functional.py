"""Rules as pure functions over trees."""

import gradus
import gradus.functional
import numpy as np
import pytest


@pytest.mark.parametrize("name", [name for name in gradus.rule_names() if name not in ("muon", "muon_bfloat16", "soap")])
def test_updates_are_the_steps_of_an_optimizer(name):
    rule = gradus.Rule.parse(name)
    params = {"w": np.ones((3, 4), np.float32), "layers": [np.full(5, 2.0), (np.array(0.5),)]}
    arrays = [params["w"].copy(), params["layers"][0].copy(), params["layers"][1][0].copy()]
    optimizer = gradus.Optimizer(rule)
    for number, array in enumerate(arrays):
        optimizer.add(str(number), array)
    transform = gradus.functional.transform(rule)
    state = first = transform.init(params)
    before = params
    for step in range(5):
        gradients = {"w": np.full((3, 4), np.float32(0.5 + step)), "layers": [np.arange(5.0) + step, (np.array(1.0),)]}
        updates, state = transform.update(gradients, state, params)
        params = gradus.functional.apply_updates(params, updates)
        for number, gradient in enumerate((gradients["w"], *gradients["layers"][:1], gradients["layers"][1][0])):
            optimizer.set_gradient(str(number), gradient)
        optimizer.step()
    for found, expected in zip((params["w"], params["layers"][0], params["layers"][1][0]), arrays):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert before["w"][0, 0] == 1 and first.steps == 0 and state.steps == 5


def test_state_in_few_bits_comes_back_as_it_was():
    params = np.linspace(-1, 1, 8192, dtype=np.float32)
    for kept in ("bf16", "block8"):
        optimizer = gradus.Optimizer(gradus.Adam(), state_dtype=kept)
        optimizer.add("x", params.copy(), np.sin(params))
        optimizer.step()
        other = gradus.Optimizer(gradus.Adam(), state_dtype=kept)
        other.add("x", params.copy())
        other.restore(optimizer.steps, [(optimizer.steps_of("x"), optimizer.state("x"))])
        for slot, values in optimizer.state("x").items():
            np.testing.assert_array_equal(other.state("x")[slot], values, err_msg=f"{kept} {slot}")


def test_numbers_of_the_dynamic_map_do_not_tell_its_scale():
    optimizer = gradus.Optimizer(gradus.Adam(), state_dtype="dynamic8", from_size=1)
    optimizer.add("x", np.ones(3), np.ones(3))
    with pytest.raises(gradus.Error, match="save\\(\\) and load\\(\\)"):
        optimizer.restore(0, [(0, optimizer.state("x"))])


def test_what_does_not_fit_is_refused_by_name():
    transform = gradus.functional.transform(gradus.Adam())
    params = {"a": np.ones(3), "b": np.ones(2)}
    state = transform.init(params)
    with pytest.raises(gradus.Error, match="the gradients' tree has"):
        transform.update({"a": np.ones(3)}, state, params)
    with pytest.raises(gradus.Error, match=r"tree\['a'\]"):
        transform.update({"a": np.ones(4), "b": np.ones(2)}, state, params)
    with pytest.raises(gradus.Error, match=r"tree\['b'\]"):
        transform.update({"a": np.ones(3), "b": np.array([1, np.inf])}, state, params)
    with pytest.raises(gradus.Error, match="there are 2"):
        transform.update({"a": np.ones(3), "b": np.ones(2)}, state._replace(of_arrays=state.of_arrays[:1]), params)
    with pytest.raises(TypeError, match=r"tree\['a'\]\[0\] is None; a leaf is an array"):
        transform.init({"a": [None]})


def test_keys_that_look_like_a_path_are_told_from_one():
    transform = gradus.functional.transform(gradus.SGD(lr=1.0))
    params = {"a/b": np.ones(1), "a": {"b": np.full(1, 2.0)}}
    updates, _ = transform.update(params, transform.init(params), params)
    assert updates["a/b"] == [-1] and updates["a"]["b"] == [-2]
