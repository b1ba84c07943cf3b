"""What a stranger's columns are taken for, by name and by content."""

import numpy as np
import pandas as pd
import pytest
from test_adopt import table

from boxloop.adopt.error_columns import ERRORS, OTHER_SIDE, UPPER
from boxloop.adopt.roles import guess_roles
from boxloop.table.read import Catalogue


def roles(frame, **options):
    return {name: guess.role for name, guess in guess_roles(Catalogue(frame), **options).items()}


def test_roles_that_must_not_be_inputs():
    """Constants, copies, free text, the target under another name, truths, a second identifier."""
    frame = table().assign(
        constant=3,
        nothing=np.nan,
        copy=lambda f: f["mag"],
        note=[f"object number {k} is fine" for k in range(200)],
    )
    frame = frame.assign(
        code=(frame["kind"] == "star").astype(int),
        true_z=frame["mag"] / 7,
        name=[f"J{k:05d}" for k in range(200)],
    )
    found = roles(frame, target="kind")

    assert {found[name] for name in ("constant", "nothing", "copy", "note", "code", "name")} == {
        "ignored"
    }
    assert (found["source_id"], found["true_z"], found["mag"], found["band"]) == (
        "id",
        "truth",
        "input",
        "input",
    )


@pytest.mark.parametrize("pattern", ERRORS)
def test_errors_are_known_by_their_names(pattern):
    """Whatever the catalogue calls them, as long as the column that they belong to is there."""
    frame = pd.DataFrame(
        {
            "flux": np.arange(50.0) ** 1.5,
            pattern.format("flux"): np.linspace(0.1, 0.2, 50),
            "y": np.arange(50) % 7 * 1.1,
        }
    )
    guess = guess_roles(Catalogue(frame), target="y")

    assert (guess[pattern.format("flux")].role, guess[pattern.format("flux")].error_of) == (
        "error",
        "flux",
    )


@pytest.mark.parametrize(("upper", "lower"), list(zip((*UPPER, "e_{}"), OTHER_SIDE, strict=True)))
def test_of_an_error_with_two_sides_one_is_kept(upper, lower):
    """The other side is no input: the error of a target would give the target away.

    Marks of a missing value are no negative errors.
    """
    rng, names = np.random.default_rng(0), [pattern.format("flux") for pattern in (upper, lower)]
    frame = pd.DataFrame(
        {
            "flux": rng.gamma(2, size=80),
            "x": rng.normal(size=80),
            names[0]: rng.uniform(0.1, 0.2, 80),
            names[1]: -rng.uniform(0.1, 0.2, 80),
        }
    )
    frame[names[1]] *= -1 if lower.startswith("E_") else 1
    frame.loc[[3, 7], names[0]] = -999.0
    guess = guess_roles(Catalogue(frame), target="flux")

    assert sorted(guess[name].role for name in names) == ["error", "ignored"]
    assert guess["x"].role == "input"


def test_groups_and_times_are_guessed_from_strong_evidence_only():
    """A repeated identifier is a group, a date is a time; a repeated measurement is an input."""
    rng = np.random.default_rng(1)
    halo, when, visits = (
        np.repeat(np.arange(60), 3),
        rng.random(180) * 1000,
        rng.integers(3, 20, 180),
    )
    frame = pd.DataFrame(
        {"halo_id": halo, "mjd": when, "n_visits": visits, "m": rng.normal(size=180)}
    )

    assert roles(frame, target="m") == {
        "halo_id": "group",
        "mjd": "time",
        "n_visits": "input",
        "m": "target",
    }


@pytest.mark.parametrize(
    ("error", "base"),
    [
        ("FLUX1_ERR", "FLUX1"), ("MAGERR_AUTO", "MAG_AUTO"), ("psfMagErr_u", "psfMag_u"),
        ("w1sigmpro", "w1mpro"), ("j_msigcom", "j_m"), ("R_perr1", "R_p [Rjup]"),
        ("e_R_p", "R_p [Rjup]"), ("Sig_Flux", "flux"), ("FLUXERR_APER [mJy]", "FLUX_APER [mJy]"),
    ],
)  # fmt: skip
def test_errors_with_the_sign_inside_the_name(error, base):
    """Case, units and dashes do not count."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            error: rng.uniform(0.1, 0.2, 80),
            base: rng.normal(size=80),
            "x": rng.normal(size=80),
            "y": rng.normal(size=80),
        }
    )
    frame.loc[[3, 7], error] = -999.0
    guess = guess_roles(Catalogue(frame), target="y")

    assert (guess[error].role, guess[error].error_of) == ("error", base)
    assert guess[base].role == guess["x"].role == "input"
    assert guess_roles(Catalogue(frame.drop(columns=base)), target="y")[error].role == "input"


def test_an_error_with_two_sides_and_a_unit_in_brackets():
    """The upper side is the error; the lower one, also where it is negative, is set aside."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "R_p [Rjup]": rng.normal(size=80),
            "R_perr1": rng.random(80),
            "R_perr2": -rng.random(80),
            "y": rng.normal(size=80),
        }
    )

    assert list(roles(frame, target="y").values()) == ["input", "error", "ignored", "target"]


def test_what_only_looks_like_an_error_is_an_input():
    """A signal, a velocity dispersion, a reddening, a difference below zero are no errors."""
    rng = np.random.default_rng(0)
    names = [
        "signal",
        "nal",
        "sigma_v",
        "mav",
        "design",
        "den",
        "terra",
        "ta",
        "flux",
        "BV",
        "E_BV",
        "v",
        "y",
    ]
    frame = pd.DataFrame(
        {name: rng.uniform(1, 2, 80) for name in names} | {"FLUX_ERR": rng.normal(size=80)}
    )
    found = roles(frame.drop(columns="v"), target="y")

    assert {name for name, role in found.items() if role != "input"} == {"y"}
    assert roles(frame, target="y")["sigma_v"] == "error"


SKY = [
    "RA_ICRS",
    "de_icrs",
    "RAJ2000",
    "DEJ2000",
    "_raj2000",
    "ra_deg",
    "DEdeg",
    "ALPHA_J2000",
    "dec",
    "ra_mean",
    "_RA.icrs",
    "_DE",
]


@pytest.mark.parametrize("name", SKY)
def test_positions_on_the_sky_are_doubted(name):
    """They are inputs with a question."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {name: rng.uniform(0, 90, 80), "_density": rng.normal(size=80), "y": rng.normal(size=80)}
    )
    guess = guess_roles(Catalogue(frame), target="y")

    assert "position on the sky" in guess[name].reason and guess["_density"].reason == "a number"


def test_a_constant_with_gaps_is_said_to_have_them():
    """In words that cannot be misread where the value is a sign."""
    frame = table().assign(limit=np.where(np.arange(200) % 25 < 4, "<", None))
    guess = guess_roles(Catalogue(frame), target="kind")

    assert guess["limit"].reason == "it is '<' in every row that has a value (84 % have none)"
