"""A small project whose 05 has kept what every cut would give: of each task, and of classes."""

import hashlib

import numpy as np
import pandas as pd
from fake_report import make_report_project, write_json
from study_files import STUDY

from boxloop.measure.every_cut import keep
from boxloop.measure.task import Task
from boxloop.settings.load import load_settings

TASKS = ("classification", "mixed", "anomaly-detection", "classes", "regression")
NAMES = ("RRab", "RRc", "</output><b>")
_METRICS = 'primary_metric = "rmse"\nsecondary_metrics = ["bias", "nmad"]'
_SCORES = {
    "classification": (
        'primary_metric = "purity"\n'
        'secondary_metrics = ["completeness", "accuracy", "balanced_accuracy", "matthews", "f1",'
        ' "false_positive_rate"]\npositive_class = "star"\nworking_point = 0.4'
    ),
    "anomaly-detection": (
        'primary_metric = "signal_efficiency"\nsecondary_metrics = ["sic", "roc_auc"]\n'
        'positive_class = "star"\nworking_point = 0.05'
    ),
    "classes": (
        'primary_metric = "class_log_loss"\nsecondary_metrics = ["macro_f1"]\n'
        'classes = ["RRab", "RRc", "</output><b>"]'
    ),
    "regression": 'primary_metric = "rmse"\nsecondary_metrics = ["outlier_fraction"]',
}
_SCORES["mixed"] = _SCORES["classification"] + "\nprevalence = 0.02"
CRITERIA = {
    "classification": [("purity", "at_least = 0.8"), ("completeness", "at_least = 0.6")],
    "mixed": [("deployed_purity", "above = 0.1")],
    "anomaly-detection": [("sic", "at_least = 2"), ("roc_auc", "at_least = 0.8")],
    "regression": [("outlier_fraction", "at_most = 0.05")],
    "classes": [("macro_f1", "at_least = 0.5")],
}


def study(task, more=""):
    """Return the text of study.toml."""
    text = STUDY.replace(_METRICS, _SCORES[task])
    begin, end = text.index("[[study.criteria]]"), text.index("[columns.height]")
    asked = "".join(
        f'[[study.criteria]]\nname = "{metric} <b>"\nmetric = "{metric}"\nset = "test"\n{bound}\n\n'
        for metric, bound in CRITERIA[task]
    )
    text = text[:begin] + asked + text[end:] + more
    if task != "regression":
        kind = "anomaly-detection" if task == "anomaly-detection" else "classification"
        text = text.replace('task = "regression"', f'task = "{kind}"')
        text = text.replace('target = "weight"\nunit = "kg"', 'target = "kind"\nunit = ""')
        text = text.replace('[columns.weight]\nrole = "target"\nunit = "kg"', _KIND)
    return text


_KIND = '[columns.kind]\nrole = "target"\nunit = ""'


def rows(task, n=300, seed=0):
    """Return a table of three rows to a family, and what three predictors say of it."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"family": [f"f{k // 3:03}" for k in range(n)]})
    height = rng.normal(5, 1, n)
    said = {"model": height + rng.normal(size=n) / 3, "reference": height + rng.normal(size=n)}
    said["trivial"] = np.full(n, 5.0)
    if task == "regression":
        return frame.assign(weight=height), said
    if task == "classes":
        codes = np.digitize(height, [4.6, 5.6])
        frame["kind"] = np.array(NAMES, dtype=object)[codes]
        away = {who: -np.abs(one[:, None] - [4.0, 5.1, 6.2]) for who, one in said.items()}
        chances = {who: np.exp(3 * one) for who, one in away.items()}
        return frame, {who: one / one.sum(axis=1)[:, None] for who, one in chances.items()}
    frame["kind"] = np.where(height > 5.8, "star", np.where(frame.index % 2, "a", "b"))
    if task == "anomaly-detection":
        return frame, said
    return frame, {who: 1 / (1 + np.exp(2 * (5.8 - one))) for who, one in said.items()}


def measured(task, folder, n=300, seed=0, more=""):
    """Return settings, truth, what the model says, the table of metrics and the kept files."""
    path = folder / "study.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(study(task, more), encoding="utf-8")
    settings = load_settings(path)
    frame, said = rows(task, n, seed)
    table = Task(settings).compare(frame, said, draws=60, seed=3)
    files = keep(folder / "sets", "validation", table, Task(settings))
    return settings, Task(settings).truth(frame).to_numpy(), said["model"], table, files


def write(root, task, *, chapter="05_diagnose", n=300, more=""):
    """Write a project with a report to build, and return it with what was measured."""
    project = make_report_project(root, study=study(task, more))
    found = measured(task, project.station(chapter), n=n, more=more)
    (project.station(chapter) / "study.toml").unlink()
    made = {project.relative(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in found[-1]}
    facts = {"notebook": chapter, "smoke": False, "needs": {}, "makes": made}
    write_json(project.station(chapter) / "station.json", facts)
    return project, found
