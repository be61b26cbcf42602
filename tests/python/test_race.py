"""gradus.race(): the laboratory's protocol on a training of the user's own."""

import json
import math

import gradus
import numpy as np
import pytest

torch = pytest.importorskip("torch")

QUICK = {"steps": 40, "seeds": 3, "tuning_seeds": 2, "trials": 3, "looks": 4, "progress": False}
RULES = {"mine": gradus.Adam(), "momentum": "momentum", "fixed": "sgd:lr=0.01"}


def bowl(run):
    """a bowl of three dimensions"""
    x, g = np.random.default_rng(run.seed).normal(size=3), np.zeros(3)
    optimizer = gradus.Optimizer(run.rule)
    optimizer.add("x", x, g)
    for _ in run:
        loss = float(np.sum(x * x))
        g[:] = 2 * x
        optimizer.step()
        run.tell(loss, validation=lambda: float(np.sum(x * x)), test=lambda: (float(np.sum(x * x)), float(np.abs(x).max())))


def test_the_protocol_is_that_of_gradus_race():
    runs = []

    def train(run):
        bowl(run)
        runs.append(run)

    results = gradus.race(RULES, train, **QUICK)
    trials, finals = [run for run in runs if not run.is_final], [run for run in runs if run.is_final]
    assert {run.seed for run in trials} == {1001, 1002} and len(finals) == 9
    assert {run.seed for run in finals} == {1, 2, 3}
    assert {run.steps for run in trials} == {10, 40} and all(run.looks == [run.steps] for run in trials)
    assert all(run.looks == [10, 20, 30, 40] for run in finals)
    assert not any(run.test_metric for run in trials), "the test set is looked at in final runs alone"
    assert not any(run.label == "sgd:lr=0.01" for run in trials), "what is given is not searched for"
    assert set(results.chosen) == set(RULES) and results.chosen["fixed"] == {"lr": 0.01}


def test_results_show_and_save_themselves(tmp_path):
    results = gradus.race(RULES, bowl, **QUICK)
    told = json.loads(results.json())
    assert told["format"] == "gradus-race-2" and [entry["label"] for entry in told["entries"]] == list(RULES)
    best = min(told["entries"], key=lambda entry: np.mean([run["final_test_metric"] for run in entry["runs"]]))
    assert results.verdicts["test_metric"].startswith(f"Lowest test loss: {best['label']}")
    table = str(results)
    assert "mine" in table and "nan" not in table.lower() and " to " not in table.splitlines()[0]
    assert set(results.verdicts) == {"test_metric"}, "no target, no time in the optimizer: no contest about them"
    assert "collapsed" not in table, "nobody said what a collapse is"
    page = results.html()
    assert "a bowl of three dimensions" in page and "0 parameters" not in page and ">nan" not in page.lower()
    assert results._repr_html_().startswith("<iframe") and "<!doctype" in results._repr_html_().lower()
    results.save(str(tmp_path / "race"))
    assert json.loads((tmp_path / "race" / "results.json").read_text()) == told
    assert (tmp_path / "race" / "report.html").stat().st_size > 10_000


def test_a_target_and_a_metric_of_ones_own_are_told():
    def train(run):
        quality = 0.5 + run.hyperparameters["lr"] / 100 + run.seed / 1e6
        return {"validation": (1 - quality, quality), "test": (1 - quality, quality)}

    results = gradus.race(["adam:lr=0.1", "sgd:lr=0.2"], train, **QUICK, metric="accuracy", highest_is_best=True, unit="%",
                          target=0.5)
    assert results.verdicts["test_metric"].startswith("Best test accuracy: sgd:lr=0.2 (50.20")
    assert "50% validation accuracy" in results.verdicts["steps_to_target"]


