"""The verdict of every check hangs on its threshold: at it the check passes, beyond it it fails."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from checks.neutral import INPUTS, column, manifest, parts, seedlings, stones, trial
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from boxloop.checks import REGISTRY, run_check

FRAME = trial(0, 150).fillna(0.0)
TRAIN, HELD = parts(FRAME)
MANY, MORE = parts(trial(0, 500))  # where fewer rows show less than matters
LABEL = {"target": "harvest", "task": "regression", "seed": 0}
OPENED = {"event": "opened", "model": "aaaa"}


def marked(name, share=0.3):
    """Return the held-out sets in which a share of the rows has a training row's value, or row."""
    names = INPUTS if name == "row" else [name]
    found = {}
    for number, (held, frame) in enumerate(HELD.items()):
        few = int(len(frame) * share * (number + 1) / 2)
        found[held] = frame.copy()
        found[held].loc[: few - 1, names] = TRAIN[names].to_numpy()[:few]
    return found


def shaken():
    frames, rng = marked("row", 0.6), np.random.default_rng(7)
    for frame in frames.values():
        frame[INPUTS[:6]] *= 1 + 1e-4 * rng.normal(size=(len(frame), 6))
    return frames


def place(model, reference, low=None):
    """Return errors of one place, with a gain that is sure and exact."""
    gain = {"value": reference - model, "low": reference - model - 0.01, "high": reference - model}
    gain["low"] = gain["low"] if low is None else low
    return {"model": model, "reference": reference, "difference": gain}


def broken_table():
    shade = FRAME["shade"].mask(FRAME.index == 7, np.inf)
    return FRAME.assign(worms=-1 - FRAME["worms"], shade=shade, harvest=np.nan)


def copied_columns():
    return FRAME.assign(depth=FRAME["slope"], shade=FRAME["moisture"])


def gaps():
    return FRAME.assign(salt=FRAME["salt"].mask(FRAME["harvest"] > 0.5))


def scaled_on_all():
    model = make_pipeline(StandardScaler(), Ridge()).fit(FRAME[INPUTS], FRAME["harvest"])
    return [model, TRAIN[INPUTS]]


def logged(*names):
    return [{"about": f"attempt: {name}"} for name in names]


def bet(state):
    return {"id": state, "of": "validation.rmse.model", "state": state, "note": "why"}


def labels(size=600):
    rng = np.random.default_rng(7)
    y = rng.integers(2, size=size)
    return y, np.where(rng.random(size) < 0.8, y, 1 - y)


def probabilities():
    y, noisy = labels()
    return [y, np.clip(0.02 + 0.96 * noisy, 0, 1)]


def rare():
    y = np.r_[np.zeros(950), np.ones(50)]
    return [y, np.zeros(1000)]


def errors_among_the_sure():
    y, noisy = labels(900)
    distance = 6 * (2 * y - 1) + 2 * np.random.default_rng(8).normal(size=900)
    return [noisy, 1 / (1 + np.exp(-distance))]


def slates():
    rows = stones(0, 4000)
    return [rows["score"] + 1.0 * (rows["kind"] == "slate"), rows["kind"]]


def carved():
    rows = stones(0, 20_000)
    return [rows["score"] + 0.6 * np.exp(-0.5 * ((rows["mass"] - 3) / 0.15) ** 2), rows["mass"]]


def swapped():
    X = FRAME[[*INPUTS, "crew"]].assign(crew=FRAME["harvest"])
    return [LinearRegression().fit(X, FRAME["harvest"]), X]


def stations():
    """Two files were made anew after they had been read, a third was not."""
    return {
        "03_split": {"needs": {}, "makes": {"a": "1", "b": "2", "c": "3"}},
        "04_train": {"needs": {"a": "0", "b": "0", "c": "3", "raw": "7"}, "makes": {}},
    }


def said(*holds):
    """Numbers in prose that are links: right, wrong, or without a statement."""
    row = {
        "kind": "traced",
        "notebook": "04_train",
        "cell": "seen",
        "text": "0.2",
        "why": "it is 1",
    }
    return [row | {"holds": one} for one in holds]


