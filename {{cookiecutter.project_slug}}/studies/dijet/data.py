"""The study's tables: prepared once into data/raw, then only read.

simulation
    Labelled events of generator A, with the share of signal that the search is designed for:
    inclusive significance about three. Signal rows are twelve times as many as expected, each
    with a weight of about a twelfth, so that efficiencies are measured well; whatever is fitted
    accepts rows by their weight and meets the expected number only.
shower_b
    Labelled events of generator B: another shower, a harder spectrum. Nobody trains on it; it
    shows what is lost when the simulation is wrong.
background
    Events of generator A without any signal: for false alarms and sculpting.
data
    What the search is for. Generator B with a signal that is not in any label. Its sidebands are
    open from the start; its signal region is blinded: `deployment` leaves it out, and `unblinded`
    is called at release and nowhere else.
    The blinding guards against accident, not malice: the file is there.
"""

from pathlib import Path

import pandas as pd

from boxloop.base import read_table, write_missing_tables

from . import regions, simulate
from .features import FEATURES

SIZES = {"simulation": 26_000, "shower_b": 12_000, "background": 40_000, "data": 30_000}
PER_EVENT = 0.0053  # expected signal events per background event
RAW = 12  # signal rows per expected event
SEED = (
    2043  # for which data and mock data are typical: the inclusive excess is near its expectation
)
HIDDEN = ["true_process", "weight"]


def tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return the four tables by file name."""
    size = SIZES
    expected = {name: PER_EVENT * n for name, n in size.items()}
    many = {name: round(RAW * n) for name, n in expected.items()}
    make = simulate.sample
    seen = make(
        simulate.B,
        background=size["data"],
        signals=round(expected["data"]),
        seed=[seed, 4],
        prefix="D",
    )
    return {
        "simulation": make(
            simulate.A,
            background=size["simulation"],
            signals=many["simulation"],
            expected=expected["simulation"],
            seed=[seed, 1],
            prefix="A",
        ),
        "shower_b": make(
            simulate.B,
            background=size["shower_b"],
            signals=many["shower_b"],
            expected=expected["shower_b"],
            seed=[seed, 2],
            prefix="B",
        ),
        "background": make(simulate.A, background=size["background"], seed=[seed, 3], prefix="Q"),
        "data": seen.drop(columns=HIDDEN),
    }


def prepare(raw: Path) -> list[Path]:
    """Write the raw tables that are missing and return the paths of all four.

    Existing files are never touched.
    """
    return write_missing_tables(raw, SIZES, tables)


def _read(raw: Path, name: str) -> pd.DataFrame:
    """Return a raw table, with the features that stand in it."""
    return FEATURES.into(read_table(Path(raw) / f"{name}.parquet"))


def labelled(raw: Path) -> pd.DataFrame:
    """Return the table with known processes to learn from and to measure on: generator A."""
    return _read(raw, "simulation")


def domains(raw: Path) -> dict[str, pd.DataFrame]:
    """Return other labelled tables by name, never used for training: generator B."""
    return {"shower_b": _read(raw, "shower_b")}


def background(raw: Path) -> pd.DataFrame:
    """Return events of generator A without signal."""
    return _read(raw, "background")


def deployment(raw: Path) -> pd.DataFrame:
    """Return the sidebands of the data: all events outside of the signal region, no truth."""
    frame = unblinded(raw)
    return frame[~regions.window(frame[regions.RESONANCE])].reset_index(drop=True)


def unblinded(raw: Path) -> pd.DataFrame:
    """Return all data, signal region included. Only the release calls this."""
    return _read(raw, "data")
