"""The adopted table: read once, held against its contract, handed on without unusable rows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base import UserError, find_project, read_table, sha256, write_table
from boxloop.measure import Task
from boxloop.split import measured
from boxloop.table import kept_sample, read_rows

from . import contract
from .features import FEATURES
from .manifest import manifest

if TYPE_CHECKING:
    from pathlib import Path


# Of the table that was read last, as it and study.toml were then: how many rows were left out for
# which reason, and which inputs hold words. Whoever asks for that need not read it again.
_SEEN: dict = {}
EXACT = 2**53  # larger whole numbers, such as identifiers, are not exact as floats
DEPLOYMENT = "deployment"  # what copies of the deployment table are called


def prepare(raw: Path) -> Any:
    """Return the paths of the adopted tables, after a look that they are still the same."""
    settings = manifest(raw)
    data = settings.data
    paths = [_checked(raw, data.table, data.sha256)]
    if data.deployment_footer:
        paths.append(kept_sample(raw, settings)[0])  # the table itself stays where it is
    elif data.deployment:
        paths.append(_checked(raw, data.deployment, data.deployment_sha256))
    return paths


def labelled(raw: Path) -> Any:
    """Return the rows to learn from, with the columns of the manifest.

    Left out are rows without a target, without what the split needs (group, id or time) and
    without a weight; see `dropped`.
    Truth values in inputs become 0 and 1; words stay words, and missing inputs stay missing.

    Raises
    ------
    UserError
        If the table breaks its contract: one sentence with file, column, row and remedy.
    """
    kept = _usable(raw)
    contract.check_rows(kept, manifest(raw))
    return kept


def dropped(raw: Path) -> Any:
    """Return why rows were left out, one line per reason: columns `reason` and `rows`."""
    counts, _ = _seen(raw)
    return pd.DataFrame({"reason": counts.index.astype(str), "rows": counts.to_numpy(dtype=int)})


def domains(raw: Path) -> Any:
    """Return other labelled tables by name, never used for training: none until you add yours.

    For example ``{"other_survey": another(raw, "other.csv")}``, a file in data/raw with the same
    columns.
    """
    return {}


def another(raw: Path, name: str) -> Any:
    """Return the usable rows of one more labelled table, held against study.toml as the first is.

    Parameters
    ----------
    raw : path of data/raw
    name : str
        The file in data/raw. Columns with the role ignored may be missing, and an input may be
        the same in every row.

    Raises
    ------
    UserError
        As `labelled`.
    """
    settings, table = manifest(raw), f"data/raw/{name}"
    columns = {
        name: column for name, column in settings.columns.items() if column.role != "ignored"
    }
    settings = settings.model_copy(
        update={"columns": columns, "data": settings.data.model_copy(update={"table": table})}
    )
    frame = FEATURES.into(measured(read_rows(_checked(raw, table, None)), settings))
    frame = contract.check_columns(frame, settings)
    return _exact(frame[_reasons(frame, settings) == ""].reset_index(drop=True))


def deployment(raw: Path) -> Any:
    """Return the unlabelled objects that the model is meant for, or None.

    They need the inputs and nothing else. Rows without an id (or group) are named by their number.
    Of a table that does not fit into memory these are rows drawn at random, which is said.
    """
    settings = manifest(raw)
    data = settings.data
    if not data.deployment:
        return None
    if data.deployment_footer:
        _, rows = kept_sample(raw, settings)
        print(f"{data.drawn} `boxloop predict {data.deployment} --out FILE` sees them all.")
    else:
        path = _checked(raw, data.deployment, data.deployment_sha256)
        rows = _read(path, data.deployment_sha256, data.deployment_inside)
    frame = FEATURES.into(measured(rows, settings))
    frame = contract.check_deployment(frame, settings, words_of=labelled_words(raw))
    for name in filter(None, (settings.only("group"), settings.only("id"))):
        numbered = pd.Series(
            [f"row {number}" for number in range(1, len(frame) + 1)], index=frame.index
        )
        frame[name] = (
            numbered
            if name not in frame
            else frame[name].astype("str").where(frame[name].notna(), numbered)
        )
    return frame


def labelled_words(raw: Path) -> Any:
    """Return the names of the inputs that hold words in the labelled table."""
    _, words = _seen(raw)
    return words


def _usable(raw: Path) -> pd.DataFrame:
    """Return the usable rows of the labelled table, its columns held against the contract."""
    settings, stamp = manifest(raw), _stamp(raw)
    path = _checked(raw, settings.data.table, settings.data.sha256)
    _forget_copies(raw)
    frame = FEATURES.into(measured(read_rows(path, table=settings.data.inside), settings))
    frame = contract.check_columns(frame, settings)
    reason = _reasons(frame, settings)
    counts = reason[reason != ""].value_counts(sort=False)
    words = [name for name in settings.inputs if not pd.api.types.is_numeric_dtype(frame[name])]
    _SEEN.clear()
    _SEEN[stamp] = counts, words
    return _exact(frame[reason == ""].reset_index(drop=True))


def _exact(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with whole numbers as numpy has them: exact, or with gaps as floats."""
    gaps = {
        name: float if frame[name].isna().any() else "int64"
        for name in frame.columns
        if pd.api.types.is_extension_array_dtype(frame[name])
        and pd.api.types.is_integer_dtype(frame[name])
    }
    return frame.astype(gaps) if gaps else frame


