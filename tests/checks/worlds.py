"""Three more small worlds for planted faults; that of tables is `Trial` in test_matrix.py.

A faulty world differs from the clean one in the attributes that a fault changes before `states`
is asked.
"""

from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from boxloop.checks import run_check
from boxloop.measure.intervals import Interval, compare
from boxloop.settings.tables import Criterion

from .neutral import seedlings, stones

LEVEL = 0.9


def ask(calls, task):
    """Return the state of every check in ``{id: (args, options)}``."""
    return {
        name: run_check(name, *args, task=task, **options).state
        for name, (args, options) in calls.items()
    }


class Scales:
    """Weighing stones: three scales of known noise, so that the best possible answer is known.

    Laboratory 1 trains, laboratory 2 is the stranger. `tag` is a sticker that means nothing.
    """

    noise = MappingProxyType({"beam": 0.35, "spring": 0.4, "water": 0.45})

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.default_rng(200 + seed)
        self.inputs, self.tagged_with, self.strange_law = list(self.noise), 0.0, 0.0
        self.width, self.reported, self.reference_input = 1.0, "mean", "beam"
        self.leak, self.shrink = None, 1.0

    def stones(self, size, *, known_tag=True, law=0.0):
        """Return stones of unit scatter, as the scales see them.

        A stranger's spring and water may follow another law.
        """
        weight = self.rng.normal(size=size)
        frame = pd.DataFrame(
            {
                name: weight + sigma * self.rng.normal(size=size)
                for name, sigma in self.noise.items()
            }
        )
        frame[["spring", "water"]] += law
        said = weight if known_tag and self.tagged_with else np.zeros(size)
        frame["tag"] = self.tagged_with * said + self.rng.normal(size=size)
        if self.leak is not None:
            frame["spring"] = weight + self.leak * self.rng.normal(size=size)
        return frame.assign(weight=weight)

    def limit(self):
        """Return the scatter of the best possible inference from the three scales."""
        return 1 / np.sqrt(1 + sum(1 / sigma**2 for sigma in self.noise.values()))

    def states(self):
        train, held, strange = (
            self.stones(1500),
            self.stones(1500),
            self.stones(1500, known_tag=False, law=self.strange_law),
        )
        model = LinearRegression().fit(train[self.inputs], train["weight"])
        reference = LinearRegression().fit(train[[self.reference_input]], train["weight"])
        places = {"in": held, "out": strange}
        guess = {place: model.predict(rows[self.inputs]) for place, rows in places.items()}
        named = [self.reference_input]
        rough = {place: reference.predict(rows[named]) for place, rows in places.items()}
        sides = [self.compared(places[p]["weight"], guess[p], rough[p]) for p in places]
        nuisance = {"nuisance": ["tag"], "target": "weight", "seed": self.seed}
        trivial = self.compared(
            held["weight"], rough["in"], np.full(len(held), train["weight"].mean())
        )
        scatter = float(np.sqrt(np.mean((guess["in"] - held["weight"]) ** 2)))
        half = self.width * 1.645 * np.std(model.predict(train[self.inputs]) - train["weight"])
        luck = 0.3 + 0.01 * self.rng.normal(size=8)
        calls = {
            "baseline.beats_trivial": ([trivial["difference"]], {}),
            "diagnose.coverage": (
                [held["weight"], guess["in"] - half, guess["in"] + half],
                {"level": LEVEL, "seed": self.seed},
            ),
            "diagnose.regression_to_mean": (
                [held["weight"], self.shrink * guess["in"]],
                {"seed": self.seed},
            ),
            "features.target_leak": (
                [train],
                {"inputs": self.inputs, "target": "weight", "seed": self.seed},
            ),
            "features.nuisance_only": ([train], nuisance),
            "stress.overspecialisation": (sides, {}),
            "stress.swap": (
                [model, held],
                {"columns": ["tag"], "y": held["weight"], "seed": self.seed},
            ),
            "train.too_good": ([scatter, self.limit()], {}),
            "train.seeds": (
                [luck],
                {"reported": getattr(luck, self.reported)(), "better": "lower"},
            ),
        }
        return ask(calls, "regression")

    def compared(self, y, model, reference):
        """Return the errors of both, and the interval of the gain."""
        groups = np.arange(len(y))
        found = compare(
            y,
            {"model": model, "reference": reference},
            groups=groups,
            metrics=["rmse"],
            draws=200,
            seed=self.seed,
        )["rmse"]
        return {who: found[who]["value"] for who in ("model", "reference")} | {
            "difference": Interval(**found["difference"])
        }


