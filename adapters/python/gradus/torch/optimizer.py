"""The optimizer of PyTorch that any rule of gradus can be."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

import torch
from torch.optim import optimizer as torch_optimizer

from gradus import Error, Rule, StepReport, _core
from gradus.torch import tensors
from gradus.torch.arguments import Group, NonFinite, ParamsT, StateDtype
from gradus.torch.forms import Form, Slot

if TYPE_CHECKING:
    from gradus.torch.watch import Watch

Loss = TypeVar("Loss")

_increment_version = torch._C._increment_version
_profiling = torch.autograd._profiler_enabled  # type: ignore[attr-defined]  # missing in its __all__
NOT_LOOKED_AT = ("params", "param_names")
TRAINING_POINT = "training_point"  # is among the state of parameters that are where they are evaluated


def _steps(value: Any) -> int:
    try:
        steps = int(value)
    except (TypeError, ValueError, OverflowError):
        steps = -1
    if not 0 <= steps <= 2**53:
        raise Error(f"the state has step {value!r}; it must be a whole number from 0 to 2^53")
    return steps


class Optimizer(torch.optim.Optimizer):
    """Any rule or composition of gradus for the parameters of a module.

    `param_groups` has the rule's fields by name, and is read before each step: schedulers of PyTorch work. `state` and
    state_dict() show what is kept. non_finite: "propagate" as PyTorch does, "skip" a step or "raise" an Error for what is
    not finite in a gradient. state_dtype: "plain", "bf16", "8bit" (in blocks with a power of two each). stochastic_rounding:
    of bfloat16 and float16 parameters.
    """

    _step_supports_amp_scaling = True  # torch.amp.GradScaler hands over grad_scale and found_inf

    report: StepReport | None  # of the last step
    _options: dict[str, Any]  # as the engine calls them
    _engine: _core._TensorOptimizer | None
    _places: list[tuple[torch.Tensor, int]]  # by the engine's numbers: the parameter and its group
    _names: list[str]
    _staged: list[tuple[torch.Tensor, torch.Tensor]]  # parameters that are not contiguous, and what is stepped on
    _watches: list[Watch]

    def __init__(self, params: ParamsT, rule: Rule, *, maximize: bool = False, non_finite: NonFinite = "propagate",
                 state_dtype: StateDtype = "plain", stochastic_rounding: bool = False, seed: int = 0) -> None:
        _core._check_rule(f"{type(self).__name__}()", rule)
        defaults = {each.name: rule.get(each.name) for each in rule.fields}
        self._rule, self._fields = copy.copy(rule), tuple(defaults)
        self._begin_with(params, defaults | {"maximize": maximize}, non_finite=non_finite, state_dtype=state_dtype,
                         stochastic_rounding=stochastic_rounding, seed=seed)

    def _begin_with(self, params: ParamsT, defaults: Group, *, non_finite: NonFinite, state_dtype: StateDtype,
                    stochastic_rounding: bool, seed: int) -> None:
        self._options = {"non_finite": non_finite, "state_dtype": state_dtype,
                         "parameter_rounding": "stochastic" if stochastic_rounding else "nearest", "seed": seed}
        self._engine = None
        self._watches = []
        self.report = None
        super().__init__(params, defaults)
        self._new_engine(self._form(self.param_groups[0]).rule_of(self.param_groups[0]), False)  # refuses options

    # What subclasses say.

    def _form(self, group: Group) -> Form:
        """Raises ValueError for what the group must not hold."""
        return Form(self._rule, {name: (name,) for name in self._fields})

    # Steps.

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], Loss]) -> Loss: ...

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Moves every parameter that has a gradient. `closure` computes the loss anew, which is returned."""
        if (self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks or _profiling()
                or torch_optimizer._global_optimizer_pre_hooks or torch_optimizer._global_optimizer_post_hooks):
            return self._step_with_hooks(closure)
        return self._plain_step(closure)

    setattr(step, "hooked", True)  # PyTorch would record each step, and takes longer to than a small step does

    def _plain_step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        found_inf, scale = getattr(self, "found_inf", None), getattr(self, "grad_scale", None)
        if found_inf is not None and found_inf.item() != 0:
            return loss
        self._take(1.0 if scale is None else float(scale))
        return loss

    _step_with_hooks = torch.optim.Optimizer.profile_hook_step(_plain_step)

    def _take(self, loss_scale: float) -> None:
        engine = self._engine or self._begin()
        for parameter, place in self._staged:
            place.copy_(parameter.detach())
        for watch in self._watches:
            watch.before_step(engine)
        report = engine.step(self, loss_scale)
        if report is None:  # a group has become another
            return self._take(loss_scale)
        if report:
            self._stale = True
            _increment_version(engine.moved())
            for parameter, place in self._staged:
                parameter.detach().copy_(place)
            for watch in self._watches:
                watch.after_step(engine)
        elif report.status == "failed":
            raise Error(report.message)
        self.report = report

    # The engine's questions.

    def _group_changed(self, number: int) -> bool:
        """True if the engine begins anew."""
        assert self._engine is not None  # which asks
        group = self.param_groups[number]
        form = self._form(group)
        if form.rule != self._forms[number].rule or self._maximize() != self._maximized or self._others(number):
            self._begin_again()
            return True
        for name, value in form.settings(group):
            self._engine.set(number, name, value)
        if form.factors(group) != self._factors[number]:
            self._factors[number] = form.factors(group)
            self._take_new_factors(self._engine, number, form, group)
        return False

    def _take_new_factors(self, engine: _core._TensorOptimizer, number: int, form: Form, group: Group) -> None:
        """What was multiplied so far is what it would be if factors had always been these, as in PyTorch."""
        steps = [engine.steps(i) for i in range(len(self._places))]
        engine.restore(engine.all_steps(), [
            (its, form.products_after(its, group) if place[1] == number else {})
            for its, place in zip(steps, self._places)])

    def _others(self, number: int) -> bool:
        mine = [p for p, its in self._places if its == number]
        now = self.param_groups[number]["params"]
        return len(mine) != len(now) or any(a is not b for a, b in zip(mine, now))

    def _plain_gradient(self, number: int, gradient: torch.Tensor) -> torch.Tensor | None:
        """A dense, contiguous gradient; None where the engine has been given rows."""
        assert self._engine is not None  # which asks
        parameter, _ = self._places[number]
        name = self._names[number]
        tensors.check_gradient(name, parameter, gradient)
        if gradient.layout is not torch.sparse_coo:
            return gradient.detach().resolve_neg().contiguous()
        rows = gradient._indices()[0] if gradient._nnz() > 0 else torch.empty(0, dtype=torch.int64)
        self._engine.set_gradient_rows(number, rows.contiguous(), gradient._values().detach().contiguous())
        return None

    def _check_parameter(self, number: int) -> NoReturn:
        tensors.check_parameter(self._names[number], self._places[number][0])
        raise Error(f"parameter '{self._names[number]}' has another shape, or is contiguous no more, since the first step")

    # The engine, made of the groups and of the state.

    def _maximize(self) -> bool:
        found = {bool(group.get("maximize")) for group in self.param_groups}
        if len(found) > 1:
            raise ValueError("maximize is not the same in all groups; it must be")
        return found.pop()

    def _names_of(self, group: Group, number: int) -> list[str]:
        return group.get("param_names") or [f"{number}.{i}" for i in range(len(group["params"]))]

    def _begin(self) -> _core._TensorOptimizer:
        self._maximized = self._maximize()
        self._forms = [self._form(group) for group in self.param_groups]
        self._factors = [form.factors(group) for form, group in zip(self._forms, self.param_groups)]
        self._places, self._names, self._staged = [], [], []
        engine = self._new_engine(self._forms[0].rule_of(self.param_groups[0]), self._maximized)
        for number, (group, form) in enumerate(zip(self.param_groups, self._forms)):
            if number > 0:
                engine.add_group(form.rule_of(group))
            engine.watch(number, group, [key for key in group if key not in NOT_LOOKED_AT])
            for name, parameter in zip(self._names_of(group, number), group["params"]):
                self._add(engine, name, parameter, number)
        self._put_back(engine)
        self._engine = engine
        return engine

    def _new_engine(self, rule: Rule, maximize: bool) -> _core._TensorOptimizer:
        return _core._TensorOptimizer(rule, maximize=maximize, exchange_api=tensors.exchange_api(),
                                      openmp=tensors.openmp_library(), **self._options)

    def _begin_again(self) -> _core._TensorOptimizer:
        if self._engine is not None:
            self._show_state(self._engine)
        self._engine = None
        return self._begin()

    def _add(self, engine: _core._TensorOptimizer, name: str, parameter: torch.Tensor, group: int) -> None:
        tensors.check_parameter(name, parameter)
        place = parameter
        if not parameter.is_contiguous():
            place = torch.empty(parameter.shape, dtype=parameter.dtype)
            self._staged.append((parameter, place))
        engine.add(name, parameter, place, group)
        self._places.append((parameter, group))
        self._names.append(name)

    # State, as PyTorch has it.

    @property
    def state(self) -> defaultdict[torch.Tensor, Any]:
        if self._engine is not None and self._stale:
            self._show_state(self._engine)
        return self._state

    @state.setter
    def state(self, state: defaultdict[torch.Tensor, Any]) -> None:
        self._state = state
        self._stale = False
        self._engine = None

    def _slots(self, engine: _core._TensorOptimizer, number: int, form: Form) -> Mapping[str, Slot]:
        """By PyTorch's names."""
        return form.slots(self._places[number][0]) or {name: Slot(name) for name in engine.slots(number)}

    def _show_state(self, engine: _core._TensorOptimizer) -> None:
        """Into `_state`: tensors over the engine's own memory, where that is float32 or float64."""
        for number, (parameter, group) in enumerate(self._places):
            steps = engine.steps(number)
            if steps == 0:
                continue
            form, state = self._forms[group], self._state[parameter]
            if form.counts:
                if "step" not in state:
                    state["step"] = torch.tensor(0.0, dtype=torch.float32)
                state["step"].fill_(float(steps))
            state.pop(TRAINING_POINT, None)
            for theirs, slot in self._slots(engine, number, form).items():
                value = engine.state(number, slot.ours)
                if theirs == TRAINING_POINT:  # whose memory goes with train()
                    value = value.clone()
                state[theirs] = value if slot.shape is None else value.reshape(slot.shape(parameter))
        self._stale = False

    def _put_back(self, engine: _core._TensorOptimizer) -> None:
        """From `_state` into an engine that has taken no steps."""
        self._stale = False
        if not any(self._state.get(parameter) for parameter, _ in self._places):
            return
        given, most = [], 0
        for parameter, group in self._places:
            steps, slots = self._kept(parameter, self._state.get(parameter) or {}, group)
            most = max(most, steps)
            given.append((steps, slots))
        engine.restore(most, given)
        self._put_back_where_evaluated(engine)
        self._stale = True

    @torch.no_grad()
    def _put_back_where_evaluated(self, engine: _core._TensorOptimizer) -> None:
        kept = [(parameter, self._state[parameter][TRAINING_POINT]) for parameter, _ in self._places
                if TRAINING_POINT in self._state.get(parameter, {})]
        if kept:
            for parameter, point in kept:
                parameter.copy_(point)
            self._move(lambda _: engine.evaluate(self), engine)

    def _kept(self, parameter: torch.Tensor, state: dict[str, Any], group: int) -> tuple[int, dict[str, Any]]:
        form = self._forms[group]
        names = form.slots(parameter) or {name: Slot(name) for name in state if name != "step"}
        kept = torch.float64 if parameter.dtype is torch.float64 else torch.float32
        found = {slot.ours: state[theirs].detach().to(kept).reshape(-1).contiguous()
                 if isinstance(state[theirs], torch.Tensor) else state[theirs]
                 for theirs, slot in names.items() if state.get(theirs) is not None}
        steps = _steps(state["step"]) if "step" in state else 1 if found else 0
        return steps, found | form.products_after(steps, self.param_groups[group])

    # Rules that train at one point and are evaluated at another.

    def evaluate(self) -> None:
        """Puts the parameters where they are to be evaluated; train() puts them back, to the bit."""
        self._move(lambda engine: engine.evaluate(self))
        self._stale = True

    def train(self) -> None:
        self._move(lambda engine: engine.train(self))
        self._stale = True

    eval = evaluate  # as the authors of schedule-free optimizers call it

    def _move(self, how: Callable[[_core._TensorOptimizer], None],
              engine: _core._TensorOptimizer | None = None) -> None:
        engine = engine or self._engine or self._begin()
        for parameter, place in self._staged:
            place.copy_(parameter.detach())
        how(engine)
        for parameter, place in self._staged:
            parameter.detach().copy_(place)
        _increment_version([parameter for parameter, _ in self._places])

    # What PyTorch's optimizers can do besides.

    def add_param_group(self, param_group: Group) -> None:
        if (engine := self.__dict__.get("_engine")) is not None:
            self._show_state(engine)
            self._engine = None
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            self._maximize()
            self._form(group).rule_of(group)
            for name, parameter in zip(self._names_of(group, len(self.param_groups) - 1), group["params"]):
                tensors.check_parameter(name, parameter)
        except ValueError:
            self.param_groups.pop()
            raise

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        before = self.state, self.param_groups
        try:
            super().load_state_dict(state_dict)
            self._begin()
        except Exception:
            self.state, self.param_groups = before
            raise

    def __getstate__(self) -> dict[str, Any]:
        ours = {name: self.__dict__[name] for name in ("_options", "_rule", "_fields") if name in self.__dict__}
        return super().__getstate__() | ours

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        shown = state.pop("state", None)
        defaults = state.get("defaults", self.__dict__.get("defaults", {}))
        for group in state.get("param_groups", []):
            for key, value in defaults.items():  # of a release of PyTorch that had it not
                group.setdefault(key, value)
        self.__dict__.setdefault("_engine", None)
        self.__dict__.setdefault("report", None)
        self.__dict__.setdefault("_watches", [])
        super().__setstate__(state)
        if shown is not None:
            loaded: defaultdict[torch.Tensor, Any] = defaultdict(dict)
            loaded.update(shown)
            self.state = loaded
