"""The study's own path, rehearsed: from the raw table to a held-out score, in a scratch project.

A check that fits a model again sees what is inside the model. It cannot see what ``study/data.py``
or ``study/models.py`` has done to all rows before. So the raw tables are copied into a temporary
project, with shuffled labels or with rows taken away, and the study prepares, selects and fits
there as it does here.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.door import held_open
from boxloop.base.files import sha256, write_table
from boxloop.base.places import Project
from boxloop.checks.chance import Score, against_chance, one_thread, pooled, shared
from boxloop.settings.load import load_settings

if TYPE_CHECKING:
    from boxloop.settings.load import Settings

ROWS = 400  # with shuffled labels: where rows are few, a choice by their labels shows most
UNITS = 100  # at least as many, where there are
RARE = 60  # rows of the rarer class, where there are
MOST = 20_000  # units of a rehearsal with rows taken away
FOLDS = 2
SHARES = (
    0.5,
    0.25,
    0.1,
)  # of the units that are taken away: fewer where the study refuses the rest


class Rehearsal:
    """The path of one study, which may be run with other raw tables.

    Parameters
    ----------
    project : Project
    choice : str
        The rung of ``study.models.ladder`` that is fitted.
    seed : int
    membership : callable, optional
        For a search that learns from regions of the resonance: which of its values, shape (n,),
        lie inside. The resonance is shuffled then, in place of the target.
    """

    def __init__(
        self, project: Project, choice: str, *, seed: int, membership: Callable | None = None
    ) -> None:
        self.project, self.choice, self.seed = project, choice, seed
        self.membership = membership
        self.settings = load_settings(project.settings_file)
        self._by_name = False  # whether the study asks for its adopted file by name

    @property
    def shuffled_column(self) -> str | None:
        """The column whose values a rehearsal shuffles; None where the ladder learns no labels."""
        from boxloop.measure.task import Task

        if self.membership is not None:
            return self.settings.only("resonance")
        task = Task(self.settings)
        learns = not task.has_classes or task.kind.has_probabilities
        return self.settings.study.target if learns else None

    def left_out(self, X: pd.DataFrame) -> list[str]:
        """Return the inputs that the training table of 03 has and X lacks: chosen in a cell."""
        import pyarrow.parquet as pq

        file = self.project.interim / "train.parquet"
        there = pq.read_schema(file).names if file.is_file() else []
        return [name for name in self.settings.inputs if name in there and name not in X]

    def shuffle(self, number: int) -> Score | None:
        """Run the path on shuffled labels, and return what its rung says of held-out rows.

        Parameters
        ----------
        number : int
            Another number is another shuffle.

        Returns
        -------
        Score, or None where no fold can be fitted and scored

        Raises
        ------
        Exception
            Whatever the study raises, and LookupError where no raw table holds the labels.
        """
        rng, column = np.random.default_rng([self.seed, number]), self.shuffled_column
        if not any(column in frame for frame in self._thin_tables.values()):
            msg = f"no table in data/raw holds '{column}'"
            raise LookupError(msg)
        mixed = {path: self._mixed(frame, column, rng) for path, frame in self._thin_tables.items()}
        return self._played(mixed, self._scored)

    def _scored(self, frame: pd.DataFrame) -> Score | None:
        """Return what the chosen rung says of rows that it was not fitted to, on the stage.

        The folds are those of the study, two in place of many.
        """
        from sklearn.base import clone

        from boxloop.measure.task import Task, guess
        from boxloop.split.division import folds, units

        task, plan = Task(self.settings), self.settings.split.model_copy(update={"folds": FOLDS})
        rung = importlib.import_module("study.models").ladder(self.seed)[self.choice]
        X, y = task.seen(frame), task.truth(frame)
        inside = self.membership and self.membership(frame[self.shuffled_column])
        asked = y.to_numpy() if inside is None else np.asarray(inside, dtype=float)
        classes, own = task.has_classes, units(frame, self.settings)
        found = []
        for fitted, held in folds(frame, self.settings.model_copy(update={"split": plan})):
            if classes and min(len(np.unique(asked[part])) for part in (fitted, held)) < 2:
                continue
            model = clone(rung).fit(X.iloc[fitted], y.iloc[fitted])
            said = guess(model, X.iloc[held], classes=len(task.classes) or None)
            found.append(against_chance(asked[held], said, own[held], classes=classes))
        return pooled(found)

    def halves(self) -> tuple[int, list[str]]:
        """Run the preparation with rows taken away, and return which inputs of the others change.

        Twice, so that each row is once away: what is learnt from the largest value shows in one
        of the two. Whole units are taken away: what is computed within one may stay.

        Returns
        -------
        (number of inputs compared, names of those that change)

        Raises
        ------
        Exception
            Whatever the study raises; LookupError where the rows cannot be matched.
        """
        tables = {path: self._some(frame, MOST) for path, frame in self._tables.items()}
        if not tables:
            msg = f"no table in data/raw holds '{self.settings.study.target}'"
            raise LookupError(msg)
        whole, problem = self._played(tables), None
        for share in SHARES:
            try:
                return self._compared(whole, tables, share)
            except LookupError:
                raise
            except Exception as error:  # noqa: BLE001  # too few rows are left for the study
                problem = error
        raise problem  # type: ignore[misc]

    def _compared(self, whole: pd.DataFrame, tables: dict, share: float) -> tuple[int, list[str]]:
        rng, compared, changed = np.random.default_rng(self.seed), 0, dict.fromkeys(())
        turns = {path: self._turns(frame, whole, rng) for path, frame in tables.items()}
        for low in (0.0, share):
            kept = {path: (turn < low) | (turn >= low + share) for path, turn in turns.items()}
            half = self._played({path: frame[kept[path]] for path, frame in tables.items()})
            both = self._matched(whole, half, tables, kept)
            names = [name for name in self.settings.seen if name in whole or name in half]
            compared = len(names)
            changed |= dict.fromkeys(name for name in names if not _same(name, *both))
        return compared, list(changed)

    def _turns(self, frame: pd.DataFrame, whole: pd.DataFrame, rng: Any) -> np.ndarray:
        """Return for each row a place in [0, 1) in a random order of the units."""
        name = _unit(self.settings)
        if name in frame:
            units = frame[name].to_numpy()
        elif name in whole and len(whole) == len(frame):
            units = whole[name].to_numpy()  # a unit that the study makes
        else:
            units = np.arange(len(frame))
        codes = pd.factorize(units, use_na_sentinel=False)[0]
        many = codes.max(initial=0) + 1
        return rng.permutation(many)[codes] / many

    def _matched(
        self, whole: pd.DataFrame, half: pd.DataFrame, tables: dict, kept: dict
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the rows that both tables have, in one order."""
        name = _unit(self.settings)
        if name in whole and name in half:
            counts = [frame[name].value_counts() for frame in (whole, half)]
            both = counts[0].index.intersection(counts[1].index)
            alike = both[(counts[0][both] == counts[1][both]).to_numpy()]
            pair = [frame[frame[name].isin(alike)] for frame in (whole, half)]
            pair = [frame.sort_values(name, kind="stable") for frame in pair]
        else:
            (path, frame), *_ = tables.items()
            there = frame[self.settings.study.target].notna().to_numpy()
            every = np.ones(len(frame), dtype=bool)
            usable = next((rows for rows in (every, there) if rows.sum() == len(whole)), every)
            pair = [whole[kept[path][usable]] if len(whole) == usable.sum() else whole, half]
        if len(pair[0]) != len(pair[1]) or pair[0].empty:
            msg = "the rows that study.data returns cannot be matched with those it was given"
            raise LookupError(msg)
        first, second = (frame.reset_index(drop=True) for frame in pair)
        return first, second

    def _played(self, tables: dict, act: Callable = lambda frame: frame) -> Any:
        """Let the study prepare its rows from these raw tables, and return what `act` makes of it.

        Where it fails with an adopted table of another name, that stands there by its own as well.
        """
        try:
            return self._once(tables, act)
        except Exception:
            text = self.settings.data is not None and self.settings.data.table.endswith(".csv")
            if self._by_name or not text:
                raise
            self._by_name = True
        return self._once(tables, act)

    def _once(self, tables: dict, act: Callable) -> Any:
        with held_open(), self._stage(tables) as raw, _quiet():
            data = importlib.import_module("study.data")
            data.prepare(raw)
            return act(data.labelled(raw).reset_index(drop=True))

    # The raw tables.

    @cached_property
    def _tables(self) -> dict[Path, pd.DataFrame]:
        """The raw tables that hold what is shuffled, or the target, by path."""
        with held_open():
            return self._read()

    def _read(self) -> dict[Path, pd.DataFrame]:
        wanted = {self.settings.study.target, *self.settings.role("resonance")}
        data, found = self.settings.data, {}
        if data is not None:
            path = self.project.root / data.table
            from boxloop.table.read import read_rows

            return {path: read_rows(path, table=data.inside)}
        for path in sorted(self.project.raw.iterdir()):
            if wanted & set(_columns(path)):
                found[path] = pd.read_parquet(path) if _is_parquet(path) else pd.read_csv(path)
        if len(found) > 1:  # those that the labelled rows come from, where it can be told
            size = len(self._played({}))
            found = {path: one for path, one in found.items() if len(one) == size} or found
        return found

    @cached_property
    def _thin_tables(self) -> dict[Path, pd.DataFrame]:
        """The raw tables with fewer rows, for the rehearsals with shuffled labels."""
        return {path: self._thinned(frame) for path, frame in self._tables.items()}

    def _some(self, frame: pd.DataFrame, most: float) -> pd.DataFrame:
        """Return at most about `most` units of a table, in their order."""
        turns = self._turns(frame, frame, np.random.default_rng(self.seed + 1))
        many = len(np.unique(turns))
        return frame if many <= most else frame[turns < most / many]

    def _thinned(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return about `ROWS` rows by whole units, more where units or a class are few."""
        unit, size = _unit(self.settings), len(frame)
        units = frame[unit].nunique() if unit in frame else size
        share = max(ROWS / max(size, 1), UNITS / max(units, 1))
        from boxloop.measure.task import spelled

        column = self.shuffled_column
        if self.membership is not None and column in frame:
            inside = np.asarray(self.membership(frame[column]), dtype=bool)
            share = max(share, RARE / max(min(inside.sum(), (~inside).sum()), 1))
        elif column in frame and self.settings.study.classes:
            labels = spelled(frame[column].dropna())
            counts = labels[labels.isin(self.settings.study.classes)].value_counts()
            share = max(share, RARE / max(counts.min(), 1))
        elif column in frame and self.settings.study.positive_class is not None:
            inside = (spelled(frame[column]) == self.settings.study.positive_class).to_numpy()
            share = max(share, RARE / max(min(inside.sum(), (~inside).sum()), 1))
        return self._some(frame, min(share, 10 * ROWS / max(size, 1)) * units)

    def _mixed(self, frame: pd.DataFrame, column: Any, rng: np.random.Generator) -> pd.DataFrame:
        """Return the table with shuffled labels: between units that share one, else between rows.

        Rows without a label stay without one, so that the study keeps the same rows.
        """
        if column not in frame:
            return frame
        unit, there = _unit(self.settings), np.flatnonzero(frame[column].notna())
        labels = frame[column].to_numpy(copy=True)
        values = labels[there]
        units = pd.factorize(frame[unit].iloc[there])[0] if unit in frame else there
        if shared(values, units):
            first, codes = np.unique(units, return_index=True, return_inverse=True)[1:]
            labels[there] = values[rng.permutation(first)][codes]
        else:
            labels[there] = rng.permutation(values)
        return frame.assign(**{column: pd.Series(labels, index=frame.index)})

    # The stage.

    @contextlib.contextmanager
    def _stage(self, tables: dict[Path, pd.DataFrame]) -> Iterator[Path]:
        """Put up a project with these raw tables, and import its study afresh; yield data/raw."""
        with tempfile.TemporaryDirectory(prefix="boxloop-", ignore_cleanup_errors=True) as folder:
            stage = Project(Path(folder).resolve())
            hidden = shutil.ignore_patterns("tests", "__pycache__", ".*")
            shutil.copytree(self.project.study, stage.study, ignore=hidden)
            for place in (stage.raw, stage.interim):
                place.mkdir(parents=True)
            text = self.project.settings_file.read_text(encoding="utf-8-sig")
            for path, frame in tables.items():
                text = self._put(stage, path, frame, text)
            stage.settings_file.write_text(text, encoding="utf-8")
            for path in self.project.raw.iterdir():
                if path not in tables and path.name != "README.md":
                    _link(path, stage.raw / path.name)
            with contextlib.chdir(stage.root), _own_study(stage):
                yield stage.raw

    def _put(self, stage: Project, path: Path, frame: pd.DataFrame, text: str) -> str:
        """Write one raw table; return study.toml, which names it where it is the adopted one."""
        data = self.settings.data
        if data is None:
            write_table(stage.raw / path.name, frame)
            return text
        copy = write_table(stage.raw / f"{path.stem}.parquet", _storable(frame))
        if self._by_name:
            write_table(stage.raw / path.name, frame)
        text = text.replace(data.table, f"data/raw/{copy.name}")
        text = re.sub(r"(?m)^inside = .*$", "", text)  # the copy holds this table alone
        return text.replace(data.sha256, sha256(copy)) if data.sha256 else text


@contextlib.contextmanager
def _own_study(stage: Project) -> Iterator[None]:
    """Import ``study`` from the stage, and put the project's own back afterwards."""
    own = {name: sys.modules.pop(name) for name in list(sys.modules) if _of_study(name)}
    sys.path.insert(0, str(stage.root))
    importlib.invalidate_caches()
    used: list[str] = []
    try:
        yield
        used = [name for name in sys.modules if _of_study(name)]
    finally:
        for name in [name for name in sys.modules if _of_study(name)]:
            del sys.modules[name]
        sys.path.remove(str(stage.root))
        sys.modules.update(own)
        importlib.invalidate_caches()
    for name in used:  # so that the notebook is stale when they change
        importlib.import_module(name)


def _of_study(name: str) -> bool:
    return name.partition(".")[0] == "study"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Compute with one thread, and keep to itself what fits of chance warn of."""
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")
        yield


def _unit(settings: Settings) -> Any:
    """Return the column that names the unit that is never cut in two, or None."""
    return settings.only("group") or settings.only("id")


def _same(name: str, whole: pd.DataFrame, half: pd.DataFrame) -> bool:
    """Return whether a column holds the same values, to rounding, in both tables."""
    if name not in whole or name not in half:
        return False
    one, other = whole[name], half[name]
    if all(pd.api.types.is_numeric_dtype(column) for column in (one, other)):
        a, b = (column.to_numpy(dtype=float, na_value=np.nan) for column in (one, other))
        small = 1e-12 * float(np.nanmax(np.abs(a), initial=0.0))
        return bool(np.isclose(a, b, rtol=1e-9, atol=small, equal_nan=True).all())
    both = one.isna().to_numpy() & other.isna().to_numpy()
    return bool((both | (one.astype(str).to_numpy() == other.astype(str).to_numpy())).all())


def _is_parquet(path: Path) -> bool:
    return path.suffix == ".parquet"


def _columns(path: Path) -> list[str]:
    """Return the names of the columns of a Parquet or CSV file; of other files none."""
    import pyarrow.parquet as pq

    with contextlib.suppress(OSError, ValueError):
        if _is_parquet(path):
            return list(pq.read_schema(path).names)
        if path.suffix == ".csv":
            return list(pd.read_csv(path, nrows=0))
    return []


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with mixed columns as text, as Parquet holds one kind per column."""
    mixed = {
        name: frame[name].where(frame[name].isna(), frame[name].astype(str))
        for name in frame
        if frame[name].dtype == object and len(set(map(type, frame[name].dropna()))) > 1
    }
    return frame.assign(**mixed)


def _link(path: Path, copy: Path) -> None:
    """Let a file be there too: as a link, or as a copy where the system makes no links."""
    try:
        copy.symlink_to(path, target_is_directory=path.is_dir())
    except OSError:
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, copy)
