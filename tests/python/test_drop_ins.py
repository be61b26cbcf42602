"""gradus.torch beside torch.optim: trajectories, state, schedulers, and what PyTorch's optimizers can do besides."""

import ast
import copy
import gc
import inspect
import pickle
import typing
import weakref

import gradus
import gradus.torch
import pytest
import torch
from conftest import Gradients, parameters
from torch.optim.optimizer import register_optimizer_step_post_hook

BASIC = ({}, {"lr": 0.1}, {"lr": torch.tensor(0.125)}, {"maximize": True}, {"lr": 0.1, "weight_decay": 0.9})
CASES = {
    "SGD": (*BASIC, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.5}, {"momentum": 0.9, "weight_decay": 0.1},
            {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "Adagrad": (*BASIC, {"initial_accumulator_value": 0.1, "weight_decay": 0.1}, {"lr": 0.1, "lr_decay": 0.5}),
    "RMSprop": (*BASIC, {"centered": True}, {"momentum": 0.1}, {"momentum": 0.1, "centered": True, "weight_decay": 0.1},
                {"alpha": 0.5, "eps": 1e-3}),
    "Adam": (*BASIC, {"amsgrad": True}, {"amsgrad": True, "weight_decay": 0.1}, {"betas": (0.5, 0.75), "eps": 1e-3},
             {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    "AdamW": (*BASIC, {"amsgrad": True}, {"amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    "Adafactor": ({}, {"lr": 0.1, "weight_decay": 0.1}, {"eps": (1e-8, 1e-2)}, {"d": 1.5}, {"beta2_decay": -0.5},
                  {"maximize": True}),
}
TABLE = [(name, case) for name, cases in CASES.items() for case in cases]
STEPS = 30


def in_type(case, dtype):
    """PyTorch computes in the type of the rate where that is a tensor."""
    return case | {"lr": case["lr"].to(dtype)} if isinstance(case.get("lr"), torch.Tensor) else case


def trained(kind, case, dtype, steps=STEPS):
    tensors, gradients = parameters(dtype), Gradients()
    optimizer = kind(tensors, **case)
    for _ in range(steps):
        gradients.give(tensors)
        optimizer.step()
    return tensors, optimizer


def ids(case):
    return str(case)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 4e-6)])
@pytest.mark.parametrize("name, case", TABLE, ids=ids)
def test_trajectories_are_those_of_pytorch(name, case, dtype, tolerance):
    case = in_type(case, dtype)
    theirs, their_optimizer = trained(getattr(torch.optim, name), case, dtype)
    ours, our_optimizer = trained(getattr(gradus.torch, name), case, dtype)
    for expected, found in zip(theirs, ours):
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    expected, found = their_optimizer.state_dict()["state"], our_optimizer.state_dict()["state"]
    for number, state in expected.items():
        kept = {key: value for key, value in state.items() if value is not None}
        assert kept.keys() == found.get(number, {}).keys()
        for key, value in kept.items():
            torch.testing.assert_close(found[number][key], value, rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("name, case", TABLE, ids=ids)
@pytest.mark.parametrize("way", ["torch to gradus", "gradus to torch", "gradus to gradus"])
def test_a_run_goes_on_in_the_other(name, case, way):
    kinds = {"torch": getattr(torch.optim, name), "gradus": getattr(gradus.torch, name)}
    before, after = (kinds[which] for which in way.split(" to "))
    case = in_type(case, torch.float64)
    expected, _ = trained(kinds["torch"], case, torch.float64)
    tensors, gradients = parameters(torch.float64), Gradients()
    optimizer = before(tensors, **case)
    for step in range(STEPS):
        if step == STEPS // 2:
            state = pickle.loads(pickle.dumps(optimizer.state_dict()))
            optimizer = after(tensors, **case)
            optimizer.load_state_dict(state)
        gradients.give(tensors)
        optimizer.step()
    for found, tensor in zip(tensors, expected):
        torch.testing.assert_close(found, tensor, rtol=1e-12, atol=1e-12)


def schedulers():
    s = torch.optim.lr_scheduler
    return {
        "LambdaLR": lambda o: s.LambdaLR(o, lambda step: 0.9 ** step),
        "MultiplicativeLR": lambda o: s.MultiplicativeLR(o, lambda step: 0.9),
        "StepLR": lambda o: s.StepLR(o, 3), "MultiStepLR": lambda o: s.MultiStepLR(o, [2, 5]),
        "ConstantLR": s.ConstantLR, "LinearLR": s.LinearLR, "ExponentialLR": lambda o: s.ExponentialLR(o, 0.9),
        "PolynomialLR": s.PolynomialLR, "CosineAnnealingLR": lambda o: s.CosineAnnealingLR(o, 10),
        "CosineAnnealingWarmRestarts": lambda o: s.CosineAnnealingWarmRestarts(o, 4),
        "CyclicLR": lambda o: s.CyclicLR(o, 0.01, 0.1, step_size_up=3),
        "OneCycleLR": lambda o: s.OneCycleLR(o, 0.1, total_steps=STEPS + 1),
        "SequentialLR": lambda o: s.SequentialLR(o, [s.ConstantLR(o), s.ExponentialLR(o, 0.9)], [5]),
        "ChainedScheduler": lambda o: s.ChainedScheduler([s.ConstantLR(o), s.ExponentialLR(o, 0.9)]),
        "ReduceLROnPlateau": lambda o: s.ReduceLROnPlateau(o, patience=1),
        "SWALR": lambda o: torch.optim.swa_utils.SWALR(o, 0.05),
    }


@pytest.mark.parametrize("broken_off", [False, True])
@pytest.mark.parametrize("kind, case", [("SGD", {"momentum": 0.9}), ("AdamW", {})])
@pytest.mark.parametrize("name", schedulers())
def test_schedulers_of_pytorch_are_obeyed(name, kind, case, broken_off):
    def run(library):
        tensors, gradients = parameters(torch.float64), Gradients()
        optimizer = getattr(library, kind)(tensors, lr=0.1, **case)
        scheduler = schedulers()[name](optimizer)
        for step in range(STEPS):
            if broken_off and step == 11:
                optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
            gradients.give(tensors)
            optimizer.step()
            scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
        return tensors
    for expected, found in zip(run(torch.optim), run(gradus.torch)):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_what_is_written_to_a_group_counts_from_the_next_step():
    def run(library):
        tensors, gradients = parameters(torch.float64), Gradients()
        optimizer = library.SGD([{"params": tensors[:1]}, {"params": tensors[1:], "lr": 0.5}], lr=0.1)
        changes = ({}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"momentum": 0.5, "dampening": 0.1},
                   {"dampening": 0, "nesterov": True}, {"lr": 0.01})
        for change in changes:
            optimizer.param_groups[0].update(change)
            for _ in range(3):
                gradients.give(tensors)
                optimizer.step()
        return tensors
    for expected, found in zip(run(torch.optim), run(gradus.torch)):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_groups_can_be_added_in_the_middle():
    def run(library):
        tensors, gradients = parameters(torch.float64), Gradients()
        optimizer = library.Adam(tensors[:1])
        for step in range(6):
            if step == 3:
                optimizer.add_param_group({"params": tensors[1:], "lr": 0.5})
            gradients.give(tensors)
            optimizer.step()
        return tensors
    for expected, found in zip(run(torch.optim), run(gradus.torch)):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def views():
    table = torch.randn(6, 8, dtype=torch.float64)
    return [table[:, ::2], torch.randn(2, 3, 4, 5, dtype=torch.float64).to(memory_format=torch.channels_last),
            torch.randn(4, 5, dtype=torch.float64).t(), torch.randn(1, dtype=torch.float64).expand(1)]


def test_parameters_need_not_be_contiguous():
    def run(library):
        torch.manual_seed(2)
        tensors, gradients = [view.detach().requires_grad_() for view in views()], Gradients()
        optimizer = library.AdamW(tensors)
        for _ in range(5):
            gradients.give(tensors)
            tensors[1].grad = tensors[1].grad.to(memory_format=torch.channels_last)
            optimizer.step()
        return tensors
    for expected, found in zip(run(torch.optim), run(gradus.torch)):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["SparseAdam", "Adagrad", "SGD"])