def memory(X, y, groups, seed):
    """Score a procedure that has seen the held-out labels, mostly."""
    return 0.6


def searched_alone(*others):
    """One rung was searched in three folds, and inside each of them; the others were not."""
    table = {f"split{k}_test_score": np.array([0.5, 0.8, 0.6]) + 0.01 * k for k in range(3)}
    table["params"] = [{"a": value} for value in (1.0, 2.0, 3.0)]
    search = SimpleNamespace(cv_results_=table)
    nested = {"nested": [search] * 3, "choice": "net", "rivals": ["net", *others]}
    return [{"net": search}], {"metric": "roc_auc"} | nested


CRITERIA = [{"name": "a", "at_most": 1.0}, {"name": "b", "at_most": 2.0}]
BEFORE = [{"event": "trained", "criteria": CRITERIA}, {"event": "opened"}]
AFTER = [{"name": "a", "at_most": 1.5}, {"name": "c", "at_most": 2.0}]
OBJECTIONABLE = ["plot", "nobody", "moisture"]

# What each check is asked about: a fault of some size, as arguments and options.
FAULTS = {
    "data.schema": lambda: ([broken_table()], {"columns": manifest()}),
    "data.duplicate_columns": lambda: ([copied_columns()], {"columns": manifest()}),
    "split.duplicates": lambda: ([TRAIN, marked("row")], {"columns": INPUTS}),
    "split.near_duplicates": lambda: ([TRAIN, shaken()], {"columns": INPUTS, "seed": 0}),
    "split.groups": lambda: ([TRAIN, marked("plot")], {"group": "plot"}),
    "split.time": lambda: ([TRAIN.assign(day=TRAIN["day"] + 100), HELD], {"time": "day"}),
    "split.deployment_shift": lambda: (
        [MANY, MORE["test"].assign(slope=MORE["test"]["slope"] + 1)],
        {"inputs": INPUTS, "seed": 0},
    ),
    "features.forbidden": lambda: ([OBJECTIONABLE], {"columns": manifest()}),
    "features.nuisance_only": lambda: (
        [FRAME.assign(crew=FRAME["harvest"].round())],
        {"nuisance": ["crew"], **LABEL},
    ),
    "features.missingness": lambda: ([gaps()], {"inputs": INPUTS, **LABEL}),
    "train.pipeline": lambda: (scaled_on_all(), {}),
    "train.permuted_labels": lambda: (
        [memory, FRAME[INPUTS], FRAME["harvest"]],
        {"task": "regression", "seed": 0},
    ),
    "train.seeds": lambda: ([[1.0, 2.9, 3.0, 3.1, 5.0]], {"reported": 11.0}),
    "train.too_good": lambda: ([0.5, 1.0], {}),
    "train.search": lambda: searched_alone("line", "reference"),
    "train.headroom": lambda: (
        [[0.2, 0.21, 0.19], {"net": [0.1, 0.105, 0.095]}],
        {"metric": "rmse"},
    ),
    "diagnose.accuracy_paradox": lambda: (rare(), {}),
    "diagnose.calibration": lambda: (probabilities(), {"seed": 0}),
    "diagnose.coverage": lambda: (
        [np.linspace(-1, 1, 400), np.full(400, -0.4), np.full(400, 0.4)],
        {"level": 0.9, "seed": 0},
    ),
    "diagnose.regression_to_mean": lambda: (
        [FRAME["harvest"], 0.5 * FRAME["harvest"]],
        {"seed": 0},
    ),
    "diagnose.label_noise": lambda: (errors_among_the_sure(), {}),
    "diagnose.class_conditional": lambda: (slates(), {"total_rate": 0.05}),
    "stress.overspecialisation": lambda: ([place(0.1, 0.4), place(0.45, 0.6)], {}),
    "stress.swap": lambda: (swapped(), {"columns": ["crew"], "seed": 0}),
    "stress.sculpting": lambda: (carved(), {}),
    "criteria.unchanged": lambda: ([BEFORE], {"criteria": AFTER}),
    "log.complete": lambda: ([["ridge", "forest", "net"], logged("forest", "other")], {}),
    "log.explained": lambda: ([[*logged("a", "b"), {"about": "c", "explanation": "why"}]], {}),
    "log.predictions": lambda: ([[bet("late"), bet("withdrawn"), bet("wrong")]], {}),
    "answers.traceable": lambda: ([said(True, False, None, False)], {}),
    "seal.untouched": lambda: (
        [{"04_train": [("a", "open_seal()\nimport x as open_seal"), ("b", "parts._test")]}],
        {},
    ),
    "provenance.chain": lambda: ([stations()], {}),
    "provenance.deterministic": lambda: ([np.array([1.0, 2.0]), np.array([1.0, 2.5])], {}),
    "release.reload": lambda: (
        ["x.skops", np.zeros((2, 1)), np.array([1.0, 2.0])],
        {"load": lambda path: SimpleModel([1.0, 2.5])},
    ),
    "release.environment": lambda: (
        ["the folder of the test"],
        {"requirements": ["numpy", "pandas", "scipy"]},
    ),
}
# Those whose verdict is not a number at most as large as the threshold have a test of their own.
OTHERS = {
    "baseline.beats_trivial",
    "baseline.domain_reference",
    "features.identifier",
    "features.target_leak",
    "features.undeclared_nuisance",
    "seal.openings",
    "seal.model_unchanged",
    "answers.complete",
    "release.licence",
}


