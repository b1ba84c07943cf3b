"""Several classes: the setting, the truth, a guess, and metrics that others compute too."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as known
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from studies.own_data import models
from studies.own_data.data import labelled
from test_adopt import project, written

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.checks.core import run_check
from boxloop.measure.intervals import compare
from boxloop.measure.kinds import SEVERAL, TASKS, kind_of
from boxloop.measure.metrics import METRICS, Yardstick
from boxloop.measure.predicted import conformal_sets
from boxloop.measure.task import Task, guess, out_of_fold
from boxloop.settings.load import load_settings
from boxloop.split.division import divide, folds

NAMES = ("RRab", "RRc", "DCEP", "LPV")
SHARES = (0.5, 0.3, 0.15, 0.05)
ALL = [metric.name for metric in METRICS.values() if metric.of_classes]


def said(n=800, seed=0, sharp=1.5):
    """Return codes of four unequal classes, and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=n, p=SHARES)
    odds = np.exp(rng.normal(size=(n, 4)) + sharp * np.eye(4)[truth])
    return truth, odds / odds.sum(axis=1, keepdims=True)


def stars(rows=400, seed=0, shares=SHARES, names=NAMES):
    """Return a table of stars, told apart by period and colour, with words and gaps."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(len(names), size=rows, p=shares)
    colour = np.where(rng.random(rows) < 0.1, np.nan, 0.3 * kind + rng.normal(size=rows) / 5)
    return pd.DataFrame({
        "period": np.exp(kind / 2 + rng.normal(size=rows) / 4),
        "colour": colour,
        "band": rng.choice(list("gri"), rows),
        "field": rng.integers(60, size=rows),
        "type": np.array(names, dtype=object)[kind],
    })  # fmt: skip


def asked(classes=NAMES, **more):
    """Return settings of a question of several classes, as far as a task asks them."""
    study = SimpleNamespace(
        task="classification", classes=list(classes), target="type", positive_class=None,
        primary_metric="class_log_loss", secondary_metrics=["macro_f1"], working_point=None,
        scale=None, outlier_bound=None, prevalence=None, class_weights={}, **more,
    )  # fmt: skip
    nothing = SimpleNamespace(
        study=study, role=lambda _: [], only=lambda _: None, seen=["period", "colour"]
    )
    return Task(nothing)


def test_every_metric_is_that_of_scikit_learn():
    """The log loss weighted by class is PLAsTiCC's, written out: a mean of means over classes."""
    truth, chance = said()
    called, equal = chance.argmax(axis=1), 1 / np.bincount(truth)[truth]
    options = {"multi_class": "ovr", "average": "macro"}
    theirs = {
        "accuracy": known.accuracy_score(truth, called),
        "macro_f1": known.f1_score(truth, called, average="macro"),
        "weighted_f1": known.f1_score(truth, called, average="weighted"),
        "macro_completeness": known.balanced_accuracy_score(truth, called),
        "macro_purity": known.precision_score(truth, called, average="macro"),
        "macro_roc_auc": known.roc_auc_score(truth, chance, **options),
        "class_log_loss": known.log_loss(truth, chance, sample_weight=equal),
    }
    assert {*theirs, "class_ece"} == set(ALL)
    for name, value in theirs.items():
        assert METRICS[name](truth, chance) == pytest.approx(value, rel=1e-12), name

    lost = -np.log(chance[np.arange(len(truth)), truth])
    means = np.array([lost[truth == code].mean() for code in range(4)])
    assert METRICS["class_log_loss"](truth, chance) == pytest.approx(means.mean(), rel=1e-12)
    heavy = Yardstick(classes=NAMES, class_weights=(1.0, 2.0, 1.0, 1.0))
    weighted = METRICS["class_log_loss"](truth, chance, yardstick=heavy)
    assert weighted == pytest.approx(np.average(means, weights=[1, 2, 1, 1]), rel=1e-12)


def test_the_calibration_error_is_the_mean_over_classes_against_the_rest():
    """Probabilities that are right have nearly none; those raised to a power have one."""
    rng = np.random.default_rng(1)
    _, chance = said(20_000)
    drawn = (rng.random((20_000, 1)) > chance.cumsum(axis=1)).sum(axis=1)
    sharper = chance**2 / (chance**2).sum(axis=1, keepdims=True)
    one_by_one = [METRICS["ece"](drawn == code, sharper[:, code]) for code in range(4)]

    assert METRICS["class_ece"](drawn, chance) < 0.003
    assert METRICS["class_ece"](drawn, sharper) == pytest.approx(np.mean(one_by_one))
    assert np.mean(one_by_one) > 0.03


