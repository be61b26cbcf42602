"""What a type checker says of a program that uses gradus: nothing."""

from typing import assert_type

import gradus

rule: gradus.Rule = gradus.ClipNorm(1.0) >> gradus.Adam(lr=gradus.Cosine(1e-3, 0, 500))
optimizer = gradus.Optimizer(rule, state_dtype="bf16")
report = optimizer.step()
assert_type(report, gradus.StepReport)
assert_type(report.status, str)
assert_type(optimizer.steps, int)
assert_type(gradus.rule_names(), list[str])
lr: float | gradus.Schedule = gradus.Adam().lr


def train(run: gradus.Run) -> None:
    for step in run:
        assert_type(run.tell(1.0 / (step + 1), validation=1.0, test=(1.0, 0.5)), bool)


results = gradus.race({"adam": gradus.Adam()}, train, steps=10)
assert_type(results.verdicts, dict[str, str])
