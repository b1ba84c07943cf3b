"""The study's tables: prepared once into data/raw, then only read.

Another study replaces these functions and keeps their names, but for `lessons`.
"""

from pathlib import Path

import pandas as pd

from boxloop.base import UserError, find_project, read_table, write_missing_tables
from boxloop.settings import load_settings

from . import simulate
from .features import FEATURES

HALOS = {"simulator_a": 1500, "simulator_b": 900, "simulator_c": 600, "survey": 600}
# Halos of simulator B that never judge: they may teach, if `halos_of_b` in study.toml says so.
LESSONS = HALOS["simulator_b"] // 3
SEED = 2026


def tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return the tables by file name: simulators A, B and C, and the unlabelled survey.

    The survey has the physics of C, one line of sight per cluster, and no mass and no truth.
    """
    survey = simulate.catalogue(
        simulate.C, halos=HALOS["survey"], seed=[seed, 3], prefix="S", lines_of_sight=1
    )
    hidden = [name for name in survey if name == "ln_mass" or name.startswith("true_")]
    plans = {"A": 1, "B": 2, "C": 4}
    simulated = {
        f"simulator_{letter.lower()}": simulate.catalogue(
            simulate.SIMULATORS[letter],
            halos=HALOS[f"simulator_{letter.lower()}"],
            seed=[seed, number],
            prefix=letter,
        )
        for letter, number in plans.items()
    }
    return simulated | {"survey": survey.drop(columns=hidden)}


def prepare(raw: Path) -> list[Path]:
    """Write the raw tables that are missing and return the paths of all of them.

    Existing files are never touched.
    """
    return write_missing_tables(raw, HALOS, tables)


def _read(raw: Path, name: str) -> pd.DataFrame:
    """Return a raw table, with the features that stand in it."""
    return FEATURES.into(read_table(Path(raw) / f"{name}.parquet"))


def labelled(raw: Path) -> pd.DataFrame:
    """Return the table with known masses that is divided: simulator A."""
    return _read(raw, "simulator_a")


def _of_b(raw: Path) -> tuple:
    """Return the rows of simulator B, and the running number of the halo of each."""
    frame = _read(raw, "simulator_b")
    return frame, frame["halo_id"].str[1:].astype(int)


def lessons(raw: Path, halos: int = LESSONS) -> pd.DataFrame:
    """Return the rows of the first `halos` halos of simulator B; they teach and never judge."""
    if halos > LESSONS:
        msg = f"halos_of_b = {halos} in study.toml, but {LESSONS} are set aside to teach: lower it."
        raise UserError(msg)
    frame, number = _of_b(raw)
    return frame[number < halos].reset_index(drop=True)


def for_training(raw: Path) -> pd.DataFrame:
    """Return the halos of simulator B that `[revision]` of study.toml grants.

    Training alone sees them, so that validation and test rows are those of pass 1.
    """
    revision = load_settings(find_project(raw).settings_file).revision
    return lessons(raw, revision.get("halos_of_b", 0))


def domains(raw: Path) -> dict[str, pd.DataFrame]:
    """Return other labelled tables by name: simulators B (what never teaches of it) and C."""
    frame, number = _of_b(raw)
    return {
        "simulator_b": frame[number >= LESSONS].reset_index(drop=True),
        "simulator_c": _read(raw, "simulator_c"),
    }


def deployment(raw: Path) -> pd.DataFrame:
    """Return the unlabelled objects the model is meant for: the survey."""
    return _read(raw, "survey")
