"""Columns that know the target: exact functions fail, what looks like a leak is asked about."""

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from boxloop.checks import exact, run_check
from boxloop.settings.tables import Waiver

CASE = Path(__file__).resolve().parents[3] / "shared" / "cases" / "50_colour_knows_target.csv"
ALARMS = ("fail", "unanswered")


def ask(frame, task="regression", seed=0, **options):
    """Return the finding on a table whose target is `y`."""
    inputs = [name for name in frame if name not in ("y", "basin")]
    groups = {"groups": frame["basin"].to_numpy()} if "basin" in frame else {}
    given = {"inputs": inputs, "target": "y", "task": task, "seed": seed}
    return run_check("features.target_leak", frame, **given, **groups, **options)


# Honest tables.


def gauges(rng, n):
    """Return five gauges of one river: each can be replaced by the others."""
    level = rng.normal(size=n)
    frame = pd.DataFrame({f"gauge{k}": level + 0.3 * rng.normal(size=n) for k in range(5)})
    return frame.assign(y=np.exp(0.3 * (level + 0.3 * rng.normal(size=n)))), "regression"


def close_gauges(rng, n):
    """Return gauges of which each does alone what all do, and none is missed."""
    level = rng.normal(size=n)
    frame = pd.DataFrame({f"gauge{k}": level + 0.1 * rng.normal(size=n) for k in range(5)})
    return frame.assign(y=level + 0.25 * rng.normal(size=n)), "regression"


def one_good_gauge(rng, n):
    level = rng.normal(size=n)
    noise = [0.2, 0.6, 0.6, 0.6, 0.6]
    frame = pd.DataFrame({f"gauge{k}": level + s * rng.normal(size=n) for k, s in enumerate(noise)})
    return frame.assign(y=level + 0.25 * rng.normal(size=n)), "regression"


def slope_and_depth(rng, n):
    """Return a law of two columns (Manning's), with a tenth of scatter."""
    slope, depth = rng.lognormal(-6, 0.6, n), rng.lognormal(0, 0.5, n)
    flow = slope**0.5 * depth ** (5 / 3) * np.exp(0.1 * rng.normal(size=n))
    more = {"silt": rng.normal(size=n), "width": rng.lognormal(size=n)}
    return pd.DataFrame({"slope": slope, "depth": depth, **more, "y": flow}), "regression"


