"""Whether the models load safely and say what is stored of them, and whether that is one story.

The same guesses stand in four places: what the model says today, the predictions of 08, what each
set of rows was measured on, and the proof of the bundle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.measure.model_file import load_model, model_hash
from boxloop.measure.task import Task, guess
from boxloop.predict.layout import BUNDLE, ERROR_SCALE, INTERVALS, MODEL, ONNX, PROOF
from boxloop.referee import bundle
from boxloop.referee.environment import present, recorded, unlike
from boxloop.referee.finding import AGREES, CANNOT_TELL, CLOSE, DIFFERS, Finding, count, text
from boxloop.referee.trusted import needs_study, study_of

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.referee.sent import Sent

PART = "model"
FITTED = "results/04_train"
WHO = ("model", "reference", "trivial")
PREDICTIONS = "results/08_release/predictions.parquet"
TAUGHT = "data/interim/train.parquet"
HELD_OUT = "data/interim/validation.parquet"
FACTS = "results/04_train/model.json"
CONVERTS = ("onnx", "scikit-learn", "skl2onnx")
COUNTED = ("python", "numpy", "scipy", "pandas", "scikit-learn", "skops")


def look(sent: Sent) -> Iterator[Finding]:
    """Yield what the models say, and whether the stored predictions are that."""
    yield _copies(sent)
    yield from _as_05(sent)
    with study_of(sent) as trusted:
        yield from _proof(sent, trusted=trusted)
        if trusted or not needs_study(sent.file(f"{BUNDLE}/{MODEL}")):
            yield from bundle.look(sent, sure=same_versions(sent))
        yield from _onnx(sent, trusted=trusted)
        hashed: dict[str, bool] = {}
        for who in WHO:
            yield from _fitted(sent, who, hashed, trusted=trusted)
        yield from _hashes(sent, hashed)
    yield from _stored(sent)
    yield _versions(sent)


def _copies(sent: Sent) -> Finding:
    """Return whether the bundle holds the model that was trained."""
    places = [f"{BUNDLE}/{MODEL}", f"{FITTED}/{MODEL}"]
    there = [place for place in places if sent.has(place)]
    if len(there) < 2:
        lost = next(place for place in places if place not in there)
        return Finding(PART, DIFFERS, f"{lost} is not in the release.", lost)
    if len({sha256(sent.file(place)) for place in there}) > 1:
        return Finding(PART, DIFFERS, f"{places[0]} is not the model of {places[1]}.", places[0])
    return Finding(PART, AGREES, "The bundle holds the model that was trained.", places[0])


def _as_05(sent: Sent) -> Iterator[Finding]:
    """Yield whether the bundle sets the intervals that 05 has measured."""
    for name in (INTERVALS, ERROR_SCALE):
        mine, theirs = f"{BUNDLE}/{name}", f"results/05_diagnose/{name}"
        if (
            sent.has(mine)
            and sent.has(theirs)
            and sha256(sent.file(mine)) != sha256(sent.file(theirs))
        ):
            yield Finding(PART, DIFFERS, f"{mine} is not {theirs}, which it is made of.", mine)


def _proof(sent: Sent, *, trusted: bool) -> Iterator[Finding]:
    """Yield whether the bundle predicts of its proof rows what is stored of them."""
    from boxloop.predict.bundle import SAYS, Bundle

    where = f"{BUNDLE}/{PROOF}"
    if needs_study(sent.file(f"{BUNDLE}/{MODEL}")) and not trusted:
        yield _untrusted("model", f"{BUNDLE}/{MODEL}")
        return
    try:
        opened = Bundle.open(sent.project.root, trust_code=trusted)
    except UserError as error:
        yield Finding(PART, DIFFERS, _of_release(sent, error), BUNDLE)
        return
    if opened.proof.empty:
        yield Finding(PART, DIFFERS, f"{where} is missing, so the model proves nothing.", where)
        return
    said = opened.predict(opened.proof[list(opened.reads)])
    names = [name for name in said if f"{SAYS}{name}" in opened.proof]
    stored = {name: opened.proof[f"{SAYS}{name}"].to_numpy() for name in names}
    yield _gap("the bundle", stored, {name: said[name].to_numpy() for name in names}, where)


def _onnx(sent: Sent, *, trusted: bool) -> Iterator[Finding]:
    """Yield whether the model as ONNX is what skl2onnx makes of the model; it is not run here."""
    from boxloop.parcel.onnx import again

    where, model = f"{BUNDLE}/{ONNX}", sent.file(f"{BUNDLE}/{MODEL}")
    if not sent.has(where) or (needs_study(model) and not trusted):
        return
    rows = sent.table(HELD_OUT) if sent.has(HELD_OUT) else sent.table(f"{BUNDLE}/{PROOF}")
    try:
        X = Task(sent.settings).seen(rows)
        same = sent.file(where).read_bytes() in again(load_model(model), X)
    except ModuleNotFoundError as error:
        said = f"{where} was not looked at: {error.name} is not installed here."
        yield Finding(PART, CANNOT_TELL, said, where)
        return
    except UserError:  # told of the model itself
        return
    if same:
        yield Finding(PART, AGREES, f"{where} is what skl2onnx makes of the model.", where)
        return
    other = unlike({n: v for n, v in recorded(sent).items() if n in CONVERTS})
    words = "in other versions than the recorded ones" if other else "in the recorded versions"
    said = f"{where} is not what skl2onnx makes of the model, {words}."
    # Another boxloop may have asked skl2onnx in another way.
    sure = sent.same_machinery and not other
    yield Finding(PART, DIFFERS if sure else CANNOT_TELL, said, where)


def _untrusted(who: str, where: str) -> Finding:
    said = (
        f"The {who} is made with code of the release (study/), which is not run: read it and say "
        "--trust-code, or judge from a project with the same study/."
    )
    return Finding(PART, CANNOT_TELL, said, where)


def _fitted(sent: Sent, who: str, hashed: dict[str, bool], *, trusted: bool) -> Iterator[Finding]:
    """Yield whether a fitted estimator says of the validation rows what is stored.

    Whether what it says has the hash that 04 has taken down is noted in `hashed`.
    """
    where = f"{FITTED}/{who}.skops"
    if not sent.has(where):
        yield Finding(PART, DIFFERS, f"{where} is missing.", where)
        return
    if needs_study(sent.file(where)) and not trusted:
        yield _untrusted(who, where)
        return
    try:
        estimator = load_model(sent.file(where))
    except UserError as error:
        yield Finding(PART, DIFFERS, _of_release(sent, error), where)
        return
    rows, stored = sent.table(HELD_OUT), sent.table(PREDICTIONS)
    if rows is None or stored is None or "set" not in stored:
        said = f"{who} loads; the validation rows are not in the release, so it is asked no more."
        yield Finding(PART, CANNOT_TELL, said, where)
        return
    task = Task(sent.settings)
    seen = task.seen(rows)
    found = _columns(task, who, guess(estimator, seen, classes=len(task.classes) or None))
    kept = stored[stored["set"] == "validation"].reset_index(drop=True)
    yield _gap(who, kept, found, PREDICTIONS)
    if known := sent.json(FACTS).get(f"{who}_hash"):
        tables = [sent.table(name) for name in (TAUGHT, HELD_OUT)]
        asked = [task.seen(table) for table in tables if table is not None]
        hashed[who] = any(model_hash(estimator, X) == known for X in asked)


def _hashes(sent: Sent, hashed: dict[str, bool]) -> Iterator[Finding]:
    """Yield whether models have the hashes that 04, and so the ledger, names.

    Where one has and another has not, it is known of which rows they are; in other versions the
    last of ten digits may be another.
    """
    other = [who for who, right in hashed.items() if not right]
    if not other:
        if hashed:
            verb = "have the hashes" if len(hashed) > 1 else "has the hash"
            said = f"{' and '.join(hashed)} {verb} that {FACTS} names."
            yield Finding(PART, AGREES, said, FACTS)
        return
    said = f"What {' and '.join(other)} says has another hash than {FACTS} names."
    sure = any(hashed.values()) and same_versions(sent)
    yield Finding(PART, DIFFERS if sure else CANNOT_TELL, said, FACTS)


def _of_release(sent: Sent, error: UserError) -> str:
    """Return a sentence with the name of a file in the release, and no remedy of a project."""
    said = str(error).replace(f"{sent.project.root}/", "").replace(str(sent.project.root), "")
    for remedy in (": run 04", ": do not open", ": get it again"):
        said = said.partition(remedy)[0]
    return f"{said.rstrip('.')}: it is not opened."


def _columns(task: Task, who: str, said: np.ndarray) -> dict[str, np.ndarray]:
    names = task.columns(who)
    return {names: said} if isinstance(names, str) else dict(zip(names, said.T, strict=True))


def _gap(who: str, stored: Any, found: Any, where: str) -> Finding:
    """Return how far what a model says is from what is stored of it, at most."""
    names = list(found)
    if lacking := [name for name in names if name not in stored]:
        return Finding(PART, DIFFERS, f"{where} has no column {lacking[0]}.", where)
    sizes = [len(table[name]) for table in (stored, found) for name in names[:1]]
    if len(set(sizes)) != 1:
        said = f"{where} holds {sizes[0]} rows, and {who} says {sizes[-1]}." if sizes else ""
        return Finding(PART, DIFFERS, said or f"{where} holds nothing that {who} says.", where)
    far, rows = 0.0, []
    for name in names:
        then, now = np.asarray(stored[name]), np.asarray(found[name])
        off, most = _off(then, now)
        far = max(far, most)
        first = [int(at) for at in np.flatnonzero(off)[:5]]
        rows += [
            (f"{name}, row {at}", text(_plain(then[at])), text(_plain(now[at]))) for at in first
        ]
    size = f"{count(sizes[0], 'row')}, {count(len(names), 'column')}"
    if rows:
        said = f"{who}: of {size} some are not what it says; at most they are {far:.3g} apart."
        return Finding(PART, DIFFERS, said, where, tuple(rows))
    said = f"{who}: {size} said again, at most {far:.3g} apart."
    return Finding(PART, AGREES, said, where)


def _off(then: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, float]:
    """Return which values differ, and the largest difference of numbers."""
    if then.dtype.kind in "fiu" and now.dtype.kind in "fiu":
        one, two = then.astype(float), now.astype(float)
        gap = np.where(np.isnan(one) & np.isnan(two), 0.0, np.abs(one - two))
        size = np.maximum(np.abs(one), np.abs(two))
        off = ~(gap <= 1e3 * CLOSE * np.nan_to_num(size) + CLOSE)
        return off, float(np.nan_to_num(gap, nan=np.inf).max(initial=0.0))
    return np.array([str(a) != str(b) for a, b in zip(then, now, strict=True)]), 0.0


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _stored(sent: Sent) -> Iterator[Finding]:
    """Yield whether each set was measured on the very predictions that 08 has stored."""
    from boxloop.measure.sets import stem

    table, task = sent.table(PREDICTIONS), Task(sent.settings)
    if table is None or "set" not in table:
        release = sent.settings.release
        if release.share_predictions and release.share_data:  # it has columns of the study
            yield Finding(PART, DIFFERS, f"{PREDICTIONS} is missing.", PREDICTIONS)
        return
    names = [n for who in WHO for n in _listed(task.columns(who)) if n in table]
    for which, rows in table.groupby("set", sort=False):
        for chapter in sent.chapters:
            where = f"results/{chapter}/sets/{stem(str(which))}.parquet"
            measured = sent.table(where)
            if measured is None:
                continue
            yield from _one_story(task, rows, measured, names, where)


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _one_story(
    task: Task, rows: pd.DataFrame, measured: pd.DataFrame, names: list[str], where: str
) -> Iterator[Finding]:
    """Yield whether a set was measured on the truth and the guesses that 08 has stored."""
    both = [name for name in names if name in measured]
    found = {name: rows[name].to_numpy() for name in both}
    with suppress(KeyError, ValueError, UserError):  # a target that 08 does not store
        found["truth"] = task.truth(rows).to_numpy()
    if len(rows) != len(measured):  # rows without a truth are not measured
        return
    gap = _gap("08", measured, found, where)
    said = f"{where} is not what {PREDICTIONS} holds of these rows."
    if gap.state == DIFFERS:
        yield Finding(PART, DIFFERS, said, where, gap.values)
    else:
        yield Finding(PART, AGREES, f"Measured on the predictions of 08: {where}.", where)


def same_versions(sent: Sent) -> bool:
    """Return whether the packages that compute are the recorded ones."""
    known, now = sent.json(f"{BUNDLE}/facts.json").get("versions"), present()
    known = known if isinstance(known, dict) else {}
    return all(known.get(name) == now.get(name) for name in COUNTED)


def _versions(sent: Sent) -> Finding:
    """Return with which versions the model was made, and with which it was loaded here."""
    known, now = sent.json(f"{BUNDLE}/facts.json").get("versions"), present()
    known = known if isinstance(known, dict) else {}
    rows = tuple((name, text(known.get(name)), text(now.get(name))) for name in COUNTED)
    words = "the same" if same_versions(sent) else "others"
    said = f"Loaded here in {words} versions as it was made in."
    return Finding(
        PART, AGREES, said.replace("others versions as", "other versions than"), BUNDLE, rows
    )
