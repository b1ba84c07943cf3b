"""A small study of each task with a fitted model, its bundle, and releases that hold it."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boxloop.base.files import write_json
from boxloop.measure.model_file import save_model
from boxloop.measure.task import Task
from boxloop.predict.bundle import write
from boxloop.predict.opened import table_hash
from boxloop.settings.load import parse_settings

STAR = 'positive_class = "star"\nworking_point = 0.1\n'
TARGET = {
    "regression": ('task = "regression"', "rmse", '["bias"]'),
    "classification": (f'task = "classification"\n{STAR}', "average_precision", '["purity"]'),
    "anomaly-detection": (f'task = "anomaly-detection"\n{STAR}', "sic", '["roc_auc"]'),
    "several": (
        'task = "classification"\nclasses = ["dust", "gas", "star"]',
        "macro_f1",
        '["class_log_loss"]',
    ),
}
TOML = """
[study]
title = "Small"
question = "What is it?"
{task}
primary_metric = "{metric}"
target = "kind"
unit = ""
secondary_metrics = {secondary}
seeds = [0, 1, 2, 3, 4]
motivation = "robustness"
study_type = "inference"

[study.reference]
name = "a line"
citation = "Galton 1886"

[[study.criteria]]
name = "better"
metric = "{metric}"
set = "test"
quantity = "gain"
at_least = 0.1

[columns.name]
role = "id"
unit = ""
description = "what it is called"

[columns.field]
role = "group"
unit = ""
description = "where it lies"

[columns.size]
role = "input"
unit = "m"
description = "how large"

[columns.glow]
role = "input"
unit = "mag"
description = "how bright"
missing = [-99.0]

[columns.flag]
role = "input"
unit = ""
description = "seen twice"

[columns.band]
role = "input"
unit = ""
description = "in which light"
spellings = {{"Red " = "red", "RED" = "red"}}

[columns.kind]
role = "target"
unit = ""
description = "what is predicted"

[split]
strategy = "group"
train = 0.6
validation = 0.2
test = 0.2
exploration = 0.2
{more}
"""


def rows(size, seed=0, task="regression"):
    """Return rows of the study, its target among them."""
    rng = np.random.default_rng(seed)
    size_, band = rng.normal(10, 2, size), rng.choice(["blue", "red", "green"], size)
    glow = size_ / 2 + rng.normal(size=size)
    flag = (rng.random(size) < 0.4).astype(int)
    said = size_ + glow + flag + (band == "red")
    if task != "regression":
        cuts = [13, 19] if task == "several" else [18]
        names = np.array(["dust", "gas", "star"] if task == "several" else ["dust", "star"])
        said = names[np.digitize(said, cuts)]
    frame = pd.DataFrame({"size": size_, "glow": glow, "flag": flag, "band": band, "kind": said})
    frame.loc[rng.random(size) < 0.1, "glow"] = np.nan
    frame.insert(0, "name", [f"{number:06d}" for number in range(size)])
    frame.insert(1, "field", 2**60 + np.arange(size) // 3)
    return frame


def sources(root, task="regression", *, share=True, model=None):
    """Write the project and its model; return what a bundle is made of."""
    root = Path(root)
    (root / "study").mkdir(parents=True, exist_ok=True)
    task_text, metric, secondary = TARGET[task]
    more = "" if share else "[release]\nshare_data = false\n"
    text = TOML.format(task=task_text, secondary=secondary, metric=metric, more=more)
    (root / "study.toml").write_text(text, encoding="utf-8")
    (root / "pyproject.toml").write_text('[project]\nname = "small"\n', encoding="utf-8")
    settings = parse_settings(text, root / "study.toml")
    train, validation = rows(600, 1, task), rows(200, 2, task)
    learner = Task(settings)
    fitted = (model or usual(task)).fit(learner.seen(train), learner.truth(train))
    path = save_model(root / "model.skops", fitted)
    found = {"root": root, "settings": settings, "model": path, "model_hash": "abc"}
    return found | {"train": train, "validation": validation}


def usual(task):
    """Return a model that takes gaps and words."""
    kind = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    split = make_column_transformer((words, ["band"]), remainder="passthrough")
    return make_pipeline(split, kind(min_samples_leaf=20, random_state=0))


def bundle(root, task="regression", *, intervals=None, **options):
    """Write a bundle below a folder, and return its path."""
    given = sources(root, task, **options)
    if task == "regression":
        facts = {"half_width": 0.5} if intervals is None else intervals
        given["intervals"] = write_json(Path(root) / "intervals.json", facts)
    return write(Path(root) / "model", **given)


def release(root, files):
    """Write files and a manifest of them as a release into a folder, and return it."""
    root = Path(root)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "release.json").write_bytes(manifest(files))
    return root


def manifest(files, **others):
    """Return the bytes of the manifest of some files."""
    table = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in sorted(files.items())
    }
    facts = {"id": f"small-0.1.0-{table_hash(table)[:12]}", "name": "small", "version": "0.1.0"}
    return json.dumps(facts | {"files": table} | others).encode()


def of_bundle(folder):
    """Return the files of a bundle as a release names them."""
    return {f"model/{path.name}": path.read_bytes() for path in Path(folder).iterdir()}


def zipped(path, files, *, packing=zipfile.ZIP_DEFLATED):
    """Write files and a manifest of them as the zip of a release, and return its path."""
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in ({"release.json": manifest(files)} | files).items():
            archive.writestr(name, data)
    return Path(path)
