"""What of a study goes into its release, and what never does.

Copied is by name of a place, never by what lies around: a key, the sealed rows, what a machine or
an editor left, and whatever is reached by a link stay at home.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import boxloop
from boxloop.base.door import held_open
from boxloop.base.files import write_text
from boxloop.notebooks.clean import as_text, without_outputs
from boxloop.notebooks.file import read_notebook
from boxloop.predict.layout import BUNDLE_OF_08

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject

LARGE = 100_000_000  # bytes: from here on a file is named, before somebody sends it
# Of the study, by name; `boxloop` is the machinery, and `data` has rules of its own.
FOLDERS = ("study", "notebooks", "tests", "results")
FILES = ("study.toml", "pyproject.toml", "data/sealed/ledger.jsonl", "report/index.html")
LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt")
ROWS = ("data/raw", "data/interim")
REPORT = "report/index.html"
# Made by Python, pytest, JupyterLab, an editor or a desktop.
LITTER = re.compile(
    r"\..*|__pycache__|.*\.py[co]|.*~|#.*#|.*\.sw[op]|.*\.egg-info|.*\.part|"
    r"Thumbs\.db|desktop\.ini|node_modules|venv|seal\.key",
    re.IGNORECASE,
)
_KEY = re.compile(rb"boxloop-seal-[0-9a-f]{64}")
ENCRYPTED = b"PARE"  # sealed rows, under whatever name
# Arrays in which estimators of scikit-learn keep the rows that they were fitted to.
KEPT_ROWS = re.compile(r'"(_fit_X|X_train_|X_fit_|support_vectors_|X_)"')


@dataclass
class Contents:
    """What was copied, and what was left at home though it stands where the rest does.

    Attributes
    ----------
    links, secret : list of str
        Symbolic links; keys and sealed rows that lie in another place than their own.
    rows, predictions : list of str
        Left out because data, or predictions, are not shared.
    large : list of (str, int)
        Copied, with their bytes.
    """

    links: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    predictions: list[str] = field(default_factory=list)
    large: list[tuple[str, int]] = field(default_factory=list)


def write(folder: Path, subject: Subject) -> Contents:
    """Copy into a folder what of the study others need.

    Notebooks go without outputs. Where ``share_data`` is false, no table with a column of the study
    and no report goes; where ``share_predictions`` is, no truth and guess of a row.
    """
    found, root = Contents(), subject.project.root
    machinery = root / "boxloop"
    machinery = machinery if machinery.is_dir() else Path(boxloop.__file__).parent
    _copy_tree(machinery, folder / "boxloop", "boxloop", subject, found)
    names = [*FOLDERS, *_own_packages(root)] + (list(ROWS) if subject.shares_data else [])
    for name in names:
        if (root / name).is_symlink():
            found.links.append(name)
        elif (root / name).is_dir():
            _copy_tree(root / name, folder / name, name, subject, found)
    for name in [*FILES, *LICENCES, *sorted(path.name for path in root.glob("*.py"))]:
        if (root / name).is_file() and not LITTER.fullmatch(Path(name).name):
            _copy(root / name, folder / name, name, subject, found)
    return found


def _own_packages(root: Path) -> list[str]:
    """Return folders beside the study that can be imported: its modules may need them."""
    known = {*FOLDERS, "boxloop", "data", "report", "release", "attic", "benchmark", "studies"}
    inside = (path.parent.name for path in sorted(root.glob("*/__init__.py")))
    return [name for name in inside if name not in known and not LITTER.fullmatch(name)]


def _copy_tree(source: Path, target: Path, name: str, subject: Subject, found: Contents) -> None:
    for path in _files(source, found, name):
        inner = path.relative_to(source)
        _copy(path, target / inner, f"{name}/{inner.as_posix()}", subject, found)


def _files(source: Path, found: Contents, name: str) -> Iterator[Path]:
    """Yield the files below a folder, sorted; links are named and not followed."""
    for at, folders, files in os.walk(source):
        here = Path(at)
        for one in [*folders, *files]:
            if (here / one).is_symlink() and not LITTER.fullmatch(one):
                found.links.append(f"{name}/{(here / one).relative_to(source).as_posix()}")
        inner = "/".join((name, *here.relative_to(source).parts))
        kept = (one for one in folders if not LITTER.fullmatch(one))
        kept = (one for one in kept if f"{inner}/{one}" != BUNDLE_OF_08)
        folders[:] = sorted(one for one in kept if not (here / one).is_symlink())
        yield from sorted(
            path
            for path in (here / one for one in files if not LITTER.fullmatch(one))
            if path.is_file() and not path.is_symlink()
        )


def _copy(path: Path, target: Path, name: str, subject: Subject, found: Contents) -> None:
    """Copy one file, unless it is a secret or what this study does not share."""
    if path.is_symlink():
        found.links.append(name)
    elif _is_secret(path):
        found.secret.append(name)
    elif not subject.shares_data and (name == REPORT or _has_rows(path, name, subject)):
        found.rows.append(name)
    elif not subject.shares_predictions and _has_predictions(path, name):
        found.predictions.append(name)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            write_text(target, as_text(without_outputs(read_notebook(path))))
        else:
            with held_open():
                shutil.copyfile(path, target)
        if (size := target.stat().st_size) > LARGE:
            found.large.append((name, size))


def _is_secret(path: Path) -> bool:
    """Return whether a file is a key of a test set, or sealed rows, whatever it is called."""
    with held_open(), path.open("rb") as file:
        begin = file.read(4096)
    return begin.startswith(ENCRYPTED) or _KEY.match(begin.strip()) is not None


def _has_rows(path: Path, name: str, subject: Subject) -> bool:
    """Return whether a result shows rows of the data: a table with a column of the study.

    Truth and guess by themselves, as in ``sets/``, are no such rows.
    """
    if not name.startswith("results/"):
        return False
    if path.suffix == ".parquet" and "sets" not in Path(name).parts:
        return True
    return bool(_columns(path) & {*subject.settings.columns, "row_id"})


def _has_predictions(path: Path, name: str) -> bool:
    """Return whether a result tells truth and guess row by row."""
    if not name.startswith("results/"):
        return False
    return (
        "sets" in Path(name).parts
        or (path.suffix == ".parquet" and "predictions" in path.stem)
        or {"truth", "model"} <= _columns(path)
    )


def _columns(path: Path) -> set[str]:
    """Return the names of the columns of a table; none of what is no table."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return set(next(csv.reader(file), []))
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        with held_open():
            return set(pq.read_schema(path).names)
    return set()


def models_that_keep_rows(folder: Path) -> list[str]:
    """Return the model files in a folder that hold rows which they were fitted to, by name."""
    import zipfile

    found = []
    for path in sorted(folder.rglob("*.skops")):
        with zipfile.ZipFile(path) as archive:
            schema = archive.read("schema.json").decode("utf-8", errors="replace")
        if KEPT_ROWS.search(schema):
            found.append(path.relative_to(folder).as_posix())
    return found