class Garden:
    """Seedlings of two kinds and their background, for classifiers and searches."""

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.default_rng(300 + seed)
        self.table = seedlings(
            seed, 1500, separation=2.5, classes=("fern", "moss"), share=(0.6, 0.4)
        )
        self.table["visits"] = self.rng.poisson(10, len(self.table)).astype(float)
        self.stones = stones(seed)
        self.sharpness, self.always, self.flipped, self.choose_first = 1.0, None, 0.0, False

    def procedure(self, X, y, groups, seed):
        """Choose 20 of 500 columns of noise and cross-validate.

        The fault chooses before the folds.
        """
        noise = np.random.default_rng(seed).normal(size=(len(y), 500))
        select = SelectKBest(f_classif, k=20)
        model = (
            LogisticRegression()
            if self.choose_first
            else make_pipeline(select, LogisticRegression())
        )
        chosen = clone(select).fit_transform(noise, y) if self.choose_first else noise
        return roc_auc_score(
            y, cross_val_predict(model, chosen, y, cv=3, method="predict_proba")[:, 1]
        )

    def states(self):
        names, seed, rows = ["leaf", "stem", "root", "colour"], self.seed, self.table.copy()
        flip = self.rng.random(len(rows)) < self.flipped
        rows.loc[flip, "kind"] = rows.loc[flip, "kind"].map({"fern": "moss", "moss": "fern"})
        probability = cross_val_predict(
            LogisticRegression(), rows[names], rows["kind"], method="predict_proba"
        )
        logit = self.sharpness * np.log(probability / (1 - probability))
        stated = 1 / (1 + np.exp(-logit))
        kinds = np.unique(rows["kind"])
        predicted = np.full(len(rows), self.always) if self.always else kinds[stated.argmax(axis=1)]
        label = {"target": "kind", "seed": seed}
        small = rows[:400]
        calls = {
            "diagnose.accuracy_paradox": ([rows["kind"], predicted], {}),
            "diagnose.calibration": (
                [rows["kind"], stated],
                {"groups": rows["tray"], "seed": seed},
            ),
            "diagnose.label_noise": ([rows["kind"], probability], {}),
            "diagnose.class_conditional": (
                [self.stones["score"], self.stones["kind"]],
                {"total_rate": 0.05},
            ),
            "features.target_leak": ([rows], {"inputs": names, **label}),
            "features.nuisance_only": (
                [rows],
                {"nuisance": ["visits", "lamp"], "groups": "tray", **label},
            ),
            "features.missingness": ([rows], {"inputs": names, "groups": "tray", **label}),
            "train.permuted_labels": (
                [self.procedure, small[["leaf"]], small["kind"]],
                {"seed": seed},
            ),
        }
        search = {"stress.sculpting": ([self.stones["score"], self.stones["mass"]], {})}
        return ask(calls, "classification") | ask(search, "anomaly-detection")


class Desk:
    """The records of a study: ledger, criteria, log, answers, files, code."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.model = f"{rng.integers(10**9):x}"
        least = round(0.1 + 0.1 * rng.random(), 3)
        words = {"name": "better", "metric": "rmse", "set": "test", "quantity": "gain"}
        self.criteria = [Criterion(**words, at_least=least)]
        self.events = [
            {"event": "sealed", "content": "rows"},
            {"event": "trained", "criteria": [c.model_dump() for c in self.criteria]},
            {"event": "opened", "model": self.model},
        ]
        names = [f"attempt {k}" for k in range(rng.integers(4, 9))]
        self.tried = names
        self.log = [{"about": f"attempt: {name}", "explanation": "Too stiff."} for name in names]
        self.answers = [
            {"id": f"a{k}", "question": f"Why {k}?", "answered": True, "notebook": "01_scoping"}
            for k in range(30)
        ]
        self.stations = {
            "03_split": {
                "needs": {"data/raw/a.parquet": "1"},
                "makes": {"data/interim/train.parquet": f"{rng.integers(99):x}"},
            },
            "04_train": {"needs": {}, "makes": {"results/04_train/model.skops": "3"}},
        }
        self.stations["04_train"]["needs"] = dict(self.stations["03_split"]["makes"])
        self.first = rng.normal(size=50)
        self.second = self.first.copy()
        self.code = {
            "04_train": [
                ("fit", 'train = here.table("train")\nmodel.fit(train[inputs], train[target])')
            ],
            "08_release": [
                (
                    "seal",
                    "opened = open_seal(here.project, reason=release_reason, model_hash=known)",
                )
            ],
        }
        self.rng = rng

    def states(self):
        calls = {
            "seal.openings": ([self.events], {}),
            "seal.model_unchanged": ([self.events], {"model_hash": self.model}),
            "seal.untouched": ([self.code], {}),
            "criteria.unchanged": ([self.events], {"criteria": self.criteria}),
            "log.complete": ([self.tried, self.log], {}),
            "log.explained": ([self.log], {}),
            "answers.complete": ([self.answers], {}),
            "provenance.chain": ([self.stations], {}),
            "provenance.deterministic": ([self.first, self.second], {}),
            "baseline.domain_reference": (
                [SimpleNamespace(name="a rule", kind="domain", citation="Handbook", reason=None)],
                {},
            ),
        }
        return ask(calls, "regression")