def _seen(raw: Path):
    """Return what was seen when the table was read, which is done now if it has changed since."""
    stamp = _stamp(raw)
    if stamp not in _SEEN:
        _usable(raw)
    return _SEEN[stamp]


def _stamp(raw: Path):
    """Return what tells whether the table or study.toml has changed."""
    project = find_project(raw)
    files = [project.settings_file, project.root / manifest(raw).data.table]
    facts = [file.stat() for file in files if file.is_file()]
    return (project.root, *((fact.st_mtime_ns, fact.st_size) for fact in facts))


def _checked(raw: Path, name: str, expected: Any):
    """Return the path of a table that is there and unchanged."""
    path = find_project(raw).root / name
    remedy = "put it back or run `boxloop adopt FILE --target COLUMN --force`"
    if not path.is_file():
        msg = f"{name} is not there: {remedy}."
        raise UserError(msg)
    if expected and sha256(path) != expected:
        msg = f"{name} is not the file that was adopted, its content has changed: {remedy}."
        raise UserError(msg)
    return path


def _forget_copies(raw: Path):
    """Remove copies of the labelled table, which an earlier version of this file has kept.

    Rows that are sealed stand in data/sealed, and beside it in data/raw alone, which is yours.
    """
    for old in find_project(raw).interim.glob("raw_*.parquet"):
        old.unlink(missing_ok=True)


def _read(path: Path, digest: Any, inside: Any):
    """Return the deployment table; a Parquet copy is kept, as text of a million lines is slow.

    The name of the copy holds the sha256 of the file, so that a copy of another file is never
    taken for it. Of the labelled table there is none: it would hold the sealed rows.
    """
    stamp = f"{(digest or sha256(path))[:12]}{zlib.crc32((inside or '').encode()) or ''}"
    copy = find_project(path).interim / f"{DEPLOYMENT}_{stamp}.parquet"
    try:
        return read_table(copy) if copy.is_file() else _copied(path, copy, inside)
    except UserError:
        if not copy.is_file():
            raise
        return _copied(path, copy, inside)  # a damaged copy: the file itself is whole


def _copied(path: Path, copy: Any, inside: Any):
    frame = read_rows(path, table=inside)
    for old in copy.parent.glob(f"{DEPLOYMENT}_*.parquet"):
        old.unlink(missing_ok=True)
    write_table(copy, frame)
    return read_table(copy)  # so that the first reader gets what all others get


def _reasons(frame: pd.DataFrame, settings: Any):
    """Return for each row why it is left out, empty where it is kept."""
    reason = np.full(len(frame), "", dtype=object)
    for name, words in contract.needed(settings).items():
        gone = frame[name].isna().to_numpy() & (reason == "")
        reason[gone] = f"{words} ({name})"
    if chosen := contract.classes(settings):
        other = ~Task(settings).labels(frame).isin(chosen).to_numpy() & (reason == "")
        reason[other] = f"a class that is not in study.classes ({settings.study.target})"
    return pd.Series(reason, index=frame.index)
