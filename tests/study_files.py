"""A small valid study.toml for tests of the machinery: no worked example stands behind it."""

STUDY = """
[study]
title = "Toy"
author = "Ada"
question = "How heavy is it?"
task = "regression"
target = "weight"
unit = "kg"
primary_metric = "rmse"
secondary_metrics = ["bias", "nmad"]
seeds = [0, 1, 2, 3, 4]
motivation = "robustness"
study_type = "inference"

[study.reference]
name = "a straight line"
citation = "Galton 1886"

[[study.criteria]]
name = "better than the line"
metric = "rmse"
set = "test"
quantity = "gain"
at_least = 0.2

[columns.height]
role = "input"
unit = "m"
description = "body height"

[columns.family]
role = "group"
unit = ""
description = "family name"

[columns.weight]
role = "target"
unit = "kg"
description = "body weight"

[split]
strategy = "group"
train = 0.6
validation = 0.2
test = 0.2
exploration = 0.2
"""