def test_a_module_of_pytorch_is_trained_along_the_schedule():
    rates = {}

    def train(run):
        torch.manual_seed(run.seed)
        model = torch.nn.Linear(4, 1)
        inputs = torch.randn(64, 4)
        wanted = inputs.sum(1, keepdim=True)
        optimizer = run.optimizer(model.parameters())
        assert type(optimizer).__mro__[1:] and isinstance(optimizer, torch.optim.Optimizer)
        for step in run:
            loss = torch.nn.functional.mse_loss(model(inputs), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rates[run.steps, step] = optimizer.param_groups[0]["lr"]
            run.tell(loss, validation=loss.item(), test=loss.item())

    results = gradus.race({"adam": gradus.Adam(), "bf16": "adam:state=bf16"}, train, **QUICK)
    entry = json.loads(results.json())["entries"][0]
    assert entry["runs"][0]["train_loss"][-1] < entry["runs"][0]["train_loss"][0]
    assert entry["runs"][0]["optimizer_step_seconds"] > 0 and "step_seconds" in results.verdicts


@pytest.mark.parametrize("entries, labels", [
    ("adam", ["adam"]), (gradus.Adam(), ["adam"]), ([gradus.Adam(beta1=0.5), "sgd"], ["adam:beta1=0.5", "sgd"]),
])
def test_entries_without_names_are_called_what_they_are(entries, labels):
    results = gradus.race(entries, bowl, **QUICK, tune="lr")
    assert [entry["label"] for entry in json.loads(results.json())["entries"]] == labels


def test_what_diverges_is_told_and_loses():
    def train(run):
        for step in run:
            run.tell(math.inf if run.hyperparameters["lr"] == 1 and step == 3 else 1.0, validation=1.0, test=1.0)

    results = gradus.race(["sgd:lr=1", "adam:lr=0.1"], train, **QUICK)
    entries = json.loads(results.json())["entries"]
    assert all(run["diverged"] for run in entries[0]["runs"]) and not any(run["diverged"] for run in entries[1]["runs"])


@pytest.mark.parametrize("entries, changes, words", [
    ({}, {}, "no entry"), ({"a": "nosuchrule"}, {}, "nosuchrule"), ({"a": "adam>sgd"}, {}, "one rule after another"),
    ({"a": "adam:state=bf16,rounding=nearest"}, {}, "nearest"), (["adam"], {"steps": 0}, "steps is 0"),
    (["adam"], {"schedule": "zigzag"}, "zigzag"), (["adam"], {"tune": ["nothing"]}, "nothing"),
    (["adam"], {"seeds": [1001]}, "in common"), (["adam"], {"screening": 41}, "screening is 41"), (["adam"], {"seeds": 0}, "one at least"),
    ({"a": gradus.Adam(lr=gradus.Cosine(1, 0, 10))}, {}, "schedule="),
    ({"a": gradus.rule("u = g", lr=0.1)}, {}, "give a formula one where it is made"),
])
def test_bad_plans_are_refused_before_anything_trains(entries, changes, words):
    def train(run):
        raise AssertionError("trained")

    with pytest.raises(gradus.Error, match=words):
        gradus.race(entries, train, **QUICK | changes)


@pytest.mark.parametrize("train, words", [
    (lambda run: None, "ended after 0 of 10 steps"), (lambda run: [0 for _ in run], "did not call run.tell"),
    (lambda run: [run.tell(1.0) for _ in run], "gives no validation"), (lambda run: {"test": 1.0}, "gives no validation"),
    (lambda run: [run.tell(1.0, validation=1.0, test=1.0) for _ in range(run.steps + 1)], "more than the 10 steps"),
])
def test_a_training_that_breaks_its_word_is_told_so(train, words):
    with pytest.raises(gradus.Error, match=words):
        gradus.race(["adam"], train, **QUICK)


@pytest.mark.parametrize("raised", [ZeroDivisionError, KeyboardInterrupt])
def test_what_train_raises_ends_the_race(raised):
    runs = []

    def train(run):
        runs.append(run)
        raise raised("from train")

    with pytest.raises(raised, match="from train"):
        gradus.race(["adam"], train, **QUICK)
    assert len(runs) == 1 and runs[0].tell(1.0, validation=1.0, test=1.0) is False, "of a race that is over"


def test_progress_is_a_line_a_training_where_there_is_no_terminal(capfd):
    gradus.race(["adam:lr=0.1"], bowl, **QUICK | {"progress": True})
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 3 and all("test loss" in line for line in lines) and lines[-1].endswith("(100%)")
