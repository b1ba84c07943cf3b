"""The bundle: a model with all that a prediction needs, written by 08 and taken along by a release.

    bundle = Bundle.open("release")          # or a zip of it, or results/08_release/model
    out = bundle.predict(rows)

Nothing of a bundle is made or run before all of it was looked at.
"""

from __future__ import annotations

import io
import json
import platform
import tempfile
import tomllib
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError, shown
from boxloop.base.files import sha256, write_bytes, write_json
from boxloop.base.provenance import versions
from boxloop.measure.model_file import (
    load_model,
    loads,
    named_modules,
    save_model,
    trusted_types,
)
from boxloop.measure.predicted import half_width, limits, names_of, told
from boxloop.measure.scope import Scope, kinds_of
from boxloop.measure.task import UNKNOWN_WORDS, Task, guess
from boxloop.predict import study_code
from boxloop.predict.layout import (
    BUNDLE,
    ERROR_SCALE,
    FACTS,
    IN_SCOPE,
    INTERVALS,
    MANIFEST,
    MODEL,
    PROOF,
    REASON,
    RELEASE,
    SCOPE,
)
from boxloop.predict.opened import Opened, look, open_release
from boxloop.predict.rows import called, prepared
from boxloop.settings.load import parse_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETTINGS = "study.toml"
PARTS = (MODEL, SCOPE, ERROR_SCALE)  # what skops has written
DEPENDS_ON = ("numpy", "scipy", "pandas", "scikit-learn", "skops")
PROVEN = 200  # rows of the proof
SAYS = "says "  # before the names of what predict says, in the proof
AGAIN = "get it again from who made it"
NO_PREDICTION = "the model says nothing of such a row"


def versions_here() -> dict[str, str]:
    """Return Python and the versions of what predictions depend on."""
    import boxloop

    installed = versions()
    found = {name: installed[name] for name in DEPENDS_ON if name in installed}
    return {"python": platform.python_version()} | found | {"boxloop": boxloop.__version__}