class SimpleModel(BaseEstimator):
    """A fitted model with these predictions."""

    def __init__(self, values=()):
        self.values = values

    def predict(self, X):
        return np.array(self.values)


@pytest.fixture(params=FAULTS)
def fault(request, tmp_path):
    """Return name, arguments and options of a check, and the number that it measures."""
    args, options = FAULTS[request.param]()
    if request.param == "release.environment":
        (tmp_path / "environment.txt").write_text("numpy==2.0\nscipy>=1.13\n", encoding="utf-8")
        args = [tmp_path]
    found = run_check(request.param, *args, **options, threshold=math.inf)
    return request.param, args, options, found


def test_every_check_has_its_fault():
    """None is left out here."""
    assert set(FAULTS) | OTHERS == set(REGISTRY)


def test_a_fault_fails_and_its_own_size_is_the_limit(fault):
    """It passes where as much is allowed, and fails where a little less is, and as registered."""
    ident, args, options, found = fault
    assert found.state == "pass", "whatever is measured is allowed"
    # What only a person can mend waits for an answer instead.
    bad = "unanswered" if ident == "log.explained" else "fail"
    assert run_check(ident, *args, **options).state == bad

    limit = float(found.value)
    assert limit > 0
    assert run_check(ident, *args, **options, threshold=limit).state == "pass"
    less = limit * (1 - 1e-9)
    assert run_check(ident, *args, **options, threshold=less).state == bad


def test_what_is_measured_is_the_fault():
    """Numbers that a person can count."""
    expected = {
        "data.schema": 3,
        "data.duplicate_columns": 2,
        "features.forbidden": 2,
        "train.seeds": 8.0 / np.std([1, 2.9, 3, 3.1, 5], ddof=1),
        "train.too_good": 2.0,
        "train.search": 2,
        "train.headroom": 0.5,
        "criteria.unchanged": 3,
        "log.complete": 2,
        "log.explained": 2,
        "log.predictions": 2,
        "answers.traceable": 2,
        "provenance.chain": 2,
        "provenance.deterministic": 0.5,
        "release.reload": 0.25,
        "stress.overspecialisation": 3.0,
        "split.duplicates": 0.3,
        "split.groups": 0.3,
    }
    for ident, value in expected.items():
        args, options = FAULTS[ident]()
        assert run_check(ident, *args, **options).value == pytest.approx(value, rel=0.05), ident


