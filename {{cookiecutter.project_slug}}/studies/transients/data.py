"""The study's tables: prepared once into data/raw, then only read.

Another study replaces these functions and keeps their names.
"""

from pathlib import Path

import pandas as pd

from boxloop.base import find_project, read_table, write_missing_tables
from boxloop.settings import load_settings

from . import survey
from .features import FEATURES

SEED = 2026
# Season: seed, candidates, rows at most, confirmed by a spectrum (None: kilonovae). Its letter
# begins every identifier.
SEASONS = {
    "A": (SEED, 26000, 3000, True),
    "B": (SEED, 16000, 5000, False),
    "C": (SEED, 10000, 2970, False),
    "F": (SEED, 1600, 300, False),
    "K": (SEED, 4000, 400, None),
    "N": (SEED, 400, 30, None),
}
FILES = ("spectroscopic", "photometric", "faint_spectra", "survey", "kilonovae")


def tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return the five tables by file name.

    Confirmed objects with their classes; objects of another season that no spectrograph has seen,
    whose classes are known because they are simulated; some like these, of a third season, chosen
    blindly and given a spectrum after pass 1; the unlabelled survey, with one per cent of
    kilonovae; and kilonovae alone.
    """
    seasons = {name: (seed, *arguments[1:]) for name, arguments in SEASONS.items()}
    found = {name: survey.catalogue(name, arguments) for name, arguments in seasons.items()}
    strangers = found["N"].assign(field_id="C" + found["N"]["field_id"].str[1:])
    sky = pd.concat([found["C"], strangers]).sort_values("mjd", kind="stable", ignore_index=True)
    sky["object_id"] = [f"S{n:05d}" for n in range(len(sky))]
    hidden = [name for name in sky if name == "kind" or name.startswith("true_")]
    return {
        "spectroscopic": found["A"],
        "photometric": found["B"],
        "faint_spectra": found["F"],
        "kilonovae": found["K"],
        "survey": sky.drop(columns=hidden),
    }


def prepare(raw: Path) -> list[Path]:
    """Write the raw tables that are missing and return the paths of all five.

    Existing files are never touched.
    """
    return write_missing_tables(raw, FILES, tables)


def _read(raw: Path, name: str) -> pd.DataFrame:
    """Return a raw table, with the features that stand in it."""
    return FEATURES.into(read_table(Path(raw) / f"{name}.parquet"))


def labelled(raw: Path) -> pd.DataFrame:
    """Return the objects with a spectroscopic class: what there is to learn from."""
    return _read(raw, "spectroscopic")


def for_training(raw: Path) -> pd.DataFrame:
    """Return as many faint objects with a spectrum as `[revision]` of study.toml grants.

    Training alone sees them, so that validation and test rows are those of pass 1.
    """
    rows = load_settings(find_project(raw).settings_file).revision.get("faint_spectra", 0)
    return _read(raw, "faint_spectra").head(rows)


def domains(raw: Path) -> dict[str, pd.DataFrame]:
    """Return other labelled tables by name, never used for training: faint objects, no spectra."""
    return {"photometric": _read(raw, "photometric")}


def deployment(raw: Path) -> pd.DataFrame:
    """Return the unlabelled objects the model is meant for: the survey."""
    return _read(raw, "survey")


def kilonovae(raw: Path) -> pd.DataFrame:
    """Return objects of a class that no training row has."""
    return _read(raw, "kilonovae")
