"""On clean tables every check is quiet.

A planted fault is heard by its own check and by its declared companions only.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from boxloop.checks import REGISTRY, run_check

from .neutral import INPUTS, manifest, parts, seedlings, stones, trial


class Trial:
    """A regression study that faults can be planted into before the checks see it."""

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.default_rng(100 + seed)
        whole = trial(seed, 450)
        self.frame, self.deployment = whole[whole["plot"] % 3 > 0], whole[whole["plot"] % 3 == 0]
        self.train, self.held_out = parts(self.frame)
        self.inputs, self.columns, self.scaled_on = list(INPUTS), manifest(), None

    def everything(self):
        return pd.concat([self.train, *self.held_out.values()], ignore_index=True)

    def states(self):
        """Run every check that needs tables or a model, and return the states."""
        frame, seed = self.everything(), self.seed
        model = make_pipeline(SimpleImputer(), StandardScaler(), Ridge())
        seen = self.train if self.scaled_on is None else self.scaled_on
        model.fit(seen[self.inputs], seen["harvest"])
        trees = make_pipeline(
            SimpleImputer(), ExtraTreesRegressor(n_estimators=20, random_state=seed)
        )
        trees.fit(self.train[self.inputs], self.train["harvest"])
        rows = self.held_out["validation"]
        y, predicted, groups = rows["harvest"], trees.predict(rows[self.inputs]), rows["plot"]
        calls = self.calls(frame, model, trees, (y, predicted, groups))
        return {
            name: run_check(name, *args, task="regression", **options).state
            for name, (args, options) in calls.items()
        }

    def calls(self, frame, model, trees, judged):
        """Return ``{id: (args, options)}`` of these checks."""
        seed, rows, (y, predicted, groups) = self.seed, self.held_out["validation"], judged
        label = {"target": "harvest", "groups": "plot", "seed": seed}
        wide = np.quantile(np.abs(y - predicted), 0.9)
        return {
            "data.schema": ([frame], {"columns": self.columns}),
            "data.duplicate_columns": ([frame], {"columns": self.columns}),
            "split.duplicates": ([self.train, self.held_out], {"columns": self.inputs}),
            "split.near_duplicates": (
                [self.train, self.held_out],
                {"columns": self.inputs, "seed": seed},
            ),
            "split.groups": ([self.train, self.held_out], {"group": "plot"}),
            "split.time": ([self.train, self.held_out], {"time": "day"}),
            "split.deployment_shift": (
                [self.train, self.deployment],
                {"inputs": self.inputs, "groups": "plot", "seed": seed},
            ),
            "features.target_leak": (
                [frame],
                {"inputs": self.inputs, "target": "harvest", "seed": seed},
            ),
            "features.identifier": ([frame], {"inputs": self.inputs}),
            "features.forbidden": ([self.inputs], {"columns": self.columns}),
            "features.nuisance_only": ([frame], {"nuisance": ["crew", "cloudiness"], **label}),
            "features.missingness": ([frame], {"inputs": self.inputs, **label}),
            "train.pipeline": ([model, self.train[self.inputs]], {}),
            "train.permuted_labels": (
                [model, frame[self.inputs], frame["harvest"]],
                {"groups": frame["plot"], "seed": seed},
            ),
            "diagnose.coverage": (
                [y, predicted - wide, predicted + wide],
                {"level": 0.9, "groups": groups, "seed": seed},
            ),
            "diagnose.regression_to_mean": ([y, predicted], {"groups": groups, "seed": seed}),
            "stress.swap": (
                [trees, rows[self.inputs]],
                {"columns": ["crew", "cloudiness"], "y": y, "seed": seed},
            ),
            "provenance.deterministic": ([predicted, trees.predict(rows[self.inputs])], {}),
        }


def copied_rows(study):
    study.held_out["test"] = pd.concat(
        [
            study.held_out["test"],
            study.train.sample(8, random_state=study.seed).assign(plot=9999, day=400.0),
        ]
    )


def jittered_rows(study):
    rows = study.train.sample(12, random_state=study.seed).assign(plot=9999, day=400.0)
    rows[INPUTS[:6]] *= 1 + 0.001 * study.rng.normal(size=(12, 6))
    study.held_out["test"] = pd.concat([study.held_out["test"], rows])


def shared_plots(study):
    moved = study.held_out["test"]["plot"].to_numpy().copy()
    moved[::3] = study.train["plot"].to_numpy()[: len(moved[::3])]
    study.held_out["test"]["plot"] = moved


def late_training(study):
    study.train["day"] = study.rng.permutation(
        np.r_[study.train["day"].to_numpy()[:-30], np.full(30, 364.0)]
    )


def selected_training(study):
    study.train = study.train[study.train["slope"] > 0.2 * study.rng.normal(size=len(study.train))]


def other_unit(study):
    study.deployment["slope"] *= 2.303
    study.deployment["slope"] += 1


def leak(study):
    study.inputs[5] = "salt"
    for part in (study.train, *study.held_out.values(), study.deployment):
        part["salt"] = part["harvest"] + 0.02 * study.rng.normal(size=len(part))


def counter(study):
    everything = [study.train, *study.held_out.values(), study.deployment]
    numbers = study.rng.permutation(sum(map(len, everything)))
    for part in everything:
        part["salt"], numbers = numbers[: len(part)].astype(float), numbers[len(part) :]


def truth_as_input(study):
    study.inputs.append("sample_number")
    study.columns["sample_number"].role = "id"


def watermark(study):
    for part in (study.train, *study.held_out.values()):
        part["cloudiness"] = part["harvest"] + 1.0 * study.rng.normal(size=len(part))


def telling_gaps(study):
    for part in (study.train, *study.held_out.values()):
        part["shade"] = part["shade"].mask(
            (part["harvest"] > 1) & (study.rng.random(len(part)) < 0.6)
        )


def early_scaler(study):
    study.scaled_on = study.everything()


def copied_column(study):
    for part in (study.train, *study.held_out.values(), study.deployment):
        part["shade"] = part["slope"]


def impossible_value(study):
    study.train.iloc[3, study.train.columns.get_loc("worms")] = -1.0


# fault: (its own check, companions that rightly speak as well)
FAULTS = {
    copied_rows: ("split.duplicates", set()),
    jittered_rows: ("split.near_duplicates", set()),
    shared_plots: ("split.groups", set()),
    late_training: ("split.time", set()),
    selected_training: ("split.deployment_shift", set()),
    other_unit: ("split.deployment_shift", set()),
    leak: ("features.target_leak", set()),
    counter: ("features.identifier", set()),
    # A forbidden number is also recognised by its values, and the study's own deployment rows
    # carry other numbers.
    truth_as_input: ("features.forbidden", {"features.identifier", "split.deployment_shift"}),
    watermark: ("features.nuisance_only", set()),
    telling_gaps: ("features.missingness", {"split.deployment_shift"}),
    early_scaler: ("train.pipeline", set()),
    copied_column: ("data.duplicate_columns", set()),
    impossible_value: ("data.schema", set()),
}


def heard(states):
    """Return the checks that speak."""
    return {name for name, state in states.items() if state not in ("pass", "cannot-tell")}


def test_a_clean_trial_is_all_green(seed):
    """No check alarms on an honest regression."""
    assert heard(Trial(seed).states()) == set()


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_fault_is_heard_by_its_own_check(plant):
    """And by nobody who was not expected."""
    own, companions = FAULTS[plant]
    study = Trial(seed=list(FAULTS).index(plant) % 5)
    plant(study)
    found = heard(study.states())

    assert own in found
    assert found <= {own} | companions


def test_clean_classes_are_all_green(seed):
    """No check alarms on an honest classification."""
    table, names = seedlings(seed, separation=3.5), ["leaf", "stem", "root", "colour"]
    label = {"target": "kind", "task": "classification", "seed": seed}
    probability = cross_val_predict(
        LogisticRegression(), table[names], table["kind"], method="predict_proba"
    )
    predicted = np.unique(table["kind"])[probability.argmax(axis=1)]
    results = [
        run_check("features.target_leak", table, inputs=names, **label),
        run_check("features.identifier", table, inputs=names),
        run_check("features.nuisance_only", table, nuisance=["lamp"], groups="tray", **label),
        run_check("features.missingness", table, inputs=names, groups="tray", **label),
        run_check(
            "train.permuted_labels",
            LogisticRegression(),
            table[names],
            table["kind"],
            task="classification",
            seed=seed,
        ),
        run_check("diagnose.accuracy_paradox", table["kind"], predicted),
        run_check(
            "diagnose.calibration", table["kind"], probability, groups=table["tray"], seed=seed
        ),
        run_check("diagnose.label_noise", table["kind"], probability),
    ]

    assert heard({result.id: result.state for result in results}) == set()


def test_clean_background_is_all_green(seed):
    """No check alarms on an honest search."""
    rows = stones(seed)

    assert (
        run_check("stress.sculpting", rows["score"], rows["mass"], task="anomaly-detection").state
        == "pass"
    )
    assert (
        run_check(
            "diagnose.class_conditional",
            rows["score"],
            rows["kind"],
            total_rate=0.05,
            task="anomaly-detection",
        ).state
        == "pass"
    )


def test_other_tasks_are_not_asked():
    """A check of classes is not applicable to a regression, whatever it is given."""
    for name, unit in REGISTRY.items():
        if unit.tasks and "regression" not in unit.tasks:
            assert run_check(name, None, None, task="regression").state == "not-applicable"


def test_checks_are_deterministic():
    """The same seed gives the same row."""
    assert Trial(3).states() == Trial(3).states()
    frame = trial(3)
    options = {"nuisance": ["crew"], "target": "harvest", "task": "regression", "seed": 3}
    assert run_check("features.nuisance_only", frame, **options) == run_check(
        "features.nuisance_only", frame, **options
    )