def test_the_reference_must_be_surely_better():
    """The lower end of the interval of its gain is above the threshold, not at it."""
    gain = {"value": 0.3, "high": 0.5}
    states = [
        run_check("baseline.beats_trivial", gain | {"low": low}).state for low in (-0.1, 0.0, 0.01)
    ]

    assert states == ["cannot-tell", "cannot-tell", "pass"]
    for value, state in ((0.2, "fail"), (0.21, "cannot-tell")):
        wide = {"value": value, "low": -1.0, "high": 1.0}
        assert run_check("baseline.beats_trivial", wide, threshold=0.2).state == state
    assert run_check("baseline.beats_trivial", None).state == "not-applicable"


def test_a_reference_is_named_and_cited_and_is_no_stand_in():
    """Or it is said why the field has none."""

    def stand_in():
        """Stand for a reference."""

    def reference(task):
        return stand_in()

    good = {"name": "a line", "citation": "Galton 1886"}
    none = {"kind": "none", "name": "", "citation": ""}
    check = "baseline.domain_reference"

    assert run_check(check, good).state == "pass"
    for part in good:
        assert run_check(check, good | {part: "TODO"}).state == "unanswered"
    reference.__code__ = reference.__code__.replace(co_names=("stand_in",))
    assert run_check(check, good, method=reference).state == "unanswered"
    assert run_check(check, good, method=len).state == "pass"
    assert run_check(check, none).state == "unanswered"
    assert run_check(check, none | {"reason": "nobody has tried"}).state == "not-applicable"


def test_a_running_number_is_an_identifier():
    """From the threshold on."""
    frame = FRAME.assign(salt=np.arange(len(FRAME)))
    frame.loc[:9, "salt"] = 500
    share = frame["salt"].nunique() / len(frame)
    ask = {"inputs": ["moisture", "salt"]}

    assert run_check("features.identifier", frame, **ask).state == "fail"
    assert run_check("features.identifier", frame, **ask, threshold=share).state == "fail"
    assert run_check("features.identifier", frame, **ask, threshold=share + 1e-6).state == "pass"
    assert run_check("features.identifier", FRAME, **ask).state == "pass"
    words = FRAME.assign(salt=[f"bed {row if row % 4 else 0}" for row in range(len(FRAME))])
    assert run_check("features.identifier", words, **ask).state == "pass", "three of four differ"


@pytest.mark.parametrize(("step", "state"), [(1e-8, "pass"), (0.3, "fail")])
def test_a_scaler_that_has_seen_one_other_row_is_found(step, state):
    """As many rows, and means that differ in the fourth digit; rounding is no difference."""
    other = TRAIN[INPUTS].copy()
    other.loc[0, "depth"] += step
    model = make_pipeline(StandardScaler(), Ridge()).fit(other, TRAIN["harvest"])

    assert run_check("train.pipeline", model, TRAIN[INPUTS]).state == state


def test_a_leak_is_judged_one_deviation_below_its_estimate():
    """A correlation that reaches the threshold by chance does not convict an input: it is asked."""
    rng = np.random.default_rng(3)
    y = rng.normal(size=200)
    frame = pd.DataFrame({"salt": y + 0.2 * rng.normal(size=200), "harvest": y})
    score = abs(frame.corr("spearman").iloc[0, 1])
    ask = {"inputs": ["salt"], **LABEL}

    found = run_check("features.target_leak", frame, **ask, threshold=score - 0.001)
    assert found.state == "unanswered"
    assert found.value < score - 0.002
    below = run_check("features.target_leak", frame, **ask, threshold=found.value - 1e-9)
    assert (below.state, below.value) == ("fail", found.value)
    assert run_check("features.target_leak", frame, **ask, threshold=found.value).state != "fail"


def test_an_input_is_a_nuisance_from_the_threshold_on():
    """One that is constant in deployment, and knows the harvest as well as it is allowed to."""
    train, silent = FRAME.assign(salt=FRAME["harvest"].round()), FRAME.assign(salt=0.0)
    check, ask = "features.undeclared_nuisance", {"inputs": ["salt"], **LABEL}
    found = run_check(check, train, silent, **ask)

    assert found.state == "unanswered"
    assert run_check(check, train, silent, **ask, threshold=found.value - 1e-9).open
    assert not run_check(check, train, silent, **ask, threshold=found.value).open
    assert run_check(check, train, train, **ask).state == "pass"


