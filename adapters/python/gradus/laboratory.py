"""The laboratory's fair protocol on a training of your own: gradus.race()."""

from __future__ import annotations

import datetime
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import gradus
from gradus._core import Error, RaceResults, Rule, _race

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gradus.torch import Optimizer
    from gradus.torch.arguments import Options, ParamsT, StateDtype

Exam = Any  # a loss, or a loss and a metric, or a function without arguments that returns one of these


def _number(value: Any) -> float:
    return float(value.detach() if hasattr(value, "detach") else value)


class Run:
    """One training from scratch, as the race orders it: what train() is given.

        def train(run):
            torch.manual_seed(run.seed)
            model = Net()
            optimizer = run.optimizer(model.parameters())
            for step in run:                              # run.steps of them; fewer where the loss is not finite
                loss = loss_of(model, batch(step))
                optimizer.zero_grad(); loss.backward(); optimizer.step()
                run.tell(loss, validation=lambda: exam(model, held_out), test=lambda: exam(model, test_set))

    label (the entry as text), rule, hyperparameters, seed, steps, is_final (otherwise a trial of the search), and looks: after how many steps
    the held-out examples are looked at.
    """

    def __init__(self, *, label: str, rule: Rule, hyperparameters: dict[str, float], state_dtype: StateDtype, seed: int,
                 steps: int, is_final: bool, looks: list[int], tell: Callable[[int, float], bool]) -> None:
        self.label, self.rule, self.hyperparameters, self.state_dtype = label, rule, hyperparameters, state_dtype
        self.seed, self.steps, self.is_final, self.looks = seed, steps, is_final, looks
        self.steps_done, self.diverged = 0, False
        self.train_loss: list[float] = []
        self.validation_loss: list[float] = []
        self.validation_metric: list[float] = []
        self.test_metric: list[float] = []
        self.train_seconds: list[float] = []
        self.final_test_loss = math.nan
        self._tell, self._sum, self._summed = tell, 0.0, 0
        self._began, self._looked_for = time.perf_counter(), 0.0
        self._step_began, self._step_seconds = 0.0, []  # type: float, list[float]

    def optimizer(self, params: ParamsT, **options: Unpack[Options]) -> Optimizer:
        """gradus.torch's optimizer of the rule, its learning rate along the race's schedule."""
        from gradus.torch import Optimizer

        its: Options = {"state_dtype": self.state_dtype, "seed": self.seed}
        optimizer = Optimizer(params, self.rule, **(its | options))
        optimizer.register_step_pre_hook(lambda *_: setattr(self, "_step_began", time.perf_counter()))
        optimizer.register_step_post_hook(lambda *_: self._step_seconds.append(time.perf_counter() - self._step_began))
        return optimizer

    def __iter__(self) -> Iterator[int]:
        while self.steps_done < self.steps and not self.diverged:
            before = self.steps_done
            yield before
            if self.steps_done == before and not self.diverged:
                raise Error(f"race(): train() of '{self.label}' did not call run.tell(loss, …) in step {before}")

    def tell(self, loss: Any, validation: Exam = None, test: Exam = None) -> bool:
        """Says that a step was taken, and the batch's loss. Where a look is due the exams are taken; that of the test set in
        final runs alone. An exam is a loss, a pair of a loss and the metric, or a function that returns one. False: stop."""
        loss = _number(loss)
        if self.steps_done >= self.steps:
            raise Error(f"race(): train() of '{self.label}' takes more than the {self.steps} steps of run.steps")
        self.steps_done += 1
        self.diverged = self.diverged or not math.isfinite(loss)
        if self.diverged:
            return False
        self._sum += loss
        self._summed += 1
        if self.steps_done == self.looks[len(self.train_loss)]:
            self._look(validation, test)
        return self._tell(self.steps_done, loss) and self.steps_done < self.steps

    def _look(self, validation: Exam, test: Exam) -> None:
        began = time.perf_counter()
        self.train_loss.append(self._sum / self._summed if self._summed else math.nan)
        self._sum, self._summed = 0.0, 0
        loss, metric = self._taken(validation, "validation")
        self.validation_loss.append(loss)
        self.validation_metric.append(metric)
        if self.is_final:
            self.train_seconds.append(began - self._began - self._looked_for)
            self.final_test_loss, metric = self._taken(test, "test")
            self.test_metric.append(metric)
        self._looked_for += time.perf_counter() - began

    def _taken(self, exam: Exam, name: str) -> tuple[float, float]:
        if callable(exam):
            exam = exam()
        if exam is None:
            raise Error(f"race(): train() of '{self.label}' gives no {name} after step {self.steps_done}, where a look is due; "
                        f"run.tell(loss, {name}=…) takes a loss, a loss and a metric, or a function that returns them")
        loss, metric = exam if isinstance(exam, (tuple, list)) and len(exam) == 2 else (exam, exam)
        return _number(loss), _number(metric)

    def _end(self, returned: Any) -> Run:
        """Where train() is a black box, what it returned is the look at the end."""
        if not self.diverged and len(self.train_loss) < len(self.looks):
            if not isinstance(returned, Mapping):
                raise Error(f"race(): train() of '{self.label}' ended after {self.steps_done} of {self.steps} steps; it must tell "
                            "each step by run.tell(), or return {'validation': …, 'test': …}")
            missed = [math.nan] * (len(self.looks) - len(self.train_loss) - 1)
            curves = [self.train_loss, self.validation_loss, self.validation_metric]
            for curve in curves + ([self.test_metric, self.train_seconds] if self.is_final else []):
                curve += missed
            self._look(returned.get("validation"), returned.get("test"))
        return self

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def optimizer_step_seconds(self) -> float:
        """The mean without the slowest twentieth: there the system did something else."""
        usual = sorted(self._step_seconds)[:len(self._step_seconds) - len(self._step_seconds) // 20]
        return sum(usual) / len(usual) if usual else math.nan


class _Progress:
    """A line on stderr that says how far the race is; a line for each final run, which stays."""

    def __init__(self, shown: bool) -> None:
        self._shown, self._began, self._drawn = shown, time.monotonic(), 0.0
        self._in_place = shown and (sys.stderr.isatty() or "ipykernel" in sys.modules)

    def moved(self, name: str, step: int, steps: int, loss: float, part: float) -> None:
        now = time.monotonic()
        if self._in_place and now - self._drawn > 0.1:
            self._drawn = now
            left = (now - self._began) * (1 - part) / part if part > 0 else 0.0
            line = f"{name}  step {step}/{steps}  loss {loss:.4g}  {part:.0%}  {datetime.timedelta(seconds=round(left))} left"
            print(f"\r{line:<78.78}", end="", file=sys.stderr, flush=True)

    def finished(self, name: str, is_trial: bool, loss: float, part: float) -> None:
        if not self._shown or (self._in_place and is_trial):
            return
        result = "diverged" if math.isnan(loss) else f"{'validation' if is_trial else 'test'} loss {loss:.4g}"
        start, end = ("\r", " " * 20) if self._in_place else ("", "")
        print(f"{start}{name}  {result}  ({part:.0%}){end}", file=sys.stderr, flush=True)


def _text(rule: Rule | str) -> str:
    """As `gradus race --rules` takes it. A rate that is the rule's default is searched for."""
    if isinstance(rule, str):
        return rule
    if not isinstance(rule, Rule):
        raise TypeError(f"race(): an entry is a {type(rule).__name__}; it must be a Rule, or a text such as 'adam:beta2=0.99'")
    scheduled = [field.name for field in rule.fields if field.scheduled]
    if scheduled:
        raise Error(f"race(): {rule.name}'s {scheduled[0]} has a schedule; the race's is given by schedule=")
    str(rule)  # which a formula without a name refuses
    changed = [f"{field.name}={rule.get(field.name)!r}" for field in rule.fields if rule.get(field.name) != field.default]
    return rule.name + (":" + ",".join(changed) if changed else "")


def _seeds(given: int | Sequence[int], first: int) -> list[int]:
    return list(range(first, first + given)) if isinstance(given, int) else list(given)


def race(entries: Mapping[str, Rule | str] | Sequence[Rule | str] | Rule | str, train: Callable[[Run], Any], *, steps: int, looks: int = 10,
         tune: Sequence[str] | str = ("lr",), trials: int = 5, screening: int | None = None, seeds: int | Sequence[int] = 5,
         tuning_seeds: int | Sequence[int] = 3, schedule: str = "cosine", metric: str = "loss",
         highest_is_best: bool = False, unit: str = "", margin: float = 0.0, target: float = math.nan,
         progress: bool = True) -> RaceResults:
    """Races rules on a training of your own, by the protocol of `gradus race`, and returns the results.

    Each rule gets as many trials; what they end at on the validation split chooses its hyperparameters, with seeds that no
    final run uses. Then come the final runs, one a seed; the test set chooses nothing.

    entries: rules by name, or a list of rules or of texts such as 'adam:beta2=0.99'. Of a rule's fields those in `tune` that are at
    their default are searched for. train: called with a Run, see there; or a black box that returns
    {'validation': (loss, metric), 'test': (loss, metric)}. steps: of a whole training; screening: of the first trials, a
    quarter of that unless given. seeds, tuning_seeds: how many, or which. schedule: of the learning rate: "constant",
    "cosine", "step", "exponential", "warmup-cosine". metric: what the second number of an exam is; unit "%": a fraction that
    is shown in percent. margin: two that differ by less are as good as each other. target: of the metric; without one no
    time to it is told.
    """
    if isinstance(entries, Mapping):
        words = [(name, _text(rule)) for name, rule in entries.items()]
    else:
        words = [(text, text) for text in map(_text, [entries] if isinstance(entries, (str, Rule)) else entries)]
    if not words:
        raise Error("race(): there is no entry")
    for name, number in (("steps", steps), ("looks", looks), ("trials", trials)):
        if not isinstance(number, int) or number < 1:
            raise Error(f"race(): {name} is {number!r}; it must be a whole number from 1")
    plan = SimpleNamespace(
        entries=words, schedule=schedule, steps=steps, looks=looks, trials=trials,
        tune=[tune] if isinstance(tune, str) else list(tune),
        screening=max(steps // 4, 1) if screening is None else screening,
        seeds=_seeds(seeds, 1), tuning_seeds=_seeds(tuning_seeds, 1001),
        command=f"gradus.race({dict(words)!r}, train={getattr(train, '__name__', 'train')}, steps={steps}, schedule={schedule!r})",
        started=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        task=getattr(train, "__name__", "train"), title=(getattr(train, "__doc__", None) or "a function of Python").split("\n")[0],
        metric=metric, highest_is_best=highest_is_best, unit=unit, margin=margin, target=target,
        cpu=platform.processor() or platform.machine(), interpreter=f"Python {platform.python_version()}",
        torch=f"PyTorch {sys.modules['torch'].__version__}" if "torch" in sys.modules else "none",
        version=gradus.__version__)
    if not plan.seeds or not plan.tuning_seeds or set(plan.seeds) & set(plan.tuning_seeds):
        raise Error("race(): seeds and tuning_seeds must be one at least each, and have none in common")
    if not 1 <= plan.screening <= steps:
        raise Error(f"race(): screening is {plan.screening}; it must be from 1 to {steps}, the steps of a training")

    def perform(**ordered: Any) -> Run:
        run = Run(**ordered)
        return run._end(train(run))

    return _race(plan, perform, _Progress(progress))