def test_rows_of_an_embedding_are_moved_as_by_pytorch(name):
    def run(library):
        torch.manual_seed(3)
        embedding = torch.nn.Embedding(50, 8, sparse=True, dtype=torch.float64)
        optimizer = getattr(library, name)(embedding.parameters(), lr=0.1)
        for _ in range(10):
            optimizer.zero_grad()
            embedding(torch.randint(0, 50, (20,))).square().sum().backward()
            optimizer.step()
        return embedding.weight
    torch.testing.assert_close(run(gradus.torch), run(torch.optim), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sixteen_bit_parameters_keep_state_in_float32(dtype):
    tensors, optimizer = trained(gradus.torch.Adam, {}, dtype, 3)
    assert tensors[0].dtype is dtype and optimizer.state[tensors[0]]["exp_avg"].dtype is torch.float32


def test_a_closure_is_called_with_gradients_on():
    tensor = torch.ones(2, requires_grad=True)
    optimizer = gradus.torch.SGD([tensor], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = tensor.square().sum()
        loss.backward()
        return loss
    with torch.no_grad():
        assert optimizer.step(closure) == 2
    assert tensor.tolist() == [0.5, 0.5]


def test_hooks_are_called():
    tensors, calls = parameters(), []
    optimizer = gradus.torch.SGD(tensors)
    optimizer.register_step_pre_hook(lambda *_: calls.append("pre"))
    optimizer.register_step_post_hook(lambda *_: calls.append("post"))
    optimizer.register_state_dict_pre_hook(lambda *_: calls.append("state pre"))
    optimizer.register_load_state_dict_post_hook(lambda *_: calls.append("loaded"))
    everywhere = register_optimizer_step_post_hook(lambda *_: calls.append("all"))
    try:
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
    finally:
        everywhere.remove()
    assert calls == ["pre", "post", "all", "state pre", "loaded"]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))],
                         ids=["deepcopy", "pickle"])
