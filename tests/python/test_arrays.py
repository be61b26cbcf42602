"""gradus.Optimizer on arrays of NumPy, PyTorch and buffers, and what it refuses."""

import array
import copy
import pickle
import threading

import gradus
import numpy as np
import pytest


def test_a_quadratic_is_minimized():
    x, g = np.array([5, -3], np.float32), np.zeros(2, np.float32)
    optimizer = gradus.Optimizer(gradus.Adam(lr=gradus.Cosine(0.5, 0, 300)))
    optimizer.add("x", x, g)
    for _ in range(300):
        g[:] = 2 * (x[0] - 1), 20 * (x[1] + 2)
        assert optimizer.step()
    np.testing.assert_allclose(x, [1, -2], atol=1e-5)
    assert optimizer.steps == 300 and optimizer.names == ["x"]


@pytest.mark.parametrize("name", gradus.rule_names())
def test_each_rule_has_a_class_with_its_fields(name):
    rule = gradus.Rule.parse(name)
    kind = next(kind for kind in vars(gradus).values()
                if isinstance(kind, type) and issubclass(kind, gradus.Rule) and kind is not gradus.Rule
                and kind().name == name)
    assert str(kind(**{field.name: field.value for field in rule.fields})) == str(rule)
    assert all(getattr(kind(), field.name) == field.default for field in rule.fields)
    assert rule.fields[0].meaning in kind.__doc__ and gradus.explain(name)


def of_numpy(dtype):
    return np.ones(4, dtype), np.ones(4, dtype)


def of_torch(dtype):
    torch = pytest.importorskip("torch")
    return torch.ones(4, dtype=getattr(torch, dtype), requires_grad=True), torch.ones(4, dtype=getattr(torch, dtype))


def of_bfloat16_numpy():
    kind = pytest.importorskip("ml_dtypes").bfloat16
    return np.ones(4, kind), np.ones(4, np.float32)


KINDS = {"float32": lambda: of_numpy("float32"), "float64": lambda: of_numpy("float64"),
         "float16": lambda: of_numpy("float16"), "ml_dtypes.bfloat16": of_bfloat16_numpy,
         "torch.float32": lambda: of_torch("float32"), "torch.bfloat16": lambda: of_torch("bfloat16"),
         "array.array": lambda: (array.array("f", [1] * 4), array.array("d", [1] * 4)),
         "memoryview": lambda: (memoryview(bytearray(np.ones(4, "f"))).cast("f"), np.ones(4, "f"))}


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_every_kind_are_moved_in_place(kind):
    x, g = KINDS[kind]()
    optimizer = gradus.Optimizer(gradus.SGD(lr=0.5))
    optimizer.add("x", x, g)
    assert optimizer.step()
    assert [float(value) for value in x] == [0.5] * 4


class Busy:
    def __dlpack__(self, **options):
        raise RuntimeError("busy")

    def __dlpack_device__(self):
        return 1, 0