@dataclass
class Bundle:
    """A released model at work.

    Attributes
    ----------
    model : fitted estimator
    settings : Settings
        Those of its study.
    scope : boxloop.measure.scope.Scope
    facts : dict
        What `write` has taken down: ``name``, ``task``, ``model_hash``, ``versions``, ``trusted``,
        ``study_code``, ``reads`` (columns and their kinds), ``limits``, ``files``.
    intervals : dict or None
        Of 05, and `error_scale`, the size of the error it has learnt to predict.
    release : str
        The id of the release, "" where it is a bundle by itself.
    """

    model: Any
    settings: Any
    scope: Scope
    facts: dict[str, Any]
    intervals: dict[str, Any] | None = None
    error_scale: Any = None
    release: str = ""
    proof: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def open(cls, path: Path | str, *, trust_code: bool = False) -> Bundle:
        """Return the bundle in a release (folder or zip), or in a folder of its own.

        Parameters
        ----------
        path : path
        trust_code : bool
            Whether code of somebody's study may be run, where the model is made of some that is
            not the user's own.

        Raises
        ------
        UserError
            If it is none, was changed, or holds a part that may not be opened: one sentence.
        """
        return _opened(cls, Path(path), trust_code=trust_code)

    @property
    def reads(self) -> dict[str, str]:
        """The columns that a table must have, and what each holds."""
        return self.facts["reads"]

    @property
    def names(self) -> list[str]:
        """The columns that say which object a row is, and come through as they are."""
        return names_of(self.settings)

    @property
    def drift(self) -> dict[str, tuple[str, str]]:
        """What has another version here than where the bundle was made: {name: (there, here)}."""
        there, here = self.facts["versions"], versions_here()
        return {
            name: (there.get(name, "none"), here.get(name, "none"))
            for name in dict.fromkeys([*there, *here])
            if there.get(name) != here.get(name)
        }

    def guess(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the guess for each row, shape (n,) or (n, K); see `boxloop.measure.task.guess`."""
        rows, _ = prepared(frame, self.reads, self.settings)
        return self._guess(rows)[0]

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a prediction for each row of a table, in its order.

        Parameters
        ----------
        frame : DataFrame of n rows
            Has the columns that the model `reads`; cells may be text.

        Returns
        -------
        DataFrame of n rows
            The columns of the id and the group as they came; what the task asks for
            (`boxloop.measure.predicted.told`); ``in_scope``, ``reason`` and ``release``.

        Raises
        ------
        UserError
            If a column is missing that the model reads.
        """
        rows, notes = prepared(frame, self.reads, self.settings)
        said, none = self._guess(rows)
        width = half_width(self.intervals, lambda: self._size(rows, none))
        found = told(said, Task(self.settings), self.facts["limits"], half_width=width)
        judged = self.scope.judge(rows).reset_index(drop=True)
        reason = judged["reason"].to_numpy(dtype=object)
        reason = np.where(notes != "", notes, reason)
        reason = np.where(none & (reason == ""), NO_PREDICTION, reason)
        found[IN_SCOPE] = reason == ""
        found[REASON] = pd.Series(reason, dtype=object).astype("str")
        found[RELEASE] = pd.Series([self.release] * len(found), dtype=object).astype("str")
        return pd.concat([self._ids(frame, set(found)), found.set_axis(frame.index)], axis=1)

    def agreement(self) -> float:
        """Return by how much predictions of the proof's rows differ today: 0 where bits agree.

        The largest relative difference of numbers; infinite where a word or a flag is another.
        """
        columns = {
            name.removeprefix(SAYS): self.proof[name]
            for name in self.proof
            if name.startswith(SAYS)
        }
        found = self.predict(self.proof[list(self.reads)])
        return max((difference(found[name], then) for name, then in columns.items()), default=0.0)

    def _ids(self, frame: pd.DataFrame, taken: set[str]) -> pd.DataFrame:
        """Return the columns of the id and the group, none of them named as a result is."""
        found = {}
        for name in self.names:
            there = called(frame, name)
            if there is not None and frame[there].ndim == 1:
                found[f"{name}_" if name in taken else name] = frame[there]
        return pd.DataFrame(found, index=frame.index)

    def _guess(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the guess for each row, NaN where the model has none, and where that is so.

        Most models take gaps and unseen words; of one that does not, the other rows are asked.
        """
        classes = len(Task(self.settings).classes) or None

        def ask(some: pd.DataFrame) -> np.ndarray:
            with _silent():
                return guess(self.model, some, classes=classes)

        return _each(ask, rows, self._odd)

    def _odd(self, rows: pd.DataFrame) -> np.ndarray:
        """Return which rows have a gap or a word that training has not."""
        odd = rows.isna().any(axis=1).to_numpy(copy=True)
        for name, words in zip(self.scope.names_, self.scope.words_, strict=True):
            if words:
                odd |= ~rows[name].isin(words).to_numpy()
        return odd

    def _size(self, rows: pd.DataFrame, none: np.ndarray) -> np.ndarray:
        """Return the size of the error that 05 has learnt to predict, shape (n,)."""
        found = np.full(len(rows), np.nan)
        if (~none).any():
            with _silent():
                found[~none] = self.error_scale.predict(rows[~none] if none.any() else rows)
        return found


@contextmanager
def _silent() -> Iterator[None]:
    """Let a model take the logarithm of a stranger's zero, or meet a new word: the row says it."""
    with warnings.catch_warnings():
        for kind in (RuntimeWarning, pd.errors.PerformanceWarning):
            warnings.simplefilter("ignore", kind)
        warnings.filterwarnings("ignore", message=UNKNOWN_WORDS)
        yield


def _each(
    ask: Callable[[pd.DataFrame], np.ndarray],
    rows: pd.DataFrame,
    odd: Callable[[pd.DataFrame], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return answers for all rows, and which have none."""
    if not len(rows):  # estimators refuse to be asked nothing
        return _nothing(ask, rows), np.zeros(0, dtype=bool)
    try:
        return ask(rows), np.zeros(len(rows), dtype=bool)
    except ValueError:
        bad = odd(rows)
        if not bad.any():
            raise
    if bad.all():
        return _nothing(ask, rows), bad
    some = ask(rows[~bad])
    found = np.full((len(rows), *some.shape[1:]), np.nan)
    found[~bad] = some
    return found, bad


def _nothing(ask: Callable, rows: pd.DataFrame) -> np.ndarray:
    """Return NaN for each row, in the shape of an answer."""
    one = pd.DataFrame(
        {name: [0.0] if pd.api.types.is_numeric_dtype(rows[name]) else [""] for name in rows}
    )
    try:
        shape = ask(one).shape[1:]
    except (ValueError, TypeError):
        shape = ()
    return np.full((len(rows), *shape), np.nan)


def difference(found: Any, then: Any) -> float:
    """Return the largest relative difference of two columns: 0 where all bits are the same."""
    found, then = np.asarray(found), np.asarray(then)
    if found.shape != then.shape:
        return np.inf
    if found.dtype.kind == "f" and then.dtype.kind == "f":
        if found.tobytes() == then.tobytes():
            return 0.0
        both = np.isnan(found) & np.isnan(then)
        gap = np.abs(found - then) / np.maximum(np.abs(then), 1e-12)
        return float(np.nan_to_num(np.where(both, 0, gap), nan=np.inf).max(initial=0.0))
    return 0.0 if (pd.Series(found).astype(str) == pd.Series(then).astype(str)).all() else np.inf


# Opening.


def _opened(kind: type[Bundle], path: Path, *, trust_code: bool) -> Bundle:
    opened, read, where = _door(path)
    try:
        facts = json.loads(read(FACTS))
        parts = {name: read(name) for name in facts["files"]}
        digests = {name: _digest(data) for name, data in parts.items()}
        good = {MODEL, SCOPE, SETTINGS} <= set(parts) and isinstance(facts["reads"], dict)
        needed = [facts[key] for key in ("versions", "limits", "study_code", "trusted", "name")]
        good = good and len(needed) == 5 and digests == facts["files"]
    except UserError:
        raise
    except Exception as error:  # what somebody made up may raise what it likes
        msg = f"{where} is damaged ({_one_line(error)}): {AGAIN}."
        raise UserError(msg) from error
    if not good:
        msg = f"{where} is not what its {FACTS} says it is: {AGAIN}."
        raise UserError(msg)
    made = _made(parts, facts, opened, trust_code=trust_code, where=where)
    if not isinstance(made[SCOPE], Scope):
        msg = f"{where}/{SCOPE} is no scope: {AGAIN}."
        raise UserError(msg)
    proof = pd.read_parquet(io.BytesIO(parts[PROOF])) if PROOF in parts else pd.DataFrame()
    return kind(
        made[MODEL],
        _settings(parts[SETTINGS], where),
        made[SCOPE],
        facts,
        json.loads(parts[INTERVALS]) if INTERVALS in parts else None,
        made.get(ERROR_SCALE),
        opened.id if opened else "",
        proof,
    )


def _door(path: Path) -> tuple[Opened | None, Callable[[str], bytes], str]:
    """Return the release if it is one, what reads a part of the bundle, and its name in words."""
    if path.is_dir() and not (path / MANIFEST).is_file():
        parts = look(path)
        if FACTS not in parts:
            msg = (
                f"{path} holds no {MANIFEST} and no {FACTS}, so there is no model in it: run "
                "`boxloop run`, and give it results/08_release/model."
            )
            raise UserError(msg)
        return None, lambda name: _part(path, name, parts), shown(str(path))
    opened = open_release(path, strict=False)
    return opened, lambda name: opened.read(f"{BUNDLE}/{name}"), shown(f"{path}/{BUNDLE}")


def _part(path: Path, name: str, parts: dict[str, Any]) -> bytes:
    if name not in parts:
        msg = f"{path} has no {shown(str(name))}: {AGAIN}."
        raise UserError(msg)
    return (path / name).read_bytes()


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _made(
    parts: dict[str, bytes],
    facts: dict[str, Any],
    opened: Opened | None,
    *,
    trust_code: bool,
    where: str,
) -> dict[str, Any]:
    """Return the estimators of a bundle; all are looked at before the first is made."""
    packed = {name: data for name, data in parts.items() if name in PARTS}
    modules: set[str] = set()
    for name, data in packed.items():
        try:
            modules |= set(named_modules(data, study_code.PACKAGE))
        except Exception as error:  # what somebody made up may raise what it likes
            msg = f"{where}/{name} cannot be read ({_one_line(error)}): {AGAIN}."
            raise UserError(msg) from error
    said = facts["study_code"]
    study_code.make_ready(sorted(modules), said, opened, trust_code=trust_code, where=where)
    ways = (AGAIN, AGAIN)
    return {name: loads(data, f"{where}/{name}", ways=ways) for name, data in packed.items()}


def _settings(data: bytes, where: str) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{where}/{SETTINGS} is no text: {AGAIN}."
        raise UserError(msg) from error
    return parse_settings(text, Path(SETTINGS))


def _one_line(error: BaseException) -> str:
    return shown(" ".join(str(error).split())[:200]) or type(error).__name__


# Writing.


@dataclass(frozen=True)
class Sources:
    """What a bundle is made of.

    Attributes
    ----------
    root : path
        The project: study.toml, study/ and the name in pyproject.toml are taken from it.
    settings : Settings
    model : path of a skops file
    model_hash : str
    train, validation : DataFrame
        Scope and limits are set by them. Where ``settings.release.share_data`` is false none of
        their rows is kept.
    intervals, error_scale : paths, optional
        Those of 05, where it has set any.
    made_with : dict, optional
        Versions of Python and packages that the model was fitted with; else those of here.
    """

    root: Path
    settings: Any
    model: Path
    model_hash: str
    train: pd.DataFrame
    validation: pd.DataFrame
    intervals: Path | None = None
    error_scale: Path | None = None
    made_with: dict[str, str] | None = None


def write(folder: Path, **sources: Any) -> Path:
    """Write a bundle, whole or not at all, in place of the one that was there; return its folder.

    Parameters
    ----------
    folder : path
    **sources
        See `Sources`.
    """
    folder, given = Path(folder), Sources(**sources)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle") as name:
        made = Path(name) / BUNDLE
        made.mkdir()
        _fill(made, given)
        if folder.exists():
            folder.replace(Path(name) / "before")
        made.replace(folder)
    return folder


def _fill(made: Path, given: Sources) -> None:
    """Write the files of a bundle into an empty folder."""
    copied: dict[str, Path | None] = {SETTINGS: given.root / SETTINGS, MODEL: given.model}
    copied |= {INTERVALS: given.intervals, ERROR_SCALE: given.error_scale}
    for part, path in copied.items():
        if path is not None:
            write_bytes(made / part, Path(path).read_bytes())
    settings, inputs = given.settings, given.settings.inputs
    shared = settings.release.share_data
    scope = Scope(rows=shared).fit(given.train[inputs], given.validation[inputs])
    save_model(made / SCOPE, scope)
    fitted = load_model(given.model)
    facts = _facts(given, fitted, made)
    bundle = Bundle(fitted, settings, scope, facts)
    if given.intervals:
        bundle.intervals = json.loads(Path(given.intervals).read_bytes())
    bundle.error_scale = load_model(given.error_scale) if given.error_scale else None
    _prove(
        made / PROOF, bundle, given.validation.head(PROVEN) if shared else _made_up(bundle, given)
    )
    facts["files"] = {path.name: sha256(path) for path in sorted(made.iterdir())}
    write_json(made / FACTS, facts)


def _made_up(bundle: Bundle, given: Sources) -> pd.DataFrame:
    """Return rows for the proof that nobody has measured, with all columns that the model reads."""
    rows = bundle.scope.examples(PROVEN)
    for name in bundle.reads:
        if name not in rows:  # such as the mass in which a resonance is looked for
            low, high = (float(given.validation[name].quantile(share)) for share in (0.25, 0.75))
            rows[name] = np.linspace(low, high, len(rows))
    return rows


def _facts(given: Sources, model: Any, made: Path) -> dict[str, Any]:
    settings, rows = given.settings, given.validation
    parts = [made / name for name in PARTS if (made / name).is_file()]
    modules = {
        module for path in parts for module in named_modules(path.read_bytes(), study_code.PACKAGE)
    }
    reads = _reads(settings, model, rows)
    code = study_code.code_of(modules, study_code.read_below(given.root / "study"))
    return {
        "name": _name(given.root),
        "task": settings.study.task,
        "model_hash": given.model_hash,
        "versions": versions_here() | _known(given.made_with),
        "trusted": sorted({name for path in parts for name in trusted_types(path.read_bytes())}),
        "study_code": code,
        "reads": dict(zip(reads, kinds_of(rows[reads]), strict=True)),
        "limits": limits(model, settings, rows),
    }


def _known(made_with: dict[str, Any] | None) -> dict[str, str]:
    """Return what is told of versions, of what predictions depend on."""
    told = made_with or {}
    return {name: str(told[name]) for name in ("python", *DEPENDS_ON) if name in told}


def _name(root: Path) -> str:
    """Return what a project is called in its pyproject.toml."""
    try:
        return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["name"])
    except (OSError, ValueError, KeyError):
        return root.resolve().name


def _reads(settings: Any, model: Any, rows: pd.DataFrame) -> list[str]:
    """Return the columns without which the model has no answer, or another: inputs, at least."""
    few = rows.head(PROVEN)
    seen = list(Task(settings).seen(few))
    whole = guess(model, few[seen])
    extra = [name for name in seen if name not in settings.inputs]
    for names in (settings.inputs, [*settings.inputs, *settings.role("resonance")]):
        if set(names) == set(seen) or not extra:
            return list(names)
        try:
            if np.array_equal(guess(model, few[list(names)]), whole, equal_nan=True):
                return list(names)
        except (KeyError, ValueError, TypeError, IndexError):
            continue
    return seen


def _prove(path: Path, bundle: Bundle, rows: pd.DataFrame) -> None:
    """Write what the bundle says of some rows, by which one sees that it is the same."""
    said = bundle.predict(rows)
    names = [name for name in said if name not in (*bundle.names, RELEASE)]
    inputs, _ = prepared(rows, bundle.reads, bundle.settings)
    table = pd.concat([inputs, said[names].add_prefix(SAYS)], axis=1).reset_index(drop=True)
    table.to_parquet(path, index=False)