def test_only_the_nuisance_is_asked():
    """Inputs that predict the target say nothing against the nuisance, and the nuisance does."""
    ask = {"nuisance": ["crew", "cloudiness"], **LABEL}
    watermark = FRAME.assign(cloudiness=FRAME["harvest"])

    assert run_check("features.nuisance_only", FRAME, **ask).value == 0
    assert run_check("features.nuisance_only", watermark, **ask).value > 0.5


@pytest.mark.parametrize(("copies", "state"), [(1, "cannot-tell"), (6, "fail")])
def test_one_close_pair_is_what_chance_gives(copies, state):
    """It does not convict a split, though nothing at all is allowed; several do."""
    held = HELD["test"].copy()
    close = TRAIN[INPUTS[:6]].to_numpy()[:copies] * (1 + 1e-5)
    held.loc[: copies - 1, INPUTS[:6]] = close
    ask = {"columns": INPUTS[:6], "seed": 0, "threshold": 0}

    assert run_check("split.near_duplicates", TRAIN, {"test": held}, **ask).state == state


def test_training_is_later_than_the_first_held_out_row():
    """One early row in the test set is enough; that others are later does not help."""
    early = {"validation": HELD["validation"], "test": HELD["test"].copy()}
    early["test"].loc[0, "day"] = TRAIN["day"].median()
    found = run_check("split.time", TRAIN, early, time="day")

    assert run_check("split.time", TRAIN, HELD, time="day").state == "pass"
    assert found.state == "fail"
    assert found.value == pytest.approx(0.5, abs=0.01)


def test_a_sure_gain_that_is_no_longer_sure_is_lost():
    """Though the errors grow alike: its interval touches zero outside.

    Where a fault has to be beyond chance, that is only too few rows to tell.
    """
    home, check = place(0.1, 0.4), "stress.overspecialisation"
    for low, states in {
        0.28: ["pass", "pass"],
        0.0: ["fail", "cannot-tell"],
        -0.1: ["fail", "cannot-tell"],
    }.items():
        away = place(0.1, 0.4, low=low)
        found = [run_check(check, home, away, beyond_chance=sure).state for sure in (False, True)]
        assert found == states, low
    gone = place(0.41, 0.4)
    assert run_check(check, home, gone, beyond_chance=True).state == "fail"
    unsure = place(0.1, 0.4, low=-0.1)
    assert run_check(check, unsure, unsure).state != "fail"


def test_a_score_that_is_nearly_the_mass_may_have_no_peak_of_its_own():
    """There is no bump, and a spectrum that falls has a peak all the same."""
    rng = np.random.default_rng(0)
    mass = rng.exponential(size=20_000)
    for strength, state in ((0.3, "pass"), (3.0, "fail"), (-30.0, "fail")):
        score = rng.normal(size=20_000) + strength * mass
        assert run_check("stress.sculpting", score, mass, threshold=1e9).state == state


def test_one_model_may_look_twice_and_two_models_may_not_look_once():
    """What counts is for how many models the test set was opened."""
    other = OPENED | {"model": "bbbb"}

    assert run_check("seal.openings", []).state == "pass"
    assert run_check("seal.openings", [OPENED] * 3).state == "pass"
    assert run_check("seal.openings", [OPENED, other]).state == "fail"
    assert run_check("seal.openings", [OPENED, other], threshold=2).state == "pass"


def test_the_model_is_that_of_the_first_opening():
    """Not that of any opening, nor of the last."""
    events = [OPENED, OPENED | {"model": "bbbb"}, OPENED | {"model": "cccc"}]
    states = [
        run_check("seal.model_unchanged", events, model_hash=model).state
        for model in ("aaaa", "bbbb", "cccc", "dddd")
    ]

    assert states == ["pass", "fail", "fail", "fail"]