def refusals():
    w = np.ones(6, np.float32)
    optimizer = gradus.Optimizer(gradus.Adam())
    optimizer.add("w", w)
    read_only = np.ones(3)
    read_only.flags.writeable = False
    return {
        "lr is -1; it must lie in": lambda: gradus.Adam(lr=-1),
        "lr is nan; it must lie in": lambda: gradus.Adam(lr=float("nan")),
        "lr is '0.1' (str); it must be a number": lambda: gradus.Adam(lr="0.1"),
        "lr is None (NoneType); it must be a number": lambda: gradus.Adam(lr=None),
        "beta1 is 1j (complex); it must be a number": lambda: gradus.Adam(beta1=1j),
        "parameter 'v' does not give its memory away: busy": lambda: optimizer.add("v", Busy()),
        "lr is True (bool); it must be a number": lambda: gradus.Adam(lr=True),
        "Adam() has no hyperparameter 'learning_rate'; it has: lr": lambda: gradus.Adam(learning_rate=1),
        "SGD() takes 1 hyperparameters, not 2": lambda: gradus.SGD(1, 2),
        "SGD() was given lr twice": lambda: gradus.SGD(1, lr=2),
        "from is nan; it must be finite": lambda: gradus.Cosine(float("nan"), 0, 5),
        "Optimizer() was given 'adam'; it takes a rule": lambda: gradus.Optimizer("adam"),
        "Optimizer() was given <class 'gradus._core.Adam'>": lambda: gradus.Optimizer(gradus.Adam),
        "give a formula one where it is made": lambda: pickle.dumps(gradus.rule("u = g", lr=1)),
        "a Rule has no hash": lambda: hash(gradus.Adam()),
        "there is already a parameter named 'w'": lambda: optimizer.add("w", np.ones(3)),
        "parameter 'v' is a list; it must be an array": lambda: optimizer.add("v", [1.0]),
        "parameter 'v' is int64; it must be float32": lambda: optimizer.add("v", np.ones(3, np.int64)),
        "parameter 'v' is complex64; it must be": lambda: optimizer.add("v", np.ones(3, np.complex64)),
        "parameter 'v' is not contiguous": lambda: optimizer.add("v", np.ones((3, 4))[:, ::2]),
        "parameter 'v' is read-only": lambda: optimizer.add("v", read_only),
        "parameter 'v' overlaps parameter 'w'": lambda: optimizer.add("v", w[2:4]),
        "has shape [2], the parameter [3]": lambda: optimizer.add("v", np.ones(3), np.ones(2)),
        "there is no rule 'adm'; the nearest: adam": lambda: gradus.Rule.parse("adm"),
        "state_dtype is 'q'; it must be one of": lambda: gradus.Optimizer(gradus.Adam(), state_dtype="q"),
        "threads is 0; it must be at least 1": lambda: gradus.Optimizer(gradus.Adam(), threads=0),
        "there is no parameter named 'v'": lambda: optimizer.state("v"),
        "there is no parameter 7": lambda: optimizer.state(7),
        "there is no group 3": lambda: optimizer.set("lr", 1.0, 3),
        "adam has no field 'momentum'": lambda: optimizer.set("momentum", 1.0),
        "they must be int64 or int32": lambda: optimizer.set_gradient_rows("w", np.ones(1, bool), np.ones(1)),
        "no constructor defined": lambda: gradus.Rule(),
    }


def test_values_are_equal_that_have_the_same_text():
    def function(step):
        return 1.0

    assert gradus.Adam() == gradus.Adam() != gradus.Adam(lr=1)
    assert pickle.loads(pickle.dumps(gradus.Adam(lr=gradus.Cosine(1, 0, 5)))).lr == gradus.Cosine(1, 0, 5)
    assert len({gradus.Cosine(1, 0, 5), gradus.Cosine(1, 0, 5), gradus.Cosine(1, 0, 6)}) == 2
    assert gradus.Adam(lr=function).lr != gradus.Adam(lr=function).lr, "nobody can tell what a function does"


def test_a_function_with_a_name_is_a_schedule_that_can_be_saved(tmp_path):
    rule = gradus.Adam(lr=gradus.register_schedule("halved_each_step", lambda step: 0.5**step))
    assert str(rule).startswith("adam:lr=halved_each_step()")
    assert pickle.loads(pickle.dumps(rule)).lr(3) == 0.125
    gradus.Optimizer(rule).save(tmp_path / "step.safetensors")


@pytest.mark.parametrize("message", refusals())
def test_bad_input_is_refused_by_name(message):
    with pytest.raises((gradus.Error, TypeError)) as refused:
        refusals()[message]()
    assert message in str(refused.value)


def test_a_parameter_that_was_refused_leaves_nothing():
    optimizer = gradus.Optimizer(gradus.SGD(lr=1))
    with pytest.raises(gradus.Error):
        optimizer.add("x", np.ones(3), np.ones(2))
    x = np.ones(3)
    assert optimizer.add("x", x, np.ones(3)) == 0
    assert optimizer.step() and not x.any()


def test_arrays_live_as_long_as_they_are_borrowed():
    optimizer = gradus.Optimizer(gradus.SGD(lr=1))
    optimizer.add("x", np.ones(100_000), np.ones(100_000))
    assert optimizer.step()
    x = np.ones(4)
    optimizer.add("y", x, np.ones(4))
    with pytest.raises(ValueError, match="resize"):
        x.resize(100_000)


def test_what_is_not_finite_changes_nothing():
    x = np.ones(2)
    optimizer = gradus.Optimizer(gradus.SGD(lr=1))
    optimizer.add("x", x, np.array([1, np.nan]))
    report = optimizer.step()
    assert not report and report.status == "skipped" and report.non_finite == ["x"] and "x" in report.message
    assert x.tolist() == [1, 1] and optimizer.skipped == 1


