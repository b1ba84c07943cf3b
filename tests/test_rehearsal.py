"""The study's own path on shuffled labels, and with rows taken away."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.checks.chance import Score, against_chance, pooled
from boxloop.measure import Task
from boxloop.record.rehearsal import Rehearsal

STUDY = """
[study]
title = "t"
question = "q"
task = "{task}"
target = "{target}"
unit = ""
{more}
primary_metric = "{metric}"
secondary_metrics = ["{metric}"]
seeds = [0, 1, 2, 3, 4]
motivation = "robustness"
study_type = "inference"
[study.reference]
name = "a rule"
citation = "a book"
[[study.criteria]]
name = "c"
metric = "{metric}"
set = "test"
above = 0
{columns}
[split]
strategy = "{strategy}"
train = 0.6
validation = 0.2
test = 0.2
exploration = 0.3
"""
DATA = """
import pandas as pd

def prepare(raw):
    return [raw / "soil.parquet"]

def labelled(raw):
    frame = pd.read_parquet(raw / "soil.parquet")
    names = [name for name in frame if name.startswith("x")]
    {step}
    return frame
"""
MODELS = """
from sklearn.linear_model import {kind}
from sklearn.pipeline import make_pipeline

def ladder(seed):
    return {{"line": make_pipeline({kind}())}}
"""
HONEST = "frame['x0'] = frame['x0'] - frame.groupby('pit')['x0'].transform('mean')"
SELECT = """ranks = frame[names].rank().corrwith(frame["clay"].rank()).abs()
    frame = frame.drop(columns=ranks.sort_values().index[:-10])"""
CLASSES = """strong = frame.groupby("clay")[names].mean().diff().abs().iloc[-1].sort_values()
    frame = frame.drop(columns=strong.index[:-10])"""
STEPS = {
    "scaled": "frame[names] = (frame[names] - frame[names].mean()) / frame[names].std()",
    "to the largest": "frame[names[:6]] = frame[names[:6]] / frame[names[:6]].max()",
    "ranked": "frame['x5'] = frame['x5'].rank(pct=True)",
    "selected": SELECT,
}


def soil(rows=600, columns=40, seed=0):
    """Return pits with three samples each, inputs with heavy tails, and a target of two of them."""
    rng = np.random.default_rng(seed)
    values = rng.standard_t(4, size=(rows, columns))
    frame = pd.DataFrame(values, columns=[f"x{k}" for k in range(columns)])
    clay = values[:, 0] + 0.5 * values[:, 1] + rng.standard_t(3, size=rows)
    return frame.assign(pit=np.arange(rows) // 3, clay=clay)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return a function that writes a study with this step of preparation, and its rehearsal."""

    def make(step=HONEST, *, frame=None, kind="Ridge", strategy="group", models=MODELS):
        frame = soil() if frame is None else frame
        project = Project(tmp_path)
        for folder in (project.study, project.raw, project.interim):
            folder.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(project.raw / "soil.parquet")
        roles = {"pit": "group", "clay": "target"}
        columns = [
            f'[columns.{name}]\nrole = "{roles.get(name, "input")}"\nunit = ""\ndescription = ""'
            for name in frame
        ]
        facts = {"task": "regression", "metric": "rmse", "more": ""}
        if kind != "Ridge":
            facts = {"task": "classification", "metric": "roc_auc", "more": 'positive_class = "1"'}
        text = STUDY.format(**facts, target="clay", columns="\n".join(columns), strategy=strategy)
        project.settings_file.write_text(text, encoding="utf-8")
        (project.study / "__init__.py").write_text("", encoding="utf-8")
        (project.study / "data.py").write_text(DATA.format(step=step), encoding="utf-8")
        (project.study / "models.py").write_text(models.format(kind=kind), encoding="utf-8")
        for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        return Rehearsal(project, "line", seed=0)

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
        del sys.modules[name]


def rows(found):
    """Return what 04 has: the rows of the study, its labels and its unfitted model."""
    frame = importlib.import_module("study.data").labelled(found.project.raw)
    task, models = Task(found.settings), importlib.import_module("study.models")
    return models.ladder(0)["line"], task.seen(frame), task.truth(frame)


def permuted(found, task="regression"):
    """Return the row of the check that shuffles labels."""
    model, X, y = rows(found)
    return run_check("train.permuted_labels", model, X, y, task=task, seed=0, path=found)


def pipeline(found):
    """Return the row of the check of preparation."""
    model, X, y = rows(found)
    return run_check("train.pipeline", model.fit(X, y), X, y, path=found)


def test_an_honest_preparation_passes(path):
    """What is computed within a group may stay: whole groups are taken away."""
    found = path()

    assert (pipeline(found).state, permuted(found).state) == ("pass", "pass")
    assert pipeline(found).message.endswith("are the same whatever rows are beside them.")


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_what_is_learnt_from_other_rows_is_named(path, step):
    """Scaling, ranks and selections in study/data.py change when rows are taken away."""
    row = pipeline(path(step))

    assert row.state == "fail"
    assert "inputs of study.data change when other rows of data/raw are taken away" in row.message
    many = {STEPS["scaled"]: 40, STEPS["to the largest"]: 6, SELECT: row.value}
    assert row.value == many.get(step, 1)


def test_columns_chosen_on_all_labels_score_on_shuffled_ones(path):
    """The check of the model alone cannot see it; the study's own path does."""
    found = path(SELECT)
    model, X, y = rows(found)
    alone = run_check("train.permuted_labels", model, X, y, task="regression", seed=0)

    assert alone.state == "pass"
    assert permuted(found).state == "fail"


