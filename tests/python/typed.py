"""What a type checker says of a program that uses gradus: nothing, but for the mistakes that are marked."""

import gradus
import gradus.torch
import torch
from typing_extensions import assert_type

rule: gradus.Rule = gradus.ClipNorm(1.0) >> gradus.Adam(lr=gradus.Cosine(1e-3, 0, 500))
optimizer = gradus.Optimizer(rule, state_dtype="bf16")
report = optimizer.step()
assert_type(report, gradus.StepReport)
assert_type(report.status, str)
assert_type(optimizer.steps, int)
assert_type(gradus.rule_names(), list[str])
lr: float | gradus.Schedule = gradus.Adam().lr

model = torch.nn.Linear(3, 2)


def train(run: gradus.Run) -> None:
    assert_type(run.optimizer(model.parameters(), non_finite="skip"), gradus.torch.Optimizer)
    for step in run:
        assert_type(run.tell(1.0 / (step + 1), validation=1.0, test=(1.0, 0.5)), bool)


results = gradus.race({"adam": gradus.Adam()}, train, steps=10)
assert_type(results.verdicts, dict[str, str])

adamw = gradus.torch.AdamW([{"params": [model.weight], "lr": 1e-2}, {"params": [model.bias], "weight_decay": 0.0}],
                           lr=gradus.Cosine(3e-4, 0, 1000), betas=(0.9, 0.99), state_dtype="8bit")
adamw.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 1e-2})
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(adamw, T_max=10)


def closure() -> torch.Tensor:
    adamw.zero_grad()
    loss: torch.Tensor = model(torch.ones(3)).square().sum()
    loss.backward()  # type: ignore[no-untyped-call]  # of PyTorch
    return loss


assert_type(adamw.step(closure), torch.Tensor)
assert_type(adamw.step(lambda: 0.5), float)
adamw.step()
scheduler.step()
assert_type(adamw.report, gradus.StepReport | None)
adamw.load_state_dict(adamw.state_dict())
theirs: torch.optim.Optimizer = adamw

composed = gradus.torch.compose(gradus.ClipNorm(1.0), gradus.Adam())(model.parameters(), stochastic_rounding=True)
assert_type(composed, gradus.torch.Optimizer)
free: gradus.torch.ScheduleFreeAdamW = gradus.torch.ScheduleFreeAdamW(model.parameters(), warmup_steps=100, seed=1)
free.evaluate()

seen: dict[str, list[tuple[int, float]]] = {}
assert_type(gradus.torch.watch(composed, to=seen, every=10), gradus.torch.Watch)
with_function = gradus.torch.watch(composed, lambda step, looks: print(step, looks["0.0"]["gradient_norm"] > 1))
assert_type(with_function.values, dict[str, dict[str, float]])
with_function.close()

gradus.torch.Adam(model.parameters(), state_dtype="4bit")  # type: ignore[arg-type]
gradus.torch.Adam(model.parameters(), beta1=0.9)  # type: ignore[call-arg]
gradus.torch.SOAP(model.parameters(), betas=(0.9, 0.99))  # type: ignore[call-arg]
gradus.torch.compose("adam")  # type: ignore[arg-type]
gradus.torch.watch(torch.optim.SGD(model.parameters()))  # type: ignore[arg-type]