def test_intervals_hold_the_truth_and_pairs_share_their_draws():
    """A better predictor is surely better, the same one is exactly as good."""
    truth, good = said()
    poor = 0.7 * good + 0.3 / 4
    groups = np.arange(len(truth)) // 2
    options = {"groups": groups, "metrics": ALL, "draws": 200, "seed": 1}
    found = compare(truth, {"model": good, "reference": poor}, **options)
    for name in ALL:
        value, low, high = found[name]["model"].values()
        assert low <= value <= high, name
    assert found["class_log_loss"]["difference"]["low"] > 0
    same = compare(truth, {"model": good, "reference": good}, **options)
    for name in ("class_log_loss", "macro_f1"):
        assert abs(same[name]["difference"]["value"]) == 0
    assert list(found["macro_f1"]["model"]["mix"]["classes"].values()) == pytest.approx(
        np.bincount(truth) / len(truth)
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_intervals_cover_what_they_promise(name):
    """Of 120 samples of 300 rows, nine in ten or more hold the value of very many rows."""
    metric = METRICS[name]
    true = metric(*said(200_000, seed=99))
    held = 0
    for seed in range(120):
        truth, chance = said(300, seed=seed)
        options = {"groups": np.arange(300), "metrics": [name], "draws": 200}
        entry = compare(truth, {"model": chance}, **options)[name]["model"]
        held += entry["low"] <= true <= entry["high"]
    assert held >= 0.9 * 120


def test_a_fold_without_a_class_gives_it_no_chance():
    """Columns stay in the order of the classes, also where fewer than three are left."""
    truth, chance = said(300)
    fit = LogisticRegression(max_iter=300).fit(chance[truth != 1], truth[truth != 1].astype(float))
    assert guess(fit, chance).shape == (300, 4)
    assert (guess(fit, chance)[:, 1] == 0).all()
    few = LogisticRegression().fit(chance[truth < 2], truth[truth < 2].astype(float))
    assert guess(few, chance).shape == (300,)  # who is not told of others sees two classes
    assert guess(few, chance, classes=4).shape == (300, 4)
    assert guess(few, chance, classes=4)[:, :2].sum(axis=1) == pytest.approx(1)

    rest = np.flatnonzero(truth > 1)
    cv = [(np.flatnonzero(truth < 2), rest), (rest, np.flatnonzero(truth < 2))]
    unseen = out_of_fold(LogisticRegression(), chance, truth.astype(float), cv)
    assert unseen.shape == (300, 4) and (unseen[rest, 2:] == 0).all()


def test_the_truth_is_the_place_in_the_list():
    """A class that study.toml does not name is refused by name."""
    frame = pd.DataFrame({"type": ["LPV", "RRab", "RRc "]})
    assert asked().truth(frame).tolist() == [3, 0, 1]
    with pytest.raises(UserError, match="'RRc ' stands in type and not in study"):
        asked(("RRab", "LPV", "DCEP")).truth(frame)
    assert kind_of(asked()._study) is SEVERAL and asked().kind.cut is None
    assert asked().kind.has_classes and asked().kind.name == "classification"
    assert TASKS["classification"].cut is not None


def test_who_knows_nothing_says_the_shares():
    """The trivial baseline gives every row the share of each class."""
    truth, chance = said()
    nothing = guess(asked().trivial().fit(chance, truth.astype(float)), chance)
    assert nothing == pytest.approx(np.tile(np.bincount(truth) / len(truth), (len(truth), 1)))


WRONG = {
    'classes = ["a", "b"]': "three or more different names",
    'classes = ["a", "b", "a"]': "three or more different names",
    'positive_class = "RRc"\nclasses = ["a", "b", "c"]': "exclude each other",
    "prevalence = 0.1": "belongs to a class of interest",
    "class_weights = {Mira = 2.0}": "names 'Mira', which is not in study.classes",
    "class_weights = {RRc = 0.0}": "must be above 0",
}


@pytest.mark.parametrize("line", WRONG)
def test_settings_that_contradict_each_other_are_refused(tmp_path, line):
    """In one sentence that names the key."""
    here = project(tmp_path)
    adopt(here, written(tmp_path, stars()), target="type")
    text = here.settings_file.read_text(encoding="utf-8")
    own = "classes =" in line
    kept = [row for row in text.splitlines() if not (own and row.startswith("classes"))]
    at = kept.index('task = "classification"') + 1
    here.settings_file.write_text("\n".join([*kept[:at], line, *kept[at:]]), encoding="utf-8")
    with pytest.raises(UserError, match=WRONG[line]):
        load_settings(here.settings_file)


def test_a_table_of_several_classes_is_asked_for_all_of_them(tmp_path):
    """The commonest first; one class is of interest where a person names one."""
    here, path = project(tmp_path), written(tmp_path, stars())
    found = adopt(here, path, target="type")
    study = load_settings(here.settings_file).study
    assert study.classes == list(NAMES) and study.positive_class is None
    assert study.primary_metric == "class_log_loss" and study.working_point is None
    assert any("all of them are told apart" in note for note in found.notes)

    adopt(here, path, target="type", positive="LPV", force=True)
    study = load_settings(here.settings_file).study
    assert study.classes is None and study.positive_class == "LPV"


def test_numbers_may_name_classes(tmp_path):
    """Whole numbers with a gap, which a file makes floats, are written as they were."""
    frame, codes = stars(), dict(zip(NAMES, (10, 20, 30, 40), strict=True))
    frame["type"] = frame["type"].map(codes).astype(float)
    frame.loc[7, "type"] = np.nan
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="type")
    settings = load_settings(here.settings_file)
    assert settings.study.classes == ["10", "20", "30", "40"]
    assert Task(settings).truth(frame.dropna(subset="type")).isin(range(4)).all()


