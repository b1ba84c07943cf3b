"""The study's tables: prepared once into data/raw, then only read.

Another study replaces these four functions and keeps their names.
"""

from pathlib import Path

import pandas as pd

from boxloop.base import read_table, write_missing_tables

from . import simulate

HALOS = {"simulator_a": 1500, "simulator_b": 900, "survey": 600}
SEED = 2026


def tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return the three tables by file name: simulator A, simulator B and the unlabelled survey.

    The survey has the physics of B, one line of sight per cluster, and no mass and no truth.
    """
    survey = simulate.catalogue(
        simulate.B, halos=HALOS["survey"], seed=[seed, 3], prefix="S", lines_of_sight=1
    )
    hidden = [name for name in survey if name == "ln_mass" or name.startswith("true_")]
    return {
        "simulator_a": simulate.catalogue(
            simulate.A, halos=HALOS["simulator_a"], seed=[seed, 1], prefix="A"
        ),
        "simulator_b": simulate.catalogue(
            simulate.B, halos=HALOS["simulator_b"], seed=[seed, 2], prefix="B"
        ),
        "survey": survey.drop(columns=hidden),
    }


def prepare(raw: Path) -> list[Path]:
    """Write the raw tables that are missing and return the paths of all three.

    Existing files are never touched.
    """
    return write_missing_tables(raw, HALOS, tables)


def labelled(raw: Path) -> pd.DataFrame:
    """Return the table with known masses to learn from: simulator A."""
    return read_table(Path(raw) / "simulator_a.parquet")


def domains(raw: Path) -> dict[str, pd.DataFrame]:
    """Return other labelled tables by name, never used for training: simulator B."""
    return {"simulator_b": read_table(Path(raw) / "simulator_b.parquet")}


def deployment(raw: Path) -> pd.DataFrame:
    """Return the unlabelled objects the model is meant for: the survey."""
    return read_table(Path(raw) / "survey.parquet")
