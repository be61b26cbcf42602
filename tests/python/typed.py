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