def test_columns_chosen_when_the_models_are_imported(path):
    """The study is imported afresh, so what stands at the top of a module sees shuffled labels."""
    models = """
from boxloop.base import find_project
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import {kind}
from sklearn.pipeline import make_pipeline

from . import data

FRAME = data.labelled(find_project().raw)
NAMES = [name for name in FRAME if name.startswith("x")]
BEST = list(FRAME[NAMES].corrwith(FRAME["clay"]).abs().sort_values().index[-10:])

def ladder(seed):
    return {{"line": make_pipeline(ColumnTransformer([("best", "passthrough", BEST)]), {kind}())}}
"""
    found = path(models=models)
    (found.project.root / "notebooks").mkdir()
    with pytest.MonkeyPatch.context() as here:
        here.chdir(found.project.root / "notebooks")
        assert permuted(found).state == "fail"


def test_classes_are_shuffled_too(path):
    """Honest and chosen columns, for a class of one row in five."""
    frame = soil()
    frame["clay"] = (frame["clay"] > frame["clay"].quantile(0.8)).astype(int)
    options = {"frame": frame, "kind": "LogisticRegression", "strategy": "group"}

    assert permuted(path(**options), "classification").state == "pass"
    assert permuted(path(CLASSES, **options), "classification").state == "fail"


def test_a_choice_in_a_cell_is_named(path):
    """Inputs that the table of 03 has and X lacks are in no rehearsal."""
    found = path()
    soil().to_parquet(found.project.interim / "train.parquet")
    model, X, y = rows(found)
    options = {"task": "regression", "seed": 0, "path": found}

    assert run_check("train.permuted_labels", model, X, y, **options).state == "pass"
    row = run_check("train.permuted_labels", model, X.drop(columns=["x7"]), y, **options)
    assert row.state == "fail"
    assert "'x7'" in row.message


def test_a_study_that_cannot_be_rehearsed_says_so(path):
    """Nobody can tell then, and the model itself is tested all the same."""
    found = path("assert len(frame) == 600, 'there must be 600 rows'")

    for row in (pipeline(found), permuted(found)):
        assert row.state == "cannot-tell"
        assert "there must be 600 rows" in row.power


def test_the_project_stays_as_it_is(path):
    """Nothing is written into it, and its own study is the imported one again."""
    found = path()
    before = {file: file.read_bytes() for file in found.project.root.rglob("*") if file.is_file()}
    folder = Path.cwd()
    data = importlib.import_module("study.data")
    found.shuffle(0), found.halves()

    files = [file for file in found.project.root.rglob("*") if file.is_file()]
    kept = {file: file.read_bytes() for file in files if "__pycache__" not in file.parts}
    assert kept == {file: text for file, text in before.items() if "__pycache__" not in file.parts}
    assert sys.modules["study.data"] is data
    assert Path.cwd() == folder


@pytest.mark.parametrize("seed", range(3))
def test_labels_are_shuffled_between_groups_that_share_one(path, seed):
    """Rows of one pit keep one label, and no row without a label gets one."""
    frame = soil()
    frame["clay"] = frame.groupby("pit")["clay"].transform("mean")
    frame.loc[:5, "clay"] = np.nan
    found = path(frame=frame)
    mixed = found._mixed(frame, "clay", np.random.default_rng(seed))

    assert mixed.groupby("pit")["clay"].nunique(dropna=False).max() == 1
    assert mixed["clay"].isna().tolist() == frame["clay"].isna().tolist()
    assert sorted(mixed["clay"].dropna()) == sorted(frame["clay"].dropna())
    assert (mixed["clay"] != frame["clay"])[6:].mean() > 0.9


def test_a_search_shuffles_what_it_learns(path):
    """The resonance moves, the truth stays; what learns no labels has none to shuffle."""
    found = path()
    assert found.shuffled_column == "clay"
    roles = {name: column.role for name, column in found.settings.columns.items()}
    columns = {
        name: column.model_copy(update={"role": "resonance" if name == "x0" else roles[name]})
        for name, column in found.settings.columns.items()
    }
    study = found.settings.study.model_copy(update={"task": "anomaly-detection"})
    found.settings = found.settings.model_copy(update={"columns": columns, "study": study})
    assert found.shuffled_column is None
    found.membership = lambda values: np.asarray(values) > 1
    assert found.shuffled_column == "x0"


def test_a_fold_of_one_class_says_nothing():
    """It is left out, and where nothing is left there is no score."""
    said, rows = np.arange(10.0), np.arange(10)
    one = against_chance(np.zeros(10), said, rows, classes=True)
    assert one is None
    assert pooled([one, None]) is None
    assert pooled([one, Score(0.25, 0.1)]) == Score(0.25, pytest.approx(0.1))


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("tied", [True, False])
def test_the_error_of_chance_is_what_chance_does(classes, tied):
    """Measured on 400 draws, also where groups share their label."""
    rng, found = np.random.default_rng(0), []
    units = np.arange(200) // 4 if tied else np.arange(200)
    for _ in range(400):
        y = rng.random(200) < 0.2 if classes else rng.standard_t(3, size=200)
        y = y[units * 4].astype(float) if tied else y.astype(float)
        said = rng.normal(size=50)[units] + 0.1 * rng.normal(size=200) if tied else rng.normal(
            size=200
        )  # fmt: skip
        found.append(against_chance(y, said, units, classes=classes))
    scores = [score for score in found if score is not None]
    spread = np.std([score.value for score in scores])
    assert spread == pytest.approx(np.mean([score.error for score in scores]), rel=0.25)
