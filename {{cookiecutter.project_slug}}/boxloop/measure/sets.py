"""Sets of rows: measured at a release or for a benchmark, kept by chapters, measured again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from boxloop.base.errors import UserError
from boxloop.base.files import (
    fingerprint,
    read_cache,
    read_json,
    read_table,
    write_json,
    write_table,
)
from boxloop.measure.evidence import Evidence
from boxloop.table.codes import numbered

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from boxloop.measure.evidence import Compared

# What a set is asked with, beside its rows and its yardstick.
ASKED = ("metrics", "extended", "draws", "seed", "working_point")
DAMAGE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError)
DRAWS = 600  # of the bootstrap, in chapters and of a benchmark
MOST_DRAWS = 100_000  # of more than any chapter makes, a file of somebody's may keep one waiting


def measure_sets(
    frame: pd.DataFrame, predictions: Any, settings: Any, *, draws: int, seed: int
) -> dict:
    """Return the metrics of each set of rows that the sealed table holds.

    Parameters
    ----------
    frame : DataFrame
        The opened table; its column ``set`` names the set of each row.
    predictions : dict of arrays of shape (n,)
        By predictor, for the rows of `frame`.

    Returns
    -------
    dict
        By name of the set: ``n_rows``, ``n_groups`` and ``metrics`` as
        `boxloop.measure.intervals.compare` returns them.
    """
    from boxloop.measure.task import Task
    from boxloop.split.division import units

    sets = {}
    for name, rows in frame.reset_index(drop=True).groupby("set", sort=False):
        here = {who: values[rows.index] for who, values in predictions.items()}
        table = Task(settings).compare(rows, here, draws=draws, seed=seed)
        sets[name] = {
            "n_rows": len(rows),
            "n_groups": len(np.unique(units(rows, settings))),
            "metrics": table,
        }
    return sets


def keep_set(folder: Path, name: str, table: Mapping) -> list[Path]:
    """Keep what the numbers of a set were made of; return the files, none where nobody knows.

    Parameters
    ----------
    folder : path
        Of the sets of one chapter: ``NAME.parquet`` has the columns ``unit`` (a number from 0, no
        id), ``truth`` and one for each guess, and ``NAME.json`` how they were asked.
    name : str
    table : dict
        As `boxloop.measure.task.Task.compare` returns it. Of a plain dict the evidence is unknown,
        unless the files in `folder` are that of these very numbers: then they stay.
    """
    files = [folder / f"{stem(name)}{ending}" for ending in (".json", ".parquet")]
    found = getattr(table, "evidence", None)
    if found is None:
        known = read_cache(files[0])
        same = isinstance(known, dict) and known.get("numbers") == fingerprint(table)
        return files if same and files[1].is_file() else []
    columns, facts = _columns(found), _facts(found)
    write_table(files[1], columns)
    write_json(files[0], {"set": name, "numbers": fingerprint(table)} | facts)
    return files


def drop_sets(folder: Path, kept: Collection[Path], recorded: Collection[str]) -> None:
    """Delete the files of sets that a chapter does not keep any more.

    Parameters
    ----------
    folder : path
    kept : collection of paths
        What it keeps.
    recorded : collection of str
        Fingerprints of tables that are on record for good, as those of a release are: nobody can
        measure sealed rows again, so their files stay.
    """
    for path in sorted(folder.glob("*.json")):
        known = read_cache(path)
        numbers = known.get("numbers") if isinstance(known, dict) else None
        if path not in kept and numbers not in recorded:
            path.unlink()
            path.with_suffix(".parquet").unlink(missing_ok=True)
    for path in sorted(folder.glob("*.parquet")):
        if not path.with_suffix(".json").is_file():
            path.unlink()


def stem(name: str) -> str:
    """Return the name of the files of a set, without ending: such as every system allows."""
    return quote(str(name), safe=" ()+,=@")


def _columns(found: Evidence) -> pd.DataFrame:
    """Return truth and guesses as a table of n rows, with the number of the unit of each."""
    import pandas as pd

    _, codes = numbered(found.units)
    table = {"unit": codes.astype(np.int32), "truth": found.truth}
    for who, names in _names(found).items():
        said = found.guesses[who]
        table |= {names: said} if isinstance(names, str) else dict(zip(names, said.T, strict=True))
    return pd.DataFrame(table)


def _names(found: Evidence) -> dict[str, str | list[str]]:
    """Return what the columns of each guess are called, as in `Task.columns`."""
    names: dict[str, str | list[str]] = {}
    for who, said in found.guesses.items():
        word = f"guess of {who}" if who in ("unit", "truth") else who
        if np.ndim(said) < 2:
            names[who] = word
            continue
        classes = found.yardstick.classes or tuple(map(str, range(np.shape(said)[1])))
        names[who] = [f"{word} {one}" for one in classes]
    return names


def _facts(found: Evidence) -> dict[str, Any]:
    """Return how the rows were asked, as JSON holds it."""
    options = {name: getattr(found, name) for name in ASKED}
    return {"guesses": _names(found)} | options | {"yardstick": asdict(found.yardstick)}


def measured_again(path: Path, settings: Any) -> Compared:
    """Return the metrics of a set once more, from the rows that were kept: to the last bit.

    See `kept_set` for parameters and errors.
    """
    found = kept_set(path, settings)
    try:
        return measured(found)
    except DAMAGE as error:
        raise UserError(_damaged(Path(path), error)) from error


def measured(found: Evidence) -> Compared:
    """Return the metrics of some evidence as a chapter measures them, to the last bit."""
    import scipy.linalg  # noqa: F401  # only what is loaded can be limited
    from threadpoolctl import threadpool_limits

    # As in a chapter: several threads add in another order, and the last bits differ.
    with threadpool_limits(limits=1, user_api="blas"):
        return found.measure()


def kept_set(path: Path, settings: Any) -> Evidence:
    """Return what the numbers of a set were made of.

    Parameters
    ----------
    path : path
        ``results/NN_name/sets/NAME``, without ending; NAME as the set is called.
    settings : boxloop.settings.load.Settings
        What they say of working point, scale, bound, prevalence and classes counts.

    Raises
    ------
    UserError
        If nothing of this set was kept, or it is not what a chapter keeps.
    """
    path, name = Path(path), Path(path).name
    files = [path.with_name(f"{stem(name)}{ending}") for ending in (".json", ".parquet")]
    if lost := next((file for file in files if not file.is_file()), None):
        raise UserError(_lost(lost, name))
    try:
        return _read(files, name, settings)
    except (*DAMAGE, UserError) as error:
        raise UserError(_damaged(path, error)) from error


def _damaged(path: Path, error: Exception) -> str:
    chapter = path.parent.parent.name
    return (
        f"results/{chapter}/sets/{stem(path.name)}.json and .parquet are not as {chapter} left "
        f"them ({type(error).__name__}: {error}): run {chapter} again."
    )


def _lost(file: Path, name: str) -> str:
    """Return in one sentence why a set cannot be measured again, and what helps."""
    chapter = file.parent.parent
    where = f"results/{chapter.name}/sets/{file.name}"
    if (chapter / "release.json").is_file():
        return (
            f"{where} is not there, and sealed rows are measured once: "
            "restore it from where the release was made."
        )
    return (
        f"{where} is not there, because here.metrics was handed a plain table for '{name}': hand "
        f"it what here.compare has returned, and run {chapter.name}."
    )


def _read(files: list[Path], name: str, settings: Any) -> Evidence:
    """Return the evidence in the two files of a set."""
    from boxloop.measure.task import Task

    facts, table = read_json(files[0]), read_table(files[1])
    if not isinstance(facts, dict) or facts["set"] != name:
        raise KeyError(name)
    guesses = {who: _said(table, names) for who, names in facts["guesses"].items()}
    numbers = {"truth": table["truth"].to_numpy(), "units": table["unit"].to_numpy()}
    asked = {key: facts[key] for key in ASKED}
    if not 1 <= int(asked["draws"]) <= MOST_DRAWS:
        raise KeyError(asked["draws"])
    asked |= {"metrics": tuple(asked["metrics"]), "working_point": settings.study.working_point}
    stick = Task(settings).measured_by(facts["yardstick"])
    return Evidence(guesses=guesses, yardstick=stick, **numbers, **asked)


def _said(table: pd.DataFrame, names: str | list[str]) -> np.ndarray:
    """Return the guesses in a column, or of several classes in some; shape (n,) or (n, K)."""
    return np.ascontiguousarray(table[names].to_numpy())