def test_rows_move_alone():
    table = np.ones((4, 2), np.float32)
    optimizer = gradus.Optimizer(gradus.SGD(lr=1))
    optimizer.add("table", table)
    optimizer.set_gradient_rows("table", np.array([1, 3, 1], np.int32), np.full((3, 2), 0.25, np.float32))
    assert optimizer.step()
    assert table.tolist() == [[1, 1], [0.5, 0.5], [1, 1], [0.75, 0.75]]
    optimizer.set_gradient_rows("table", np.array([4]), np.ones((1, 2), np.float32))
    with pytest.raises(gradus.Error, match="is 4; the rows are 0 to 3"):
        optimizer.step()


def test_groups_have_their_own_hyperparameters():
    x, y, z = np.ones(1), np.ones(1), np.ones(1)
    optimizer = gradus.Optimizer(gradus.SGD(lr=0.5))
    optimizer.add("x", x, np.ones(1))
    optimizer.add("y", y, np.ones(1), optimizer.add_group({"lr": 0.25}))
    optimizer.add("z", z, np.ones(1), optimizer.add_group(gradus.Momentum(lr=1)))
    optimizer.step()
    assert (x[0], y[0], z[0]) == (0.5, 0.75, 0)
    optimizer.set("lr", 0.125)
    assert optimizer.rule().get("lr") == 0.125 and optimizer.rule(1).get("lr") == 0.25


def test_a_function_is_a_schedule():
    x = np.zeros(1)
    optimizer = gradus.Optimizer(gradus.SGD(lr=lambda step: 1.0 + step))
    optimizer.add("x", x, np.ones(1))
    optimizer.step()
    optimizer.step()
    assert x[0] == -3


def test_what_a_schedule_raises_is_raised_by_the_step():
    def broken(step):
        if step > 0:
            raise KeyError("broken")
        return 1.0
    x = np.zeros(1)
    optimizer = gradus.Optimizer(gradus.SGD(lr=broken))
    optimizer.add("x", x, np.ones(1))
    assert optimizer.step()
    with pytest.raises(KeyError, match="broken"):
        optimizer.step()
    assert x[0] == -1 and optimizer.steps == 1


def test_a_schedule_may_look_at_the_optimizer_but_another_thread_may_not_step():
    seen = []
    x = np.zeros(1)

    def look(step):
        if step > 0:
            seen.append(optimizer.steps)
            thread = threading.Thread(target=from_elsewhere)
            thread.start()
            thread.join()
        return 1.0

    def from_elsewhere():
        try:
            optimizer.step()
        except gradus.Error as error:
            seen.append(str(error))
    optimizer = gradus.Optimizer(gradus.SGD(lr=look))
    optimizer.add("x", x, np.ones(1))
    optimizer.step()
    optimizer.step()
    assert seen == [1, "this optimizer is at work in another thread; it takes one at a time"]


def test_rules_are_values():
    rule = gradus.WeightDecay(0.1) >> gradus.Adam(lr=gradus.Linear(0, 1, 5))
    assert str(pickle.loads(pickle.dumps(rule))) == str(copy.deepcopy(rule)) == str(gradus.Rule.parse(str(rule)))
    assert str(gradus.Adam().lr) == "0.001" and "linear" in repr(rule)


def test_a_training_goes_on_from_a_file(tmp_path):
    def train(steps, saved=None, loaded=None):
        x, g = np.ones(5), np.zeros(5)
        optimizer = gradus.Optimizer(gradus.AdamW(lr=0.1))
        optimizer.add("x", x, g)
        if loaded:
            optimizer.load(loaded)
        while optimizer.steps < steps:
            g[:] = np.cos(x + optimizer.steps)
            optimizer.step()
        if saved:
            optimizer.save(saved)
        return x.tobytes()
    train(10, saved=tmp_path / "step.safetensors")
    assert train(20, loaded=tmp_path / "step.safetensors") == train(20)
    (tmp_path / "step.safetensors").write_bytes(b"no")
    with pytest.raises(gradus.Error):
        train(20, loaded=tmp_path / "step.safetensors")


def test_state_and_rates_are_shown():
    x = np.ones((2, 3), np.float32)
    optimizer = gradus.Optimizer(gradus.Adam(lr=0.1))
    optimizer.add("x", x, np.full((2, 3), 2, np.float32))
    assert optimizer.effective_lr("x") is None
    optimizer.step()
    assert optimizer.state("x")["exp_avg_sq"].shape == (2, 3)
    np.testing.assert_allclose(optimizer.effective_lr("x"), np.full((2, 3), 0.05), rtol=1e-6)