def test_a_class_with_too_few_rows_is_left_out_and_said(tmp_path):
    """With how many it has, and how many would be enough."""
    frame = stars(shares=(0.5, 0.3, 0.19, 0.01))
    few = int((frame["type"] == "LPV").sum())
    here = project(tmp_path)
    found = adopt(here, written(tmp_path, frame), target="type")
    assert load_settings(here.settings_file).study.classes == list(NAMES[:3])
    (note,) = [note for note in found.notes if "too few rows" in note]
    assert f"LPV ({few})" in note and "left out" in note
    assert re.search(r"about \d+ rows of a class( in as many groups)? would be enough", note)


def test_two_classes_with_rows_enough_are_one_against_the_rest(tmp_path):
    """As it was before there were several."""
    frame = stars(shares=(0.6, 0.38, 0.01, 0.01))
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="type")
    study = load_settings(here.settings_file).study
    assert study.classes is None and study.positive_class == "RRc"


def test_every_part_and_fold_has_rows_of_every_class(tmp_path):
    """Where groups hold one class each, the rarest in six of 120 groups."""
    rng = np.random.default_rng(3)
    frame = stars(1200)
    names = np.repeat(NAMES, [60, 30, 24, 6])
    frame["field"] = rng.integers(120, size=len(frame))
    frame["type"] = names[frame["field"]]
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="type", group="field")
    settings = load_settings(here.settings_file)
    kept = frame[frame["type"].isin(settings.study.classes)].reset_index(drop=True)
    parts = divide(kept, settings)
    for part in (parts.train, parts.validation, parts._test):
        assert set(part["type"]) == set(settings.study.classes)
    assert not set(parts.train["field"]) & set(parts._test["field"])
    for fitted, held in folds(parts.train, settings):
        assert len(set(parts.train["type"].iloc[fitted])) == len(settings.study.classes)
        assert len(held)


def test_a_rate_by_kind_of_background_is_no_question_of_several_classes():
    """Each class has its own rates, and no class is background."""
    truth, chance = said()
    row = run_check("diagnose.class_conditional", chance, truth, total_rate=0.1)
    assert row.state == "not-applicable" and "class of interest" in row.reason


def test_a_set_of_classes_holds_nine_in_ten():
    """Of new rows like those that it was set by; what is sure has one class in it."""
    truth, chance = said(4_000, seed=5)
    new, others = said(4_000, seed=6)
    sets = conformal_sets(chance, truth, others)
    held = sets[np.arange(len(new)), new].mean()
    assert 0.88 < held < 0.92 and sets.any(axis=1).all()
    sure = said(1_000, seed=7, sharp=12.0)
    assert conformal_sets(sure[1], sure[0], sure[1]).sum(axis=1).max() == 1
    assert conformal_sets(chance[:8], truth[:8], others).all()  # of eight rows none is ruled out


def test_the_grid_of_a_straight_border_ends_beyond_its_best(tmp_path, monkeypatch):
    """Also where classes lie apart, as irises do: else the reference would be tuned unfairly."""
    flowers = load_iris(as_frame=True)
    frame = flowers.data.assign(species=flowers.target_names[flowers.target])
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="species")
    monkeypatch.chdir(here.root)
    settings = load_settings(here.settings_file)
    rows, task = labelled(here.raw), Task(settings)
    grid = models.grids()["reference"]
    search = GridSearchCV(
        models.ladder(0)["logistic regression"], grid, scoring="neg_log_loss", cv=5
    ).fit(task.seen(rows), task.truth(rows))

    ((name, values),) = grid.items()
    assert search.best_params_[name] not in (values[0], values[-1])
