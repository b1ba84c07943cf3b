"""What names a thing that rows share is told from what was measured and came out the same."""

import numpy as np
import pandas as pd
import pytest
from test_adopt import project, written
from test_roles import roles

from boxloop.adopt.command import adopt
from boxloop.adopt.names import names_things, names_weight
from boxloop.adopt.roles import guess_roles
from boxloop.settings.load import load_settings
from boxloop.table.read import Catalogue

LARGE = 4611686018427387904  # from here on floats cannot tell neighbours apart


def things(rows=400, size=4, noise=0.5, seed=0):
    """Return rows of things that share what they are, and for each row the number of its thing."""
    rng = np.random.default_rng(seed)
    own = rng.integers(rows // size, size=rows)
    X = rng.normal(size=(rows // size, 4))[own] + noise * rng.normal(size=(rows, 4))
    return pd.DataFrame(X, columns=list("abcd")).assign(y=X.sum(axis=1)), own, rng


@pytest.mark.parametrize("kind", ["dense", "large", "sorted"])
def test_numbers_of_things_are_seen_by_structure(kind):
    """Whatever the column is called: rows are alike, or the numbers were given out."""
    frame, own, rng = things()
    numbers = {
        "dense": rng.permutation(100),
        "large": rng.choice(2**62, 100, replace=False),
        "sorted": np.sort(rng.choice(10**7, 100, replace=False)),
    }[kind]
    found = guess_roles(Catalogue(frame.assign(q=numbers[own])), target="y")

    assert found["q"].role == "group" and "rows share it" in found["q"].reason


def test_numbers_that_were_given_out_need_no_resemblance():
    """Planets of a star need not be alike: the star is the same."""
    frame, own, rng = things(noise=50)
    numbers = np.sort(rng.choice(10**7, 100, replace=False))

    assert roles(frame.assign(q=numbers[own]), target="y")["q"] == "group"


MEASURED = {
    "age": lambda z, rng: (40 + 12 * z).round(),
    "counts": lambda z, rng: rng.poisson(50 * np.exp(0.3 * z)),
    "population": lambda z, rng: np.exp(7 + z).round(),
    "heaped": lambda z, rng: np.where(z > 0, (1000 + 300 * z).round(), (10 + 3 * z).round() * 100),
    "other_scale": lambda z, rng: np.floor((40 + 12 * z).round() * 180),
    "prices": lambda z, rng: np.exp(6 + 0.5 * z).round(-1) + 9,
    "magnitude": lambda z, rng: (2000 + 100 * z).round(),
    "code": lambda z, rng: rng.integers(0, 8, len(z)),
    "n_stars": lambda z, rng: rng.poisson(3, len(z)),
    "day": lambda z, rng: rng.integers(1, 366, len(z)),
    "spike": lambda z, rng: np.where(z < 0, 0, rng.poisson(200 * np.exp(z))),
}


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("rows", [300, 3000])
def test_measurements_that_repeat_stay_inputs(name, rows):
    """Ages, counts, rounded magnitudes, codes, prices: however coarse."""
    rng = np.random.default_rng(rows)
    z = rng.normal(size=rows)
    frame = pd.DataFrame({name: MEASURED[name](z, rng).astype(int), "y": z + rng.normal(size=rows)})
    frame = frame.assign(p=z + 0.3 * rng.normal(size=rows), w=rng.gamma(2, size=rows))

    assert roles(frame, target="y")[name] == "input"


def test_what_a_thing_has_repeats_with_it():
    """The temperature of a star is the same for all its planets, and stays an input."""
    frame, own, rng = things()
    star = rng.integers(4000, 7000, 100)
    frame = frame.assign(hostname=[f"Star-{k}" for k in own], teff=star[own])
    found = roles(frame, target="y")

    assert (found["hostname"], found["teff"]) == ("group", "input")


_NAMES = """
hostname SOURCE_ID TARGETID ticid TIC KIC EPIC EventNumber eventID plate HEALPIX objID specObjID
designation galaxy_id halo_id patient_id subject molecule_id smiles uniprot_id run_number
station_id site kepid pl_hostname fiberid sample_id Sequence_ID obj_name
"""
NAMES = _NAMES.split()


@pytest.mark.parametrize("name", NAMES)
def test_usual_names_of_things(name):
    """In any case, with large numbers or words that repeat; different ones name the rows."""
    frame, own, rng = things(noise=50)
    large = LARGE + 7 * rng.permutation(100)
    for values in (large[own], np.array([f"J{k}" for k in large])[own], rng.integers(1, 90, 400)):
        assert roles(frame.assign(**{name: values}), target="y")[name] == "group"
    assert roles(frame.assign(**{name: rng.permutation(400)}), target="y")[name] == "id"


@pytest.mark.parametrize(
    "name", ["pdg_id", "class_id", "number_of_events", "valid", "color_index", "fluid", "n_id"]
)
def test_names_that_only_look_like_those_of_things(name):
    """Codes of kinds and numbers of things."""
    assert not names_things(name)


@pytest.mark.parametrize("name", ["host_id", "whatever"])
def test_a_gap_does_not_make_an_input(tmp_path, name):
    """A hundred hosts stay a hundred groups to the last digit, and the row is said to be left out.

    In the split as well: no host lies on both sides.
    """
    frame, own, rng = things()
    hosts = pd.Series((LARGE + 7 * rng.permutation(100))[own], dtype="Int64")
    hosts[3] = pd.NA
    here = project(tmp_path, "regression")
    path = written(tmp_path, frame.assign(**{name: hosts}), "t.parquet")
    guess = guess_roles(Catalogue(frame.assign(**{name: hosts})), target="y")[name]

    assert guess.role == "group"
    assert str(LARGE)[:10] in guess.seen and "e+" not in guess.seen
    found = adopt(here, path, target="y")
    assert load_settings(here.settings_file).only("group") == name
    assert f"no group ({name}) in 1." in " ".join(found.notes)


def test_an_id_with_many_gaps_costs_no_rows():
    """It is set aside; with one gap it is the id."""
    frame, _, rng = things()
    ids = pd.Series(LARGE + rng.permutation(400), dtype="Int64")
    few, many = ids.copy(), ids.copy()
    few[7], many[::3] = pd.NA, pd.NA

    assert roles(frame.assign(source_id=few), target="y")["source_id"] == "id"
    guess = guess_roles(Catalogue(frame.assign(source_id=many)), target="y")["source_id"]
    assert guess.role == "ignored" and "34 % of them have none" in guess.reason


def test_of_several_names_the_one_that_keeps_things_together_divides():
    """A star holds its candidates, a plate its fibres; what the others are is said."""
    frame, own, rng = things(noise=50)
    star = frame.assign(kepid=own + 10**6, kepoi_name=[f"K{k:03d}.{k % 2}" for k in own])
    star.loc[::3, "kepoi_name"] += "b"
    plates = frame.assign(fiberid=rng.integers(1, 300, 400), plate=rng.integers(266, 300, 400))

    assert roles(star, target="y")["kepid"] == roles(plates, target="y")["plate"] == "group"
    found = guess_roles(Catalogue(plates), target="y")["fiberid"]
    assert found.role == "ignored" and "--group" in found.reason


def test_few_things_are_neither_groups_nor_numbers():
    """Five patients are too few to divide by; three sites may be learnt from."""
    frame, _, rng = things()
    frame = frame.assign(patient_id=rng.integers(0, 5, 400), site=rng.choice(["a", "b", "c"], 400))
    found = roles(frame, target="y")

    assert (found["patient_id"], found["site"]) == ("ignored", "input")


@pytest.mark.parametrize(
    ("target", "flag", "values"),
    [
        ("mass", "l_mass", ["<", ""]),
        ("pl_bmasse", "pl_bmasselim", [-1, 0, 1]),
        ("z", "zWarning", [0, 4]),
        ("z", "z_flag", [1, 2, 3]),
        ("flux", "flux_ul", [True, False]),
    ],
)
def test_flags_of_the_target_are_no_inputs(target, flag, values):
    """Those of another column are, and a flag that takes many values is a number."""
    frame, _, rng = things()
    frame = frame.rename(columns={"y": target}).assign(**{flag: rng.choice(values, 400)})

    assert roles(frame, target=target)[flag] == "ignored"
    assert roles(frame.replace({flag: {"": "="}}), target="a")[flag] == "input"
    frame[flag] = rng.normal(size=400)
    assert roles(frame, target=target)[flag] == "input"


def light_curve(name, drifts, rows=300):
    """Return a light curve whose flux drifts, or does not."""
    rng = np.random.default_rng(0)
    flux = np.cumsum(rng.normal(size=rows)) if drifts else rng.normal(size=rows)
    when = 1325 + np.sort(rng.uniform(0, 27, rows))
    return pd.DataFrame({name: when, "x": rng.normal(size=rows), "flux": flux})


@pytest.mark.parametrize("name", ["TIME", "t", "BJD", "mjd_obs"])
def test_a_light_curve_is_divided_in_time(tmp_path, name):
    """Where the flux drifts, and not where it is noise."""
    here = project(tmp_path, "regression")
    found = adopt(here, written(tmp_path, light_curve(name, drifts=True)), target="flux")
    settings = load_settings(here.settings_file)

    assert (settings.only("time"), settings.split.strategy) == (name, "time")
    assert any("rows are divided by it" in note for note in found.notes)
    noise = guess_roles(Catalogue(light_curve(name, drifts=False)), target="flux")[name]
    assert not noise.divides


def test_a_time_in_words_that_was_named_is_no_traceback():
    """Whether it can be used is not asked here."""
    frame = light_curve("x2", drifts=True).assign(when=[f"word {k}" for k in range(300)])

    assert guess_roles(Catalogue(frame), target="flux", time="when")["when"].role == "time"


def test_a_table_in_the_order_of_a_mass_is_no_light_curve():
    """Only what is called like a time is one."""
    frame = light_curve("mass", drifts=True)

    assert roles(frame, target="flux")["mass"] == "input"


def test_weights_of_rows_and_of_bodies():
    """A weight beside an age is measured; one below zero is set aside and said."""
    frame, _, rng = things()
    body = frame.assign(weight=rng.normal(70, 9, 400), age=rng.integers(20, 70, 400))
    below = frame.assign(mc_weight=rng.normal(size=400))

    assert roles(body, target="y")["weight"] == "input"
    assert roles(frame.assign(EventWeight=rng.random(400)), target="y")["EventWeight"] == "weight"
    assert "below zero" in guess_roles(Catalogue(below), target="y")["mc_weight"].reason
    assert not names_weight("atomic_weight")
