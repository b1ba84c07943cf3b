"""Numbers that stand for nothing are found in every column, and what was measured is not eaten."""

import numpy as np
import pandas as pd
import pytest
from test_adopt import project, written

from boxloop.adopt.command import adopt
from boxloop.settings.load import load_settings
from boxloop.split.division import measured
from boxloop.table.marks import are_marks, isolated, marks, marks_of
from boxloop.table.spellings import same_words, spelled_alike

RNG = np.random.default_rng(0)
PARTS = {
    "mag": RNG.normal(20, 1.5, 500), "z": RNG.gamma(2, 0.3, 500), "feh": RNG.normal(-0.5, 0.5, 500),
    "teff": RNG.normal(5500, 800, 500).round(), "period": RNG.lognormal(1, 1.5, 500),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("mark", [-99.0, -999.0, -9999.0, -99.9, -32768.0])
@pytest.mark.parametrize("rows", [1, 50])
def test_loud_marks_are_found_by_themselves(name, mark, rows):
    """Once or often; what 32 bits have added does not hide them."""
    column = pd.Series(PARTS[name].copy())
    column[RNG.choice(500, rows, replace=False)] = mark

    assert marks(column) == (mark,) == marks(column.astype("float32"))
    assert are_marks(column.astype("float32"), [mark]).sum() == rows


LEGITIMATE = {
    "temperature": lambda r: r.normal(5, 9, 500).round(),
    "age": lambda r: r.integers(0, 100, 500),
    "score": lambda r: r.integers(-10, 11, 500),
    "charge": lambda r: r.choice([-1, 1], 500),
    "label": lambda r: r.choice([-1, 0, 1], 500),
    "correlation": lambda r: np.tanh(r.normal(size=500)),
    "clipped": lambda r: np.clip(r.normal(size=500), -1, 1),
    "velocity": lambda r: r.normal(0, 400, 500).round(),
    "percent": lambda r: r.uniform(0, 100, 500).round(),
    "counts": lambda r: np.minimum(r.poisson(950, 500), 999),
    "tail": lambda r: 10 * r.pareto(1.2, 500),
}


@pytest.mark.parametrize("name", LEGITIMATE)
def test_what_was_measured_is_not_eaten(name):
    """A temperature of -9, also beside columns in which -9, -1 and -99 are marks."""
    r = np.random.default_rng(1)
    other = {
        f"m{k}": pd.Series(np.where(r.random(500) < 0.1, mark, r.random(500)))
        for k, mark in enumerate((-9.0, -1.0, -99.0, 99.0))
    }
    found = marks_of({name: pd.Series(LEGITIMATE[name](r)), **other})

    assert found[name] == () and all(len(found[one]) == 1 for one in other)


def test_one_mark_in_the_target_is_enough_where_it_is_a_mark_elsewhere(tmp_path):
    """Its row counts as one without target, and the loop reads it in the same way."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(20, 1, 300), "y": rng.uniform(0, 3, 300)})
    frame.loc[::9, "x"], frame.loc[5, "y"] = -9.0, -9.0
    here = project(tmp_path, "regression")
    found = adopt(here, written(tmp_path, frame), target="y")
    settings = load_settings(here.settings_file)

    assert settings.columns["y"].missing == [-9.0]
    assert measured(frame, settings)["y"].isna().sum() == 1
    assert found.notes[0] == "Column 'y': -9 is read as a missing value; see study.toml."


@pytest.mark.parametrize(
    ("column", "number"),
    [
        (np.r_[RNG.normal(20, 1, 300), np.zeros(5)], 0.0),
        (np.r_[RNG.normal(5500, 800, 300).round(), np.full(40, 999.0)], 999.0),
        (np.r_[RNG.integers(0, 90, 300), np.full(9, -1)], -1.0),
        (RNG.normal(20, 1, 300), None),
        (RNG.lognormal(1, 2, 300), None),
    ],
)
def test_isolated_numbers_are_asked_about(column, number):
    """They are kept, because they may have been measured."""
    found = isolated(pd.Series(column), ())

    assert marks(pd.Series(column)) == ()
    assert (found[0] if found else None) == number


def test_large_numbers_stay_exact_where_a_mark_is_taken_out(tmp_path):
    """A group of -1 is no group, and no neighbour is lost."""
    rng = np.random.default_rng(0)
    hosts = rng.choice(4611686018427387904 + np.arange(100), 500)
    hosts[::50] = -1
    frame = pd.DataFrame({"x": rng.normal(size=500), "host_id": hosts, "y": rng.normal(size=500)})
    here = project(tmp_path, "regression")
    adopt(here, written(tmp_path, frame, "t.parquet"), target="y")
    read = measured(frame, load_settings(here.settings_file))["host_id"]

    assert read.isna().sum() == 10 and set(read.dropna()) == set(hosts) - {-1}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["RR Lyrae", "RR Lyrae", "RR Lyrae ", "rr_lyrae", "EB"], {"RR Lyrae ": "RR Lyrae",
         "rr_lyrae": "RR Lyrae"}),
        (["i", "I", "i", "z"], {}),
        (["TRUE", "TRUE", "T", "no", "F", "F"], {"T": "TRUE", "no": "F"}),
        (["T", "F", "F"], {}),
        (["Ia", "IA", "Ia", "II"], {}),
        (["a ", "a ", "b"], {"a ": "a"}),
    ],
)  # fmt: skip
def test_words_that_mean_the_same(words, found):
    """Blanks, case and dashes in longer words; yes and no in several ways; bands stay apart."""
    assert same_words(pd.Series(words)) == found
    there = set(spelled_alike(pd.Series(words), found))
    assert there == set(words) - set(found) | set(found.values())


def test_spellings_reach_the_loop(tmp_path):
    """In study.toml, with any sign in the words."""
    rng = np.random.default_rng(0)
    words = np.array(['say "x"', 'Say "x" ', "two\\y", "Two\\y", "two\\y"])
    frame = pd.DataFrame({"x": rng.normal(size=400), "y": words[np.arange(400) % 5]})
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="y")
    read = measured(frame, load_settings(here.settings_file))["y"]

    assert read.nunique() == 2