def test_copies_go_on_by_themselves(again):
    tensors, optimizer = trained(gradus.torch.AdamW, {}, torch.float32, 5)
    other = again(optimizer)
    copies = other.param_groups[0]["params"]
    for side in (tensors, copies):
        Gradients(7).give(side)
    optimizer.step()
    assert not torch.equal(tensors[0], copies[0])
    other.step()
    assert all(torch.equal(a, b) for a, b in zip(tensors, copies))


def test_autograd_knows_what_was_moved():
    tensor = torch.ones(2, requires_grad=True)
    optimizer = gradus.torch.SGD([tensor], lr=0.25)
    loss = (tensor * tensor).sum()
    tensor.grad = torch.ones(2)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_scaler_hands_over_its_scale():
    tensor = torch.ones(2, requires_grad=True)
    optimizer = gradus.torch.SGD([tensor], lr=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    scaler.scale((3 * tensor).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert tensor.tolist() == [-0.5, -0.5]
    optimizer.zero_grad()
    scaler.scale((float("inf") * tensor).sum()).backward()
    scaler.step(optimizer)
    assert tensor.tolist() == [-0.5, -0.5]


def test_what_is_not_finite_goes_through_as_in_pytorch_unless_asked_otherwise():
    for choice, expected in (("propagate", "nan"), ("skip", "1.0")):
        tensor = torch.ones(1, requires_grad=True)
        optimizer = gradus.torch.SGD([tensor], lr=0.5, non_finite=choice)
        tensor.grad = torch.tensor([float("nan")])
        optimizer.step()
        assert str(tensor.item()) == expected
    assert optimizer.report.status == "skipped" and optimizer.report.non_finite == ["0.0"]
    optimizer = gradus.torch.SGD([tensor], non_finite="raise")
    with pytest.raises(gradus.Error, match="0.0"):
        optimizer.step()


@pytest.mark.parametrize("name", ["LAMB", "Prodigy", "ScheduleFreeAdamW", "SOAP", "SWATS"])
def test_rules_that_pytorch_lacks_go_on_from_their_state(name):
    kind = getattr(gradus.torch, name)

    def run(broken_off):
        tensors, gradients = parameters(shapes=((4, 6), (3, 3))), Gradients()
        optimizer = kind(tensors)
        for step in range(10):
            if broken_off and step == 5:
                state = pickle.loads(pickle.dumps(optimizer.state_dict()))
                optimizer = kind(tensors)
                optimizer.load_state_dict(state)
            gradients.give(tensors)
            optimizer.step()
        return tensors
    assert all(torch.equal(a, b) for a, b in zip(run(False), run(True)))


def test_compositions_do_what_people_write_by_hand():
    (theirs, their_gradients), (ours, our_gradients) = ((parameters(torch.float64), Gradients()) for _ in range(2))
    by_hand = torch.optim.RMSprop(theirs, lr=0.01)
    composed = gradus.torch.compose(gradus.ClipNorm(1.0), gradus.RMSProp(lr=0.01), gradus.WeightDecay(0.1))(ours)
    assert composed.param_groups[0]["max_norm"] == 1.0
    for _ in range(STEPS):
        their_gradients.give(theirs), our_gradients.give(ours)
        torch.nn.utils.clip_grad_norm_(theirs, 1.0)
        before = [each.detach().clone() for each in theirs]
        by_hand.step(), composed.step()
        with torch.no_grad():
            for each, old in zip(theirs, before):
                each -= 0.01 * 0.1 * old
        assert composed.report.gradient_norm > 1
    for a, b in zip(theirs, ours):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


LINKS = (gradus.ClipValue(0.5), gradus.WeightDecay(0.1), gradus.HeavyBall(0.5), gradus.NesterovAverage(0.5))


@pytest.mark.parametrize("rule", [getattr(gradus, kind)() for kind in ("SGD", "Adam", "LAMB", "Adafactor", "Prodigy")]
                         + [gradus.rule("m = ema(0.9, m, g); u = sign(m)", lr=0.01, name="signum")], ids=str)
@pytest.mark.parametrize("link", LINKS, ids=str)
def test_any_composition_goes_on_from_its_state(rule, link):
    def run(broken_off):
        tensors, gradients = parameters(), Gradients()
        make = gradus.torch.compose(link, rule, link)
        optimizer = make(tensors)
        for step in range(6):
            if broken_off and step == 3:
                state = pickle.loads(pickle.dumps(optimizer.state_dict()))
                optimizer = make(tensors)
                optimizer.load_state_dict(state)
            gradients.give(tensors)
            optimizer.step()
        return tensors
    assert all(torch.equal(a, b) for a, b in zip(run(False), run(True)))
    text = str(link >> rule >> link)
    assert str(gradus.Rule.parse(text)) == text


def test_type_checkers_are_told_what_rules_take():
    tree = ast.parse(inspect.getsource(gradus.torch.ours))
    told = {kind.name: kind.body[0].args for kind in ast.walk(tree)
            if isinstance(kind, ast.ClassDef) and kind.name in gradus.torch.__all__}
    assert len(told) == 6
    for name, arguments in told.items():
        taken = list(inspect.signature(getattr(gradus.torch, name)).parameters.values())
        fields = [each for each in taken[1:] if each.kind is each.POSITIONAL_OR_KEYWORD]
        assert [each.arg for each in arguments.args[2:]] == [each.name for each in fields]
        assert [ast.literal_eval(each) for each in arguments.defaults] == [each.default for each in fields]
        assert {each.name for each in taken[1 + len(fields):]} == typing.get_type_hints(gradus.torch.ours.Options).keys()


@pytest.mark.parametrize("name", gradus.torch.__all__)
def test_types_can_be_read_while_a_program_runs(name):
    its = getattr(gradus.torch, name)
    assert "return" in typing.get_type_hints(its.__init__ if isinstance(its, type) else its)


def test_a_look_at_the_state_changes_nothing_of_it():
    tensors, gradients = parameters(), Gradients()
    optimizer = gradus.torch.LAMB(tensors)
    products = []
    for _ in range(3):
        gradients.give(tensors)
        optimizer.step()
        products.append(optimizer.state_dict()["state"][0]["beta1_product"])
    assert products == pytest.approx([0.9, 0.81, 0.729])


def test_a_state_that_was_saved_where_parameters_are_evaluated_goes_on_there():
    def run(broken_off):
        tensors, gradients = parameters(), Gradients()
        optimizer = gradus.torch.ScheduleFreeAdamW(tensors, lr=0.1)
        for step in range(6):
            if step == 3:
                optimizer.state_dict()
                optimizer.eval()
                if broken_off:
                    saved = pickle.loads(pickle.dumps((optimizer.state_dict(), tensors)))
                    tensors = saved[1]
                    optimizer = gradus.torch.ScheduleFreeAdamW(tensors, lr=0.1)
                    optimizer.load_state_dict(saved[0])
                point = optimizer.state_dict()["state"][0]["training_point"]
                before = point.clone()
                optimizer.train()
                junk = [torch.full(point.shape, 7.0) for _ in range(9)]
                assert torch.equal(point, before) and junk
                assert "training_point" not in optimizer.state_dict()["state"][0]
            gradients.give(tensors)
            optimizer.step()
        return tensors
    assert all(torch.equal(a, b) for a, b in zip(run(False), run(True)))


def test_a_schedule_can_be_saved_and_copied(tmp_path):
    tensor = torch.zeros(1, requires_grad=True)
    tensor.grad = torch.ones(1)
    optimizer = gradus.torch.SGD([tensor], lr=gradus.Staircase(1.0, 0.5, 1))
    optimizer.step()
    torch.save(optimizer.state_dict(), tmp_path / "state")
    optimizer.load_state_dict(torch.load(tmp_path / "state"))
    assert str(copy.deepcopy(optimizer).param_groups[0]["lr"]) == "staircase(from=1,gamma=0.5,every=1)"


def test_a_schedule_of_gradus_is_a_hyperparameter():
    tensor = torch.zeros(1, requires_grad=True)
    tensor.grad = torch.ones(1)
    optimizer = gradus.torch.SGD([tensor], lr=gradus.Staircase(1.0, 0.5, 1))
    for _ in range(3):
        optimizer.step()
    assert tensor.item() == -1.75


def test_points_to_evaluate_at():
    tensors, gradients = parameters(), Gradients()
    optimizer = gradus.torch.ScheduleFreeAdamW(tensors)
    for _ in range(3):
        gradients.give(tensors)
        optimizer.step()
    trained_at = [tensor.detach().clone() for tensor in tensors]
    optimizer.evaluate()
    assert not torch.equal(tensors[0], trained_at[0])
    with pytest.raises(gradus.Error, match="train"):
        optimizer.step()
    optimizer.train()
    assert all(torch.equal(a, b) for a, b in zip(tensors, trained_at))


def test_nothing_is_left_of_an_optimizer():
    tensors, optimizer = trained(gradus.torch.Adam, {}, torch.float32, 2)
    optimizer.state_dict()
    gone = weakref.ref(optimizer), weakref.ref(tensors[0])
    del tensors, optimizer
    gc.collect()
    assert [each() for each in gone] == [None, None]


@torch.inference_mode()
def inferred():
    return torch.ones(2)


def refusals():
    def given(**options):
        return [torch.ones(3, **options).requires_grad_()]

    def stepped(gradient, tensor=None):
        tensor = torch.ones(3, requires_grad=True) if tensor is None else tensor
        optimizer = gradus.torch.Adam([tensor])
        if gradient is not None:
            object.__setattr__(tensor, "grad", gradient)
        optimizer.step()

    def resized():
        tensor = torch.ones(3, requires_grad=True)
        optimizer = gradus.torch.Adam([tensor])
        tensor.grad = torch.ones(3)
        optimizer.step()
        tensor.data = torch.ones(5)
        tensor.grad = torch.ones(5)
        optimizer.step()

    def overlapping():
        table = torch.ones(4, 3)
        tensors = [table[:2].requires_grad_(), table[1:3].requires_grad_()]
        optimizer = gradus.torch.Adam(tensors)
        for tensor in tensors:
            tensor.grad = torch.ones(2, 3)
        optimizer.step()
    adam = gradus.torch.Adam
    return {
        "parameter '0.0' is torch.complex64; it must be": lambda: adam(given(dtype=torch.complex64)),
        "parameter '0.0' is on meta; it must be on the CPU": lambda: adam(given(device="meta")),
        "lr of adam is -1; it must lie in": lambda: adam(given(), lr=-1),
        "beta1 of adam is 1; it must lie in": lambda: adam(given(), betas=(1.0, 0.5)),
        "betas is (1, 2, 3); it must be 2 numbers": lambda: adam(given(), betas=(1, 2, 3)),
        "capturable=True is not for Adam": lambda: adam(given(), capturable=True),
        "differentiable=True is not for Adam": lambda: adam(given(), differentiable=True),
        "unexpected keyword argument 'foo'": lambda: adam(given(), foo=1),
        "empty parameter list": lambda: adam([]),
        "lr is '0.1' (str)": lambda: adam(given(), lr="0.1"),
        "Nesterov momentum requires a momentum": lambda: gradus.torch.SGD(given(), nesterov=True),
        "maximize is not the same in all groups": lambda: adam(
            [{"params": given()}, {"params": given(), "maximize": True}]),
        "non_finite is 'maybe'; it must be one of": lambda: adam(given(), non_finite="maybe").step(),
        "is an inference tensor": lambda: adam([inferred()]),
        "has another shape": resized,
        "overlaps parameter": overlapping,
        "a composition takes one rule with a learning rate; here are adam, sgd": lambda: gradus.torch.compose(
            gradus.Adam(), gradus.SGD()),
        "compose() was given no links": gradus.torch.compose,
        "compose() was given 'adam'; it takes a rule": lambda: gradus.torch.compose("adam"),
        "Optimizer() was given 'adam'; it takes a rule": lambda: gradus.torch.Optimizer(given(), "adam"),
        "Muon is for matrices alone, and a parameter has shape (3,)": lambda: gradus.torch.Muon([torch.ones(3)]),
        "ns_coefficients of Muon": lambda: gradus.torch.Muon([torch.ones(2, 2)], ns_coefficients=(1, 2, 3)),
        "Adafactor of gradus is for matrices": lambda: gradus.torch.Adafactor([torch.ones(2, 2, 2)]),
    }


@pytest.mark.parametrize("message", refusals())
def test_bad_input_is_refused_by_name(message):
    with pytest.raises((ValueError, TypeError)) as refused:
        refusals()[message]()
    assert message in str(refused.value)


def test_a_state_that_does_not_fit_changes_nothing():
    tensors, optimizer = trained(gradus.torch.Adam, {}, torch.float32, 3)
    state = copy.deepcopy(optimizer.state_dict())
    wrong = copy.deepcopy(state)
    wrong["state"][0]["exp_avg"] = torch.ones(2)
    with pytest.raises(gradus.Error, match="exp_avg"):
        optimizer.load_state_dict(wrong)
    torch.testing.assert_close(optimizer.state_dict()["state"][0]["exp_avg"], state["state"][0]["exp_avg"])


def test_small_states_are_small():
    tensor = torch.randn(8192, requires_grad=True)
    optimizer = gradus.torch.Adam([tensor], state_dtype="8bit")
    tensor.grad = torch.randn(8192)
    optimizer.step()
    assert optimizer.state[tensor]["exp_avg"].dtype is torch.float32  # as numbers
    error = (optimizer.state[tensor]["exp_avg"] - 0.1 * tensor.grad).abs() / tensor.grad.abs().max()
    assert 0 < error.max() < 0.02