def basins(rng, n):
    """Return heavy tails, and four rows of each basin."""
    own = np.repeat(rng.standard_t(2.5, size=(n // 4, 4)), 4, axis=0)
    frame = pd.DataFrame(own + 0.3 * rng.standard_t(3, size=own.shape), columns=list("abcd"))
    y = own[:, 0] + 0.6 * own[:, 1] + 0.5 * rng.standard_t(3, size=len(own))
    return frame.assign(y=y, basin=np.repeat(np.arange(n // 4), 4)), "regression"


def catches(rng, n):
    """Return whole numbers, in the inputs and in the target."""
    level = rng.normal(size=n)
    frame = pd.DataFrame({k: np.round(3 * (level + 0.5 * rng.normal(size=n))) for k in "abcde"})
    return frame.assign(y=rng.poisson(np.exp(1 + 0.6 * level))), "regression"


def soils(rng, n):
    """Return categories, a flag and gaps."""
    level, soil = rng.normal(size=n), rng.choice(list("uvwx"), n, p=[0.4, 0.3, 0.2, 0.1])
    frame = pd.DataFrame(
        {"soil": soil, "dam": rng.integers(2, size=n), "a": level + 0.4 * rng.normal(size=n)}
    )
    frame["b"] = np.where(rng.random(n) < 0.2, np.nan, level + 0.5 * rng.normal(size=n))
    y = level + 0.5 * (soil == "u") + 0.8 * frame["dam"] + 0.4 * rng.normal(size=n)
    return frame.assign(y=y), "regression"


def rare_floods(rng, n):
    """Return a class of four in a hundred, which two inputs together tell well."""
    flood, X = rng.random(n) < 0.04, rng.normal(size=(n, 5))
    X[flood, :2] += 2.7
    return pd.DataFrame(X, columns=list("abcde")).assign(y=np.where(flood, "f", "n")), CLASSES


def three_kinds(rng, n):
    kind = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    X = np.array([[0, 0, 0], [2, 1, 0], [0, 2, 2]])[kind] + rng.normal(size=(n, 3))
    frame = pd.DataFrame(X, columns=list("abc"))
    frame["dam"] = (rng.random(n) < np.array([0.1, 0.4, 0.8])[kind]).astype(int)
    return frame.assign(y=np.array(["lake", "pond", "river"])[kind]), CLASSES


CLASSES = "classification"
NUMBERS = [gauges, close_gauges, one_good_gauge, slope_and_depth, basins, catches, soils]
HONEST = [*NUMBERS, rare_floods, three_kinds]


@pytest.mark.parametrize("world", HONEST)
def test_honest_tables_raise_no_alarm(world):
    """Strong inputs that others replace, and terms of a law, are no leaks."""
    frame, task = world(np.random.default_rng(1), 1000)

    assert ask(frame, task).state not in ALARMS


@pytest.mark.slow
@pytest.mark.parametrize("world", HONEST)
def test_false_alarms_are_rare(world):
    """At most three in a hundred; of fifteen tables none, or by chance one."""
    states = Counter()
    for seed in range(15):
        frame, task = world(np.random.default_rng(seed), 1000)
        states[ask(frame, task, seed).state] += 1

    assert sum(states[alarm] for alarm in ALARMS) <= 1, states


# Exact functions.


def difference(frame, rng):
    other = 3 * rng.normal(size=len(frame))
    return {"u": other.round(3), "v": (other - frame["y"]).round(3)}


def ratio(frame, rng):
    other = rng.lognormal(size=len(frame))
    return {"u": other, "v": np.exp(frame["y"]) * other}


def product(frame, rng):
    other = rng.normal(size=len(frame))
    return {"u": other, "v": frame["y"] / other}


def modulus(frame, rng):
    distance = rng.lognormal(size=len(frame))
    return {"u": distance, "v": frame["y"] + 5 * np.log10(distance)}


def monotone(frame, rng):
    return {"u": -np.exp(frame["y"])}


def half_of_the_rows(frame, rng):
    known = rng.random(len(frame)) < 0.5
    return {"u": np.where(known, frame["y"], rng.permutation(frame["y"]))}


def a_tenth_of_the_rows(frame, rng):
    known = rng.random(len(frame)) < 0.12
    return {"u": np.where(known, 2 * frame["y"] + 1, rng.permutation(frame["y"]))}


def where_it_is_not_missing(frame, rng):
    return {"u": np.where(rng.random(len(frame)) < 0.3, frame["y"], np.nan)}


def half_by_a_difference(frame, rng):
    other, known = 3 * rng.normal(size=len(frame)), rng.random(len(frame)) < 0.5
    return {"u": other, "v": np.where(known, other - frame["y"], rng.normal(size=len(frame)))}


EXACT = [
    difference,
    ratio,
    product,
    modulus,
    monotone,
    half_of_the_rows,
    a_tenth_of_the_rows,
    where_it_is_not_missing,
    half_by_a_difference,
]


@pytest.mark.parametrize("plant", EXACT)
def test_an_exact_function_fails(plant):
    """Of one column or two, in all rows or a part; who wrote how it is known has not cleared it."""
    rng = np.random.default_rng(2)
    frame, _ = soils(rng, 1000)
    frame = frame.assign(**plant(frame, rng))
    told = {name: {"known_by": "measured with another gauge"} for name in "uv"}
    found = ask(frame, columns=told)

    assert found.state == "fail"
    assert "'u'" in found.message
    assert "gives y exactly" in found.message
    assert ("%" in found.message) == (plant in EXACT[5:7] + EXACT[8:])


def test_whole_numbers_that_are_the_target_in_half_of_the_rows_fail():
    """Chance makes many of them equal, and their neighbours nearly as many."""
    rng = np.random.default_rng(3)
    frame, _ = catches(rng, 2000)
    half = np.where(rng.random(2000) < 0.5, frame["y"], rng.permutation(frame["y"]))
    near = frame["y"] + rng.choice([-1, 0, 0, 0, 1], 2000)

    assert ask(frame.assign(u=half)).state == "fail"
    assert ask(frame.assign(u=near)).state != "fail"


@pytest.mark.parametrize("step", [0.1, 1.0, 30.0])
def test_coarse_numbers_are_not_taken_for_exact_ones(step):
    """However coarse the steps are: an honest scatter leaves no spike."""
    rng = np.random.default_rng(4)
    level = 100 * rng.normal(size=1000)
    X = {name: step * np.round((level + 20 * rng.normal(size=1000)) / step) for name in "abc"}
    y = step * np.round(level / step)
    constant = {"a": np.zeros(1000), "b": np.where(level > 0, X["b"], 0.0)}

    assert exact.find(X, y, seed=0) is None
    assert exact.find(constant, np.where(level > 0, y, 0.0), seed=0) is None


@pytest.mark.skipif(not CASE.is_file(), reason=f"needs the case {CASE.name} beside the project")
def test_a_colour_and_a_band_give_the_other_band():
    """The case of a catalogue: g and g - r stand among the inputs, the target is r."""
    frame = pd.read_csv(CASE)
    inputs = [name for name in frame if name != "rmag"]
    options = {"inputs": inputs, "target": "rmag", "task": "regression", "seed": 0}
    found = run_check("features.target_leak", frame, **options)

    assert found.state == "fail"
    assert "'g' - 'g_r' gives rmag exactly" in found.message


# What cannot be told from an excellent measurement.


def noisy(frame, rng, noise=0.15):
    return {"u": frame["y"] + noise * frame["y"].std() * rng.normal(size=len(frame))}


def two_that_cancel(frame, rng):
    other = 3 * frame["y"].std() * rng.normal(size=len(frame))
    return {"u": other, "v": other - noisy(frame, rng, 0.1)["u"]}


def where_a_flag_says(frame, rng):
    known = rng.random(len(frame)) < 0.5
    copy = noisy(frame, rng, 0.05)["u"]
    return {"flag": known.astype(int), "u": np.where(known, copy, rng.permutation(frame["y"]))}


@pytest.mark.parametrize("plant", [noisy, two_that_cancel, where_a_flag_says])
@pytest.mark.parametrize("world", [gauges, basins, soils])
def test_a_noisy_copy_of_a_number_is_asked_about(world, plant):
    """It fails only where its correlation is above the threshold."""
    rng = np.random.default_rng(5)
    frame, _ = world(rng, 1500)
    found = ask(frame.assign(**plant(frame, rng)))

    assert found.state == "unanswered"
    assert "'u'" in found.message
    assert found.message.endswith("how is that known before 'y'?")


def test_a_copy_beyond_the_threshold_fails_unless_somebody_says_how_it_is_known():
    """What was written is quoted; TODO is nothing written."""
    rng = np.random.default_rng(6)
    frame, _ = soils(rng, 1000)
    frame = frame.assign(**noisy(frame, rng, 0.02))

    def told(words):
        return ask(frame, columns={"u": SimpleNamespace(known_by=words)})

    assert ask(frame).state == "fail"
    assert ask(frame, threshold=1).state == "unanswered"
    assert told("TODO").state == "fail"
    assert told(None).state == "fail"
    cleared = told("read off the staff a day before")
    assert cleared.state not in ALARMS
    assert "'u' is known by: read off the staff a day before." in cleared.words


def test_a_word_about_a_column_holds_up_to_a_value():
    """As a waiver: without one it is no word, beyond it no longer; and it is shown."""
    rng = np.random.default_rng(6)
    frame, _ = soils(rng, 1000)
    frame = frame.assign(**noisy(frame, rng, 0.02))

    def told(at, name="u"):
        words = Waiver(reason="read off the staff a day before", at=at)
        return ask(frame, columns={name: SimpleNamespace(known_by=words)})

    found = told(None)
    assert found.state == "fail"
    at = float(re.search(r"at = ([\d.]+) \} under \[columns\.u\]", found.message)[1])
    cleared = told(at)
    assert cleared.state not in ALARMS
    assert cleared.on_word == ("'u' is known by: read off the staff a day before",)
    assert told(0.9).state == "fail"
    assert "was 0.9 when known_by was written and is" in told(0.9).message
    assert told(None, "a").message == ask(frame).message, "nobody has asked about it"


@pytest.mark.parametrize("copy", ["words", "numbers"])
@pytest.mark.parametrize("world", [rare_floods, three_kinds])
def test_copied_labels_with_errors_are_asked_about(world, copy):
    """Two in a hundred are wrong; the column has words of its own, or numbers."""
    rng = np.random.default_rng(7)
    frame, task = world(rng, 3000)
    labels = np.unique(frame["y"])
    code = np.searchsorted(labels, frame["y"])
    wrong = rng.random(len(frame)) < 0.02
    code = np.where(wrong, (code + rng.integers(1, len(labels), len(frame))) % len(labels), code)
    found = ask(frame.assign(u=[f"type {k}" for k in code] if copy == "words" else code), task)

    assert found.state in ALARMS
    assert "'u'" in found.message


def test_copied_labels_in_a_part_are_asked_about():
    """A flag says where the column is the label."""
    rng = np.random.default_rng(8)
    frame, task = three_kinds(rng, 3000)
    code, deep = pd.factorize(frame["y"], sort=True)[0], rng.random(3000) < 0.5
    field = np.where(deep, "deep", "wide")
    found = ask(frame.assign(u=np.where(deep, code, rng.permutation(code)), field=field), task)

    assert found.state in ALARMS
    assert "where 'field' is deep" in found.message


def test_a_flag_that_never_meets_a_class_is_named():
    """Twenty meetings or more would be chance; nineteen, or one that happened, say nothing."""
    rng = np.random.default_rng(9)
    frame, task = three_kinds(rng, 1500)
    lake = frame["y"] == "lake"
    seen = np.where(lake, "no", rng.choice(["no", "yes"], 1500))
    found = ask(frame.assign(seen=seen), task)

    assert found.state == "unanswered"
    assert "'seen' is never yes for lake" in found.message
    seen[np.flatnonzero(lake)[0]] = "yes"
    assert ask(frame.assign(seen=seen), task).state not in ALARMS
    few = np.where(~lake & (rng.random(1500) < 0.04), "yes", "no")
    assert ask(frame.assign(seen=few), task).state not in ALARMS


def stand_in():
    return "a line"


def untouched():
    return stand_in()


def test_what_the_reference_does_is_known_to_the_field():
    """A column that does no more is not asked about; a stand-in is no reference."""
    rng = np.random.default_rng(10)
    frame, _ = soils(rng, 1500)
    frame = frame.assign(**noisy(frame, rng, 0.15))
    good, poor = frame["u"].to_numpy() * 2 + 1, frame["a"].to_numpy()
    good[:100] = np.nan  # rows without a guess, as a split in time has

    assert ask(frame).state == "unanswered"
    assert ask(frame, reference_skill=good).state not in ALARMS
    assert ask(frame, reference_skill=poor).state == "unanswered"
    assert ask(frame, reference_skill=good, method=untouched).state == "unanswered"


def test_a_leak_that_stands_there_twice_does_not_excuse_itself():
    """In another unit it is the same column, not another that replaces it."""
    rng = np.random.default_rng(11)
    frame, _ = gauges(rng, 1000)
    frame = frame.assign(**noisy(frame, rng, 0.1))

    assert ask(frame.assign(again=frame["u"] * 100 + 32)).state in ALARMS


def test_a_column_beyond_the_threshold_fails_though_others_say_much():
    """An input of 0.99 is no term of a law that is only twice as good."""
    rng = np.random.default_rng(13)
    level = rng.normal(size=2000)
    frame = pd.DataFrame({f"gauge{k}": level + 0.25 * rng.normal(size=2000) for k in range(6)})
    frame["u"], frame["y"] = level + 0.09 * rng.normal(size=2000), level

    assert ask(frame, groups=np.arange(2000)).state == "fail"
    assert ask(frame, threshold=0.999).state not in ALARMS


def test_few_rows_cannot_tell():
    """What would have been seen is an exact function; with more rows it is a noisy copy."""
    rng = np.random.default_rng(12)
    few, many = (ask(soils(rng, n)[0]) for n in (60, 3000))

    assert (few.state, few.detectable) == ("cannot-tell", 1)
    assert "exact function" in few.power
    assert many.state == "pass"
    assert "simulated on these rows" in many.power
    rare = ask(*rare_floods(rng, 500))
    assert rare.state == "cannot-tell"
    assert "rows of each class would be enough" in rare.power


@pytest.mark.slow
@pytest.mark.parametrize("world", [gauges, soils])
def test_the_stated_copy_is_seen_in_four_of_five_tables(world):
    """Copies with the noise that the power names, planted anew."""
    caught = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        frame, _ = world(rng, 1000)
        clean = ask(frame, seed=seed)
        noise = float(np.sqrt(clean.detectable**-2 - 1))
        caught += ask(frame.assign(**noisy(frame, rng, noise)), seed=seed).state in ALARMS

    assert 0.6 <= caught / 30 <= 0.97


@pytest.mark.slow
def test_the_stated_copy_of_labels_is_seen_in_four_of_five_tables():
    """Of two classes, with as many wrong labels as the power names."""
    caught = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y = rng.random(400) < 0.5
        frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc")).assign(
            y=np.where(y, "p", "q")
        )
        wrong = rng.random(400) < 1 - ask(frame, CLASSES, seed).detectable
        caught += ask(frame.assign(u=(y ^ wrong).astype(int)), CLASSES, seed).state in ALARMS

    assert 0.65 <= caught / 100 <= 0.95


@pytest.mark.parametrize("seed", range(3))
def test_the_score_of_an_earlier_model_is_asked_about(seed):
    """It adds to honest inputs, which is no excuse; honest inputs alone raise no question."""
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(seed)
    kind = rng.random(2000) < 0.4
    frame = pd.DataFrame({f"x{k}": rng.normal(size=2000) + 1.1 * kind for k in range(4)})
    frame["y"] = np.where(kind, "star", "galaxy")
    inputs = [name for name in frame if name != "y"]
    assert ask(frame, "classification", seed).state == "pass"

    forest = RandomForestClassifier(50, min_samples_leaf=2, random_state=seed)
    frame["class_star"] = forest.fit(frame[inputs], kind).predict_proba(frame[inputs])[:, 1]
    found = ask(frame, "classification", seed)
    assert found.state == "unanswered"
    assert "'class_star' alone" in found.message
    known = {"class_star": {"known_by": "the catalogue gives it beforehand"}}
    assert ask(frame, "classification", seed, columns=known).state == "pass"