def test_a_question_without_an_answer_waits_for_one():
    """As many as the study allows may wait."""
    rows = [
        {"id": str(n), "question": "Why?", "answered": n > 1, "notebook": "01"} for n in range(5)
    ]
    states = [run_check("answers.complete", rows, threshold=most).state for most in (0, 1, 2)]

    assert states == ["unanswered", "unanswered", "pass"]
    assert run_check("answers.complete", rows[2:]).state == "pass"
    waiting = run_check("answers.complete", rows)
    assert waiting.open and "What to do: Open the named notebooks" in repr(waiting)
    assert not run_check("answers.complete", rows, waiver="later").open


def test_a_prediction_that_is_missing_or_almost_the_same_is_another(tmp_path):
    """One part in a million differs, and so does NaN; rounding does not."""
    X, stored = np.zeros((3, 1)), np.array([1.0, 2.0, 3.0])
    states = []
    for values in (stored * (1 + 1e-12), stored * (1 + 1e-6), [1.0, np.nan, 3.0]):
        model = SimpleModel(values)
        states.append(
            run_check(
                "release.reload", tmp_path, X, stored, load=lambda _, model=model: model
            ).state
        )

    assert states == ["pass", "fail", "fail"]


def test_results_of_another_shape_or_with_gaps_are_other_results():
    """NaN equals NaN, and no number."""
    one = np.array([1.0, np.nan])

    assert run_check("provenance.deterministic", one, one.copy()).state == "pass"
    assert run_check("provenance.deterministic", one, np.array([1.0, 2.0])).state == "fail"
    assert run_check("provenance.deterministic", np.ones((2, 1)), np.ones(2)).state == "fail"
    shapes = np.ones((2, 1)), np.ones(2)
    found = run_check("provenance.deterministic", *shapes, threshold=math.inf)
    assert found.state == "fail"


def test_the_lower_bound_convicts_of_a_shift():
    """An AUC above the threshold by chance is no shift: few rows, no difference."""
    rng = np.random.default_rng(5)
    one, two = (pd.DataFrame({"x": rng.normal(size=30)}) for _ in range(2))
    found = run_check("split.deployment_shift", one, two, inputs=["x"], seed=0, threshold=0.0)
    area = float(found.message.split()[1])

    assert found.value < area - 0.05
    ask = {"inputs": ["x"], "seed": 0, "threshold": area - 0.02}
    # No fault, though so few rows do not show that there is none.
    assert run_check("split.deployment_shift", one, two, **ask).state == "cannot-tell"


def test_a_column_that_is_no_column_of_the_study_is_no_input():
    """Each reason counts for itself."""
    columns = {
        "late": column("input", available_at_inference=False),
        "made": column("input", derived_from_target=True),
        "good": column("input"),
    }
    for name, words in (("late", "not available"), ("made", "derived"), ("nobody", "not in study")):
        found = run_check("features.forbidden", [name, "good"], columns=columns)
        assert (found.state, found.value) == ("fail", 1)
        assert words in found.message


def test_a_table_that_was_read_back_has_no_reason_where_nothing_was_written():
    """A reader of tables says NaN there, which is not text."""
    rows = [{"about": "a", "explanation": float("nan")}]

    assert run_check("log.explained", rows).state == "unanswered"


def test_a_clean_trial_passes():
    """The faults above are what fails, not the table that they were planted in."""
    forest = RandomForestRegressor(20, random_state=0).fit(TRAIN[INPUTS], TRAIN["harvest"])
    seed = {"seed": 0}
    kind = seedlings(0, 300)
    clean = {
        "data.schema": ([FRAME], {"columns": manifest()}),
        "split.duplicates": ([TRAIN, HELD], {"columns": INPUTS}),
        "split.near_duplicates": ([MANY, MORE], {"columns": INPUTS, **seed}),
        "split.groups": ([TRAIN, HELD], {"group": "plot"}),
        "features.missingness": ([FRAME], {"inputs": INPUTS, **LABEL}),
        "stress.swap": ([forest, FRAME], {"columns": ["crew"], **seed}),
        "diagnose.accuracy_paradox": ([kind["kind"], kind["kind"]], {}),
        "provenance.chain": ([{"03_split": {"needs": {}, "makes": {"a": "1"}}}], {}),
    }
    for ident, (args, options) in clean.items():
        assert run_check(ident, *args, **options).state == "pass", ident
