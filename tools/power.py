"""Measure what the checks hear: false alarms on clean worlds, and power against planted faults.

    python tools/power.py [--rows 1000 3000] [--seeds 40] [--only FAULT ...] [--worlds WORLD ...]
    python tools/power.py --checks CHECK ... --add     of some checks alone, into the kept table

The worlds (tools/worlds.py) were written for this alone: no check was tuned to them. Printed and
kept in ``boxloop/checks/power.csv`` of the template is one line per fault, strength, world and
number of rows: how often a check failed, asked a person, could not tell, or passed.
"""

import argparse
import csv
import inspect
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "{{cookiecutter.project_slug}}"
for folder in (PROJECT, ROOT / "tools"):
    sys.path.insert(0, str(folder))

from worlds import WORLDS, World  # noqa: E402  # found by the lines above

KEPT = PROJECT / "boxloop" / "checks" / "power.csv"
NAMES = (
    "fault",
    "strength",
    "check",
    "world",
    "rows",
    "runs",
    "fail",
    "asked",
    "cannot_tell",
    "pass",
)
STATES = {"fail": "fail", "unanswered": "asked", "cannot-tell": "cannot_tell", "pass": "pass"}


class Study:
    """What the notebooks would hand to the checks, for one world and one seed."""

    def __init__(self, world: World, seed: int, **changes: Any) -> None:
        self.world, self.seed, self.changes = world, seed, changes
        self.rng = np.random.default_rng([7, seed])

    @cached_property
    def parts(self) -> np.ndarray:
        """0 for training, 1 for validation, 2 for test; groups stay whole."""
        group = self.world.group
        units = self.world.frame[group] if group else np.arange(len(self.world.frame))
        names, codes = np.unique(units, return_inverse=True)
        place = self.rng.permutation(len(names)) / len(names)
        return np.searchsorted([0.6, 0.8], place, side="right")[codes]

    def part(self, number: int) -> pd.DataFrame:
        """Return the rows of one part."""
        return self.world.frame[self.parts == number].reset_index(drop=True)

    @cached_property
    def train(self) -> pd.DataFrame:
        """The training rows."""
        return self.part(0)

    @cached_property
    def validation(self) -> pd.DataFrame:
        """The validation rows."""
        return self.part(1)

    @property
    def held(self) -> dict[str, pd.DataFrame]:
        """The held-out rows by name, as `Parts.guard` hands them."""
        return {"validation": self.validation, "test": self.part(2)}

    def truth(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the target of some rows as numbers."""
        return replace(self.world, frame=rows).truth

    def groups(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the unit of each row."""
        group = self.world.group
        return rows[group].to_numpy() if group else np.arange(len(rows))

    @cached_property
    def model(self) -> Any:
        """An unfitted pipeline that copes with words and gaps."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        classes = self.world.positive is not None
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        boosting = kind(max_iter=60, learning_rate=0.1, max_leaf_nodes=8, random_state=self.seed)
        return self.pipeline(boosting.set_params(early_stopping=False))

    def pipeline(self, *last: Any) -> Any:
        """Return a pipeline that makes numbers of words, scales them, and ends with `last`."""
        from sklearn.compose import make_column_transformer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OrdinalEncoder, StandardScaler

        rows = self.train[self.world.inputs]
        words = [name for name in rows if not pd.api.types.is_numeric_dtype(rows[name])]
        others = [name for name in rows if name not in words]
        code = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        return make_pipeline(
            make_column_transformer((code, words), (StandardScaler(), others)), *last
        )

    def folds(self, rows: np.ndarray | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return five folds of whole groups of the training rows, or of some of them."""
        from boxloop.split.division import group_folds

        groups = self.groups(self.train)
        return group_folds(groups if rows is None else groups[rows], 5, seed=self.seed)

    @cached_property
    def fitted(self) -> Any:
        """The model fitted to the training rows."""
        return self.model.fit(self.train[self.world.inputs], self.truth(self.train))

    def guess(self, rows: pd.DataFrame) -> np.ndarray:
        """Return predictions, or the probability of the class of interest."""
        X = rows[self.world.inputs]
        if self.world.positive is None:
            return self.fitted.predict(X)
        return self.fitted.predict_proba(X)[:, 1]

    def ask(self, check_id: str, *args: Any, **options: Any) -> str:
        """Return the state of one check; what it does not take is not handed to it."""
        from boxloop.checks import REGISTRY, run_check

        known = inspect.signature(REGISTRY[check_id].function).parameters
        taken = {name: value for name, value in options.items() if name in known}
        return run_check(check_id, *args, task=self.world.task, **taken).state


def _split_facts(study: Study) -> dict[str, Any]:
    return {"inputs": study.world.inputs, "columns": study.world.columns, "seed": study.seed}


def _groups_known(study: Study) -> str:
    facts = _split_facts(study)
    return study.ask("split.groups", study.train, study.held, group=study.world.group, **facts)


def _time(study: Study) -> str:
    return study.ask("split.time", study.train, study.held, time=None, **_split_facts(study))


def _copies(check_id: str) -> Callable:
    def ask(study: Study) -> str:
        options = {"columns": study.world.inputs, "seed": study.seed}
        return study.ask(check_id, study.train, study.held, **options)

    return ask


def _shift(study: Study) -> str:
    world, one, two = study.world, study.train.iloc[::2], study.train.iloc[1::2]
    options = {"inputs": world.inputs, "groups": world.group, "seed": study.seed}
    return study.ask("split.deployment_shift", one, two, **options)


def _leak(study: Study) -> str:
    options = _split_facts(study) | {"target": study.world.target}
    return study.ask("features.target_leak", study.train, **options)


def _alone(check_id: str) -> Callable:
    def ask(study: Study) -> str:
        world, train = study.world, study.train
        own = {"nuisance": world.nuisance} if "nuisance" in check_id else {"inputs": world.inputs}
        options = {"target": world.target, "groups": study.groups(train), "seed": study.seed}
        return study.ask(check_id, train, **own, **options)

    return ask


def _pipeline(study: Study) -> str:
    X, y = study.train[study.world.inputs], study.truth(study.train)
    return study.ask("train.pipeline", study.fitted, X, y)


def _permuted(study: Study) -> str:
    X, y = study.train[study.world.inputs], study.truth(study.train)
    options = {"groups": study.groups(study.train), "seed": study.seed}
    return study.ask("train.permuted_labels", study.model, X, y, **options)


def _guessed(study: Study) -> tuple[np.ndarray, np.ndarray, dict]:
    rows = study.validation
    options = {"groups": study.groups(rows), "seed": study.seed}
    return study.truth(rows), study.guess(rows), options


def _regression_to_mean(study: Study) -> str:
    y, guess, options = _guessed(study)
    guess = y.mean() + study.changes.get("stretch", 1) * (guess - y.mean())
    return study.ask("diagnose.regression_to_mean", y, guess, **options)


def _coverage(study: Study) -> str:
    from scipy.stats import t

    _, guess, options = _guessed(study)
    # Errors of a known law, so that the share within an interval is known, not estimated.
    errors = np.random.default_rng([19, study.seed]).standard_t(4, len(guess))
    half = t.ppf((1 + study.changes.get("covered", 0.9)) / 2, 4)
    judged = guess + errors, guess - half, guess + half
    return study.ask("diagnose.coverage", *judged, level=0.9, **options)


def _calibration(study: Study) -> str:
    _, guess, options = _guessed(study)
    # What comes true is drawn from the probabilities: they are right, however well boosting did.
    true = np.random.default_rng([17, study.seed]).random(len(guess)) < guess
    stated = _expit(study.changes.get("sharper", 1) * _logit(guess))
    return study.ask("diagnose.calibration", true.astype(int), stated, **options)


def _logit(score: np.ndarray) -> np.ndarray:
    inside = np.clip(score, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def _expit(score: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-score))


def _accuracy(study: Study) -> str:
    y, guess, _ = _guessed(study)
    return study.ask("diagnose.accuracy_paradox", y.astype(int), (guess >= 0.5).astype(int))


def _label_noise(study: Study) -> str:
    rows = pd.concat([study.train, study.validation], ignore_index=True)
    labels = study.truth(rows).astype(int)
    return study.ask("diagnose.label_noise", labels, out_of_fold(study, rows))


def _class_conditional(study: Study) -> str:
    y, guess, _ = _guessed(study)
    kinds = study.validation[study.world.target].astype(str)[y == 0]
    rate = max(0.05, 1 / np.sum(y == 0))
    return study.ask("diagnose.class_conditional", guess[y == 0], kinds, total_rate=rate)


def _swap(study: Study) -> str:
    y, _, _ = _guessed(study)
    options = {"columns": study.world.nuisance, "y": y, "seed": study.seed}
    return study.ask("stress.swap", study.fitted, study.validation, **options)


def _sculpting(study: Study) -> str:
    world = study.world
    rest = world.frame[world.frame[world.target] != world.positive]
    score, mass = study.guess(rest), rest[world.mass].to_numpy()
    bent = study.changes.get("bent", lambda score, mass: score)  # noqa: ARG005
    return study.ask("stress.sculpting", bent(score, mass), mass, rate=0.1)


def _seeds(study: Study) -> str:
    chance = np.random.default_rng([13, study.seed])
    draws = 0.3 + 0.01 * chance.normal(size=study.changes.get("tried", 1))
    own = [draws.min(), *(0.3 + 0.01 * chance.normal(size=4))]

    def more() -> list[float]:
        return list(0.3 + 0.01 * chance.normal(size=15))

    return study.ask("train.seeds", own, reported=own[0], better="lower", more=more)


def out_of_fold(study: Study, rows: pd.DataFrame) -> np.ndarray:
    """Return what models say of rows that they were not fitted to."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=study.seed)
    X, y = rows[study.world.inputs], study.truth(rows)
    return cross_val_predict(study.model, X, y, cv=folds, method="predict_proba")[:, 1]


def _scoring(study: Study) -> tuple[str, str]:
    """Return the primary metric of an adopted table of the task, and its name in scikit-learn."""
    from boxloop.measure.kinds import TASKS

    metric = TASKS[study.world.task].primary_metric
    return metric, {"rmse": "neg_root_mean_squared_error"}.get(metric, metric)


NEIGHBOURS = (2, 4, 8, 16, 32, 64, 128)  # of which the best lies inside, in every world


def _search(study: Study) -> str:
    """Search the number of neighbours as 04 does: over the folds, and inside each of them."""
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import GridSearchCV, KFold
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    X = study.pipeline(SimpleImputer()).fit_transform(study.train[study.world.inputs])
    y, (metric, scoring) = study.truth(study.train), _scoring(study)
    model = KNeighborsRegressor() if study.world.positive is None else KNeighborsClassifier()
    grid = {"n_neighbors": list(study.changes.get("grid", NEIGHBOURS))}

    def searched(rows: np.ndarray, cv: Any) -> Any:
        found = GridSearchCV(model, grid, cv=cv, scoring=scoring, refit=False)
        return found.fit(X[rows], y[rows])

    apart = KFold(2, shuffle=True, random_state=study.seed)  # rows, whatever they belong to
    fitted = [rows for rows, _ in study.folds()]
    careless = "careless" in study.changes
    nested = [searched(rows, apart if careless else study.folds(rows)[:2]) for rows in fitted]
    whole = searched(np.arange(len(y)), study.folds())
    options = {"choice": "neighbours", "metric": metric, "rivals": ["neighbours"]}
    return study.ask("train.search", {"neighbours": whole}, nested=nested, **options)


def _rivals(world: World, seed: int) -> dict[str, Any]:
    from types import SimpleNamespace

    from boxloop.measure.untuned import rivals

    columns = {name: SimpleNamespace(unit="") for name in world.inputs}
    asked = SimpleNamespace(task=world.task, target=world.target, positive_class=world.positive)
    return rivals(SimpleNamespace(study=asked, inputs=world.inputs, columns=columns), seed=seed)


def _by_fold(study: Study, model: Any) -> list[float]:
    """Return the primary metric of a model in each fold."""
    from boxloop.measure.metrics import METRICS
    from boxloop.measure.task import guess

    X, y, found = study.train[study.world.inputs], study.truth(study.train), []
    for fitted, held in study.folds():
        said = guess(model.fit(X.iloc[fitted], y[fitted]), X.iloc[held])
        found.append(METRICS[_scoring(study)[0]](y[held], said))
    return found


@cache
def _leader(world: str) -> str:
    """Return the rival that leads in a world, by rows that no run holds."""
    from boxloop.measure.metrics import METRICS

    study = Study(WORLDS[world](6_000, 99_999), 99_999)
    sign = METRICS[_scoring(study)[0]].sign
    means = {
        name: sign * np.mean(_by_fold(study, one)) for name, one in _rivals(study.world, 0).items()
    }
    return max(means, key=lambda name: means[name])


@cache
def _untuned(world: str, size: int, seed: int) -> dict[str, list[float]]:
    study = Study(WORLDS[world](size, seed), seed % 1_000)
    return {name: _by_fold(study, one) for name, one in _rivals(study.world, study.seed).items()}


def _headroom(study: Study) -> str:
    """Hold the rival that leads, made with other random numbers, against both as they come."""
    world, seen = study.world, study.changes.get("seen", 1.0)
    some = replace(world, inputs=world.inputs[: max(1, round(seen * len(world.inputs)))])
    model = _rivals(some, study.seed + 500)[_leader(world.name)]
    drawn = study.seed + 1_000 * ("seen" in study.changes)  # as `planted` draws its worlds
    rivals = _untuned(world.name, len(world.frame), drawn)
    metric, _ = _scoring(study)
    return study.ask("train.headroom", _by_fold(study, model), rivals, metric=metric)


REGRESSION, CLASSES, SEARCH = "regression", "classification", "anomaly-detection"
EVERY = (REGRESSION, CLASSES, SEARCH)
# How each check is asked, as the notebooks ask it; and by which tasks.
CALLS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "split.groups": (_groups_known, EVERY),
    "split.duplicates": (_copies("split.duplicates"), EVERY),
    "split.near_duplicates": (_copies("split.near_duplicates"), EVERY),
    "split.time": (_time, EVERY),
    "split.deployment_shift": (_shift, EVERY),
    "features.identifier": (
        lambda study: study.ask("features.identifier", study.train, inputs=study.world.inputs),
        EVERY,
    ),
    "features.target_leak": (_leak, EVERY),
    "features.nuisance_only": (_alone("features.nuisance_only"), EVERY),
    "features.missingness": (_alone("features.missingness"), EVERY),
    "train.pipeline": (_pipeline, EVERY),
    "train.permuted_labels": (_permuted, (REGRESSION, CLASSES)),
    "train.seeds": (_seeds, EVERY),
    "train.search": (_search, (REGRESSION, CLASSES)),
    "train.headroom": (_headroom, EVERY),
    "diagnose.regression_to_mean": (_regression_to_mean, (REGRESSION,)),
    "diagnose.coverage": (_coverage, (REGRESSION,)),
    "diagnose.calibration": (_calibration, (CLASSES,)),
    "diagnose.accuracy_paradox": (_accuracy, (CLASSES,)),
    "diagnose.label_noise": (_label_noise, (CLASSES,)),
    "diagnose.class_conditional": (_class_conditional, (CLASSES, SEARCH)),
    "stress.swap": (_swap, EVERY),
    "stress.sculpting": (_sculpting, (SEARCH,)),
}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong in a table, at several strengths.

    Parameters
    ----------
    name : str
    heard_by : tuple of str
        The checks of which one should fail or ask.
    strengths : tuple
        The strongest last.
    plant : callable
        ``(world, strength, rng) -> World``, or a World and changes of the study.
    tasks : tuple of str
    """

    name: str
    heard_by: tuple[str, ...]
    strengths: tuple
    plant: Callable
    tasks: tuple[str, ...] = ("regression", "classification", "anomaly-detection")


def _spread(
    rows: pd.DataFrame, names: list[str], size: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return rows whose numbers are moved by a share of the spread of their column."""
    numbers = [name for name in names if pd.api.types.is_float_dtype(rows[name])]
    rows = rows.copy()
    for name in numbers:
        rows[name] += size * rows[name].std() * rng.normal(size=len(rows))
    return rows


def _joined(world: World, rows: pd.DataFrame, positions: np.ndarray) -> World:
    """Return the world with rows more, each a unit of its own, and all in a new order."""
    if world.group:
        last = world.frame[world.group].max() + 1
        rows = rows.assign(**{world.group: last + np.arange(len(rows))})
    frame = pd.concat([world.frame, rows], ignore_index=True)
    origin = np.r_[np.arange(len(world.frame)), positions]
    order = np.random.default_rng(len(frame)).permutation(len(frame))
    frame, origin = frame.iloc[order].reset_index(drop=True), origin[order]
    again = world.again
    return replace(world, frame=frame, again=lambda rows, rng: again(origin[rows], rng))


def measured_twice(world: World, share: float, rng: np.random.Generator) -> World:
    """Take some objects again: the same inputs, the target measured anew."""
    size = len(world.frame)
    rows = np.sort(rng.choice(size, round(share * size), replace=False))
    twins = world.frame.iloc[rows].assign(**{world.target: world.again(rows, rng)})
    return _joined(world, twins, rows)


def near_copies(world: World, jitter: float, rng: np.random.Generator) -> World:
    """Take a tenth of the objects again, with a little noise on every number."""
    size = len(world.frame)
    rows = np.sort(rng.choice(size, size // 10, replace=False))
    twins = world.frame.iloc[rows].assign(**{world.target: world.again(rows, rng)})
    return _joined(world, _spread(twins, world.inputs, jitter, rng), rows)


def one_afresh(world: World, jitter: float, rng: np.random.Generator) -> World:
    """Take a tenth again: one input measured afresh, the others with a little noise."""
    size = len(world.frame)
    rows = np.sort(rng.choice(size, size // 10, replace=False))
    twins = _spread(world.frame.iloc[rows], world.inputs, jitter, rng)
    fresh = world.inputs[1]
    twins[fresh] = rng.permutation(world.frame[fresh].to_numpy())[: len(rows)]
    twins[world.target] = world.again(rows, rng)
    return _joined(world, twins, rows)


def three_of_each(world: World, jitter: float, rng: np.random.Generator) -> World:
    """Measure a third of the objects three times each, and name no group."""
    rows = np.repeat(np.arange(len(world.frame) // 3), 3)
    frame = _spread(world.frame.iloc[rows], world.inputs, jitter, rng).reset_index(drop=True)
    frame[world.target] = world.again(rows, rng)
    return replace(world, frame=frame, group=None)


def leak(world: World, noise: float, rng: np.random.Generator) -> World:
    """Add a column that is the target with a little noise."""
    y = world.truth
    column = y + noise * y.std() * rng.normal(size=len(y))
    return _with(world, column)


def _with(world: World, column: Any, name: str = "index") -> World:
    frame = world.frame.assign(**{name: column})
    return replace(world, frame=frame, inputs=[*world.inputs, name])


def from_two(world: World, rounding: float, rng: np.random.Generator) -> World:
    """Hide the target in the difference of two columns."""
    y = world.truth
    first = y.mean() + 2 * y.std() * rng.normal(size=len(y))
    first = np.round(first, 3) if rounding else first
    other = _with(world, first, "reading_a")
    return _with(other, first - y, "reading_b")


def in_half(world: World, share: float, rng: np.random.Generator) -> World:
    """Add a column that is the target in a share of the rows, and noise in the others."""
    y = world.truth
    column = np.where(rng.random(len(y)) < share, y, y.mean() + y.std() * rng.normal(size=len(y)))
    return _with(world, column)


def copied_label(world: World, wrong: float, rng: np.random.Generator) -> World:
    """Add the label as a column, with some of them wrong."""
    labels = world.frame[world.target].to_numpy()
    mixed = np.where(rng.random(len(labels)) < wrong, rng.permutation(labels), labels)
    return _with(world, mixed, "grade")


def telling_nuisance(world: World, share: float, rng: np.random.Generator) -> World:
    """Let a nuisance explain a share of the target's variance."""
    y = world.truth
    column = np.sqrt(share) * (y - y.mean()) / y.std() + np.sqrt(1 - share) * rng.normal(
        size=len(y)
    )
    return replace(world, frame=world.frame.assign(**{world.nuisance[0]: column}))


def telling_class(world: World, area: float, rng: np.random.Generator) -> World:
    """Let a nuisance tell the class of interest with a given AUC."""
    from scipy.stats import norm

    column = np.sqrt(2) * norm.ppf(area) * world.truth + rng.normal(size=len(world.frame))
    return replace(world, frame=world.frame.assign(**{world.nuisance[0]: column}))


def telling_gaps(world: World, share: float, rng: np.random.Generator) -> World:
    """Let values be missing where the target is high."""
    high = world.truth > np.quantile(world.truth, 0.8)
    gone = rng.random(len(high)) < np.where(high, share, 0.02)
    name = world.inputs[-1]
    return replace(world, frame=world.frame.assign(**{name: world.frame[name].where(~gone)}))


def flipped(world: World, share: float, rng: np.random.Generator) -> World:
    """Give some rows the label of another class."""
    labels = world.frame[world.target].to_numpy().copy()
    rows = rng.random(len(labels)) < share
    other = world.positive
    rest = labels[labels != other][0]
    labels[rows] = np.where(labels[rows] == other, rest, other)
    frame = world.frame.assign(**{world.target: labels})
    return replace(world, frame=frame, again=lambda rows, rng: labels[rows])  # noqa: ARG005


def short_intervals(_: World, covered: float, __: np.random.Generator) -> dict[str, Any]:
    """Promise 90 % and cover less."""
    return {"covered": covered}


def short_grid(_: World, last: int, __: np.random.Generator) -> dict[str, Any]:
    """End the search at a number of neighbours below the best one."""
    return {"grid": (last // 4, last // 2, last)}


def unused(_: World, share: float, __: np.random.Generator) -> dict[str, Any]:
    """Hand the model a share of the inputs, the first ones."""
    return {"seen": share}


def careless(world: World, jitter: float, rng: np.random.Generator) -> dict[str, Any]:
    """Measure a third of the objects three times, and cut them apart inside the search alone."""
    rows = three_of_each(world, jitter, rng)
    piece = np.repeat(np.arange(len(rows.frame) // 3), 3)
    one = rows.frame[world.target].to_numpy()[3 * piece]  # the target belongs to the object
    rows = replace(rows, frame=rows.frame.assign(**{"piece": piece, world.target: one}))
    rows = replace(rows, group="piece")
    return {"world": rows, "careless": True, "grid": (1, *NEIGHBOURS)}


def stretched(_: World, factor: float, __: np.random.Generator) -> dict[str, Any]:
    """Draw the predictions to their mean, or away from it."""
    return {"stretch": factor}


def overconfident(_: World, factor: float, __: np.random.Generator) -> dict[str, Any]:
    """Multiply the log odds of every probability."""
    return {"sharper": factor}


def lucky(_: World, tried: int, __: np.random.Generator) -> dict[str, Any]:
    """Take for the first seed the best of several."""
    return {"tried": tried}


def drifting(_: World, strength: float, __: np.random.Generator) -> dict[str, Any]:
    """Let the score grow smoothly with the mass: no bump, and no alarm."""
    return {"bent": lambda score, mass: _logit(score) + strength * np.log(mass)}


def carving(_: World, strength: float, __: np.random.Generator) -> dict[str, Any]:
    """Let the score prefer a window of mass."""

    def bent(score: np.ndarray, mass: np.ndarray) -> np.ndarray:
        return _logit(score) + strength * np.exp(-0.5 * ((mass - 5.28) / 0.05) ** 2)

    return {"bent": bent}


COPIES = ("split.duplicates", "split.near_duplicates", "split.groups")
LEAK, NUISANCE = ("features.target_leak",), ("features.nuisance_only",)
NUMBERS, LABELS = (REGRESSION,), (CLASSES, SEARCH)
FAULTS = [
    Fault("measured twice", COPIES, (0.01, 0.05, 0.2), measured_twice),
    Fault("near copies, a tenth", COPIES, (0.1, 0.03, 0.01, 0.003), near_copies),
    Fault("copies with one input afresh", COPIES, (0.03, 0.01), one_afresh),
    Fault("each object three times", COPIES, (0.3, 0.1, 0.03), three_of_each),
    Fault("target and noise", LEAK, (0.4, 0.2, 0.05), leak, NUMBERS),
    Fault("target from two columns", LEAK, (1, 0), from_two, NUMBERS),
    Fault("exact in a share of the rows", LEAK, (0.2, 0.5), in_half, NUMBERS),
    Fault("label copied, some wrong", LEAK, (0.1, 0.02), copied_label, LABELS),
    Fault("nuisance, R²", NUISANCE, (0.05, 0.1, 0.2), telling_nuisance, NUMBERS),
    Fault("nuisance, AUC", NUISANCE, (0.65, 0.7, 0.8), telling_class, LABELS),
    Fault("gaps that tell", ("features.missingness",), (0.15, 0.4), telling_gaps),
    Fault("best of some seeds", ("train.seeds",), (5, 50, 200, 1_000), lucky, NUMBERS),
    Fault(
        "covered, 0.90 promised",
        ("diagnose.coverage",),
        (0.87, 0.85, 0.8),
        short_intervals,
        NUMBERS,
    ),
    Fault("stretched", ("diagnose.regression_to_mean",), (1.3, 1.6), stretched, NUMBERS),
    Fault("overconfident", ("diagnose.calibration",), (1.5, 2.0, 3.0), overconfident, (CLASSES,)),
    Fault("grid ends early", ("train.search",), (16, 8, 4), short_grid, (REGRESSION, CLASSES)),
    Fault("careless search", ("train.search",), (0.3, 0.02), careless, (REGRESSION, CLASSES)),
    Fault("inputs unused", ("train.headroom",), (0.5, 0.2), unused),
    Fault("labels flipped", ("diagnose.label_noise",), (0.02, 0.05, 0.1), flipped, (CLASSES,)),
    Fault("carved bump", ("stress.sculpting",), (1.0, 2.0, 4.0), carving, (SEARCH,)),
    Fault("none: a drift with mass", ("stress.sculpting",), (0.5, 2.0), drifting, (SEARCH,)),
]


def asked(study: Study, names: Iterable[str]) -> dict[str, str]:
    """Return the states of the checks that are for the task of the study."""
    task = study.world.task
    return {name: CALLS[name][0](study) for name in names if task in CALLS[name][1]}


def clean(name: str, size: int, seeds: int, checks: Iterable[str]) -> Iterator[tuple]:
    """Yield what checks say of one world where all is well, and how many runs heard one of all."""
    whole = [*checks] == [*CALLS]
    counts: dict[str, Counter] = {"any of them": Counter()} if whole else {}
    for seed in range(seeds):
        found = asked(Study(WORLDS[name](size, seed), seed), checks)
        for check_id, state in found.items():
            counts.setdefault(check_id, Counter())[state] += 1
        if whole:
            loud = any(state in ("fail", "unanswered") for state in found.values())
            counts["any of them"]["fail" if loud else "pass"] += 1
    for check_id, states in counts.items():
        yield "none", "", check_id, name, size, states


def planted(fault: Fault, name: str, size: int, seeds: int) -> Iterator[tuple]:
    """Yield how often a fault of each strength is heard in one world, by the loudest check."""
    order = ["fail", "unanswered", "cannot-tell", "pass", "not-applicable"]
    for strength in fault.strengths:
        states: Counter = Counter()
        for seed in range(seeds):
            world, rng = WORLDS[name](size, 1_000 + seed), np.random.default_rng([11, seed])
            made = fault.plant(world, strength, rng)
            changes = made if isinstance(made, dict) else {"world": made}
            study = Study(**({"world": world, "seed": seed} | changes))
            found = asked(study, fault.heard_by)
            states[min(found.values(), key=order.index)] += 1
        yield fault.name, strength, " or ".join(fault.heard_by), name, size, states


def measured(options: argparse.Namespace) -> Iterator[tuple]:
    """Yield a row for every fault, strength, world and number of rows."""
    for name in options.worlds:
        task = WORLDS[name](100, 0).task
        for size in options.rows:
            if "none" in options.only:
                yield from clean(name, size, options.seeds, options.checks)
            for fault in FAULTS:
                known = fault.name in options.only and {*fault.heard_by} & {*options.checks}
                if known and task in fault.tasks:
                    yield from planted(fault, name, size, options.seeds)


def with_others(rows: list[list]) -> list[list]:
    """Return the kept rows with these in place of those of the same fault, check, world and size.

    What was measured of all checks together stays: that any of them was heard in a clean world is
    to be measured again only where one of these was.
    """
    own = [[str(value) for value in row] for row in rows]
    with KEPT.open(encoding="utf-8", newline="") as file:
        kept = list(csv.reader(file))[1:]
    new = {tuple(row[:5]) for row in own}
    return [*(row for row in kept if tuple(row[:5]) not in new), *own]


def main() -> None:
    """Measure, print as it goes, and keep the whole if everything was asked for."""
    names = ["none", *(fault.name for fault in FAULTS)]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 3_000])
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--checks", nargs="+", choices=CALLS, default=list(CALLS))
    parser.add_argument("--out", type=Path, default=None, help="keep the table in this file")
    parser.add_argument("--add", action="store_true", help="put the rows into the kept table")
    options = parser.parse_args()
    rows, begin = [], time.perf_counter()
    for *facts, states in measured(options):
        shares = {column: states[state] for state, column in STATES.items()}
        rows.append([*facts, sum(states.values()), *shares.values()])
        print(f"{time.perf_counter() - begin:6.0f} s ", *rows[-1], sep="  ", flush=True)
    whole = len(options.only) == len(names) and options.checks == list(CALLS)
    out = options.out or (KEPT if whole or options.add else None)
    rows = with_others(rows) if options.add else rows
    if out:
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([NAMES, *rows])


if __name__ == "__main__":
    main()
