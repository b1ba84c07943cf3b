"""Checks of the records: ledger, criteria, failures log, answers, the chain of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from boxloop.base.written import says_something
from boxloop.notebooks.needed import NEEDED, is_needed, needed_first
from boxloop.split.locked import Past, lock

from .core import Finding, NotApplicable, Unanswered, check, field, listed
from .power import counted

Events = Iterable[Mapping[str, Any]]


@check(
    "seal.openings",
    notebook="08_release",
    weight="void",
    threshold=1,
    source="Huppenkothen et al. §2.2; Kapoor and Narayanan L1.1",
    fix="Report the numbers of every opening, and put the reason for more than one into "
    "[waivers] of study.toml.",
)
def openings(events: Events, *, threshold: float) -> Finding:
    """One test set was opened, for one model only.

    Parameters
    ----------
    events : list of dict
        The ledger, oldest first; an opening has ``event = "opened"`` and the hash of the model.
        After a loss it begins with ``event = "lost"`` and the number of `openings` that were known
        otherwise.

    Notes
    -----
    A look is a model on a test set: the same model on the same rows is no second one. Looks at
    the test sets of all splits count, since the split that gave the best numbers may be the one
    that is reported.
    """
    past, power = Past(events), counted("one more opening")
    if past.lost is not None:
        known = past.lost + len(past.openings) + past.uncounted
        words = (
            "An earlier ledger was lost, so nobody can tell how often a test set was opened; "
            f"{known} {'opening is' if known == 1 else 'openings are'} known."
        )
        return Finding(None, passed=False, message=words, power=power)
    opened = [(one.science.rows, one.model) for one in past.counted]
    looks, sets = len(set(opened)) + past.uncounted, len({rows for rows, _ in opened})
    models = len({model for _, model in opened})
    whom = f" for {'one model' if models == 1 else f'{models} different models'}" if models else ""
    whom = f",{whom}" if whom and {*past.words} & {*",;"} else whom
    what = "The test set was" if sets < 2 else f"Test sets of {sets} splits were"
    allowed = f" ({threshold:g} look{'' if threshold == 1 else 's'} allowed)" if looks else ""
    message = f"{what} {past.words}{whom}{allowed}."
    read = f" It was {past.entry_words}." if past.entry_words else ""
    return Finding(looks, looks <= threshold, message + read + _resets(past), power)


def _resets(past: Past) -> str:
    """Return why the project was reset, for a sentence."""
    reasons = [f"“{event.get('reason', '')}”" for event in past.resets]
    return f" It was reset because: {'; '.join(reasons)}." if reasons else ""


@check(
    "seal.model_unchanged",
    notebook="08_release",
    weight="void",
    threshold=None,
    source="Huppenkothen et al. §2.2",
    fix="Release the model that the test set was first opened for, or report this one as a later "
    "pass.",
)
def model_unchanged(
    events: Events,
    *,
    model_hash: str,
    threshold: float | None = None,  # noqa: ARG001  # every check is handed one
) -> Finding | NotApplicable:
    """The released model is the one that the test set was first opened for."""
    past = Past(events)
    hashes = [str(one.model) for one in past.counted if one.science.rows == past.now.rows]
    if not hashes:
        return NotApplicable("The test set has not been opened yet.")
    same = hashes[0] == model_hash
    short = [str(value)[:12] for value in (hashes[0], model_hash)]
    words = (
        f"is still {short[1]}"
        if same
        else f"was {short[0]} when the test set was first opened and is {short[1]} now"
    )
    return Finding(0 if same else 1, same, f"The model {words}.", counted("another model"))


@check(
    "criteria.unchanged",
    notebook="08_release",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §2.1, §2.3 (p-hacking)",
    fix="Put the criteria of the opening back into study.toml: they are what counts. Where they "
    "were wrong, `boxloop waive criteria.unchanged --reason TEXT` says why, beside old and new.",
)
def criteria_unchanged(
    events: Events, *, criteria: Iterable[Any], threshold: float
) -> Finding | NotApplicable:
    """The success criteria are those that were written before the test set was opened.

    Parameters
    ----------
    events : list of dict
        The ledger, oldest first; ``trained`` and ``criteria`` hold the criteria of their time.
    criteria : list of criteria of today

    Notes
    -----
    They are locked by the first training that came to its end, and a reset unlocks none, as long
    as raw data and target are the same. A change before the first opening is shown with old and
    new; a change after an opening fails, and what counts are the criteria of that opening.
    """
    past, rows = Past(events), list(criteria)
    if not past.trained:
        return NotApplicable("No model has been trained yet.")
    held = lock(past, rows)
    if held is None:
        return NotApplicable("The ledger holds no criteria.")
    when = "before" if held.first.early else "after the first"
    message = " ".join(held.sentences)
    if not message:
        message = f"The {len(rows)} criteria stand as they were written {when} training."
    elif held.after:
        message = f"{message[:-1]} ({threshold:g} changes allowed)."
    if any(not past.counts(version) for version in past.versions):
        message += " Those before a reset were of other data or another target."
    found = len(held.after)
    return Finding(found, found <= threshold, message, counted("one criterion"))


@check(
    "log.complete",
    notebook="07_failures_log",
    weight="note",
    threshold=0,
    source="Huppenkothen et al. §2.5, A.5a",
    fix="Add a [[failure]] with this name to study/failures.toml and say why it was given up.",
)
def log_complete(
    attempts: Iterable[str], failures: Iterable[Mapping[str, Any]], *, threshold: float
) -> Finding:
    """Everything that was tried and given up stands in the failures log.

    Parameters
    ----------
    attempts : names of what was tried and given up
    failures : list of dict
        Rows of the log; `about` is the name, perhaps after a kind: ``"attempt: ridge"``.
    """
    names = [str(name) for name in attempts]
    logged = {_subject(row.get("about")) for row in failures} | {
        str(row.get("about")).strip() for row in failures
    }
    missing = [name for name in names if name.strip() not in logged]
    message = f"{len(names) - len(missing)} of {len(names)} attempts stand in the failures log"
    message += f"; missing: {listed(missing)} ({threshold:g} allowed)." if missing else "."
    return Finding(len(missing), len(missing) <= threshold, message, counted("one attempt"))


def _subject(about: Any) -> str:
    return str(about).partition(": ")[2].strip()


@check(
    "log.explained",
    notebook="07_failures_log",
    weight="note",
    threshold=0,
    source="Huppenkothen et al. §2.5, A.5b",
    fix='Write an explanation for the named rows in study/failures.toml; "we do not know, and '
    'would test ..." is one.',
)
def log_explained(
    failures: Iterable[Mapping[str, Any]], *, threshold: float
) -> Finding | Unanswered:
    """Every row of the failures log says why it failed."""
    rows = list(failures)
    silent = [row.get("about", "?") for row in rows if not _explained(row.get("explanation"))]
    message = (
        f"{len(rows) - len(silent)} of {len(rows)} rows of the failures log have an explanation"
    )
    message += f"; without: {listed(silent)} ({threshold:g} allowed)." if silent else "."
    if len(silent) > threshold:
        return Unanswered(message, len(silent))  # nothing is wrong yet: a person has to write
    return Finding(len(silent), passed=True, message=message, power=counted("one row"))


def _explained(text: Any) -> bool:
    # A table that was read back has NaN where nothing was written.
    return isinstance(text, str) and says_something(text)


@check(
    "answers.complete",
    notebook="08_release",
    weight="note",
    threshold=0,
    source="Huppenkothen et al. Appendix A",
    fix="Open the named notebooks and write an answer in place of TODO; one that was written for "
    "other results is edited, or confirmed with `boxloop answers --confirm ID`.",
)
def answers_complete(
    answers: Iterable[Mapping[str, Any]], *, threshold: float
) -> Finding | Unanswered:
    """Every question of the papers has an answer in the notebooks.

    Parameters
    ----------
    answers : list of dict
        With `id`, `question`, `answered` (bool) and `notebook`.
    """
    rows = list(answers)
    waiting = [row for row in rows if not row["answered"]]
    if len(waiting) <= threshold:
        message = f"{len(rows) - len(waiting)} of {len(rows)} questions are answered."
        return Finding(len(waiting), passed=True, message=message, power=counted("one question"))
    named = "; ".join(f"{row['notebook']}: {_asked(row)}" for row in needed_first(waiting)[:3])
    more = f"; and {len(waiting) - 3} more" if len(waiting) > 3 else ""
    needed = sum(map(is_needed, waiting))
    which = f", {needed or 'none'} of them {NEEDED}" if any(map(is_needed, rows)) else ""
    message = f"{len(waiting)} of {len(rows)} questions have no answer{which} ({named}{more})."
    return Unanswered(message, len(waiting), needed if which else None)


def _asked(row: Mapping[str, Any]) -> str:
    """Return a question, and why its answer does not count where one is written."""
    why = str(row.get("why", ""))
    shown = f" ({why})" if why.startswith(("written", "answered")) else ""
    return f"{row['question'] or row['id']}{shown}"


@check(
    "provenance.chain",
    notebook="08_release",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §1, §2.6",
    fix="Run `boxloop run`: it repeats what is older than its inputs.",
)
def chain(stations: Mapping[str, Mapping[str, Mapping[str, str]]], *, threshold: float) -> Finding:
    """Every notebook has read its inputs as the earlier notebooks left them.

    Parameters
    ----------
    stations : dict of name to ``{"needs": {path: sha256}, "makes": {path: sha256}}``
    """
    makers = {
        path: (name, sha)
        for name, station in stations.items()
        for path, sha in station["makes"].items()
    }
    links = [
        (name, path, sha)
        for name, station in stations.items()
        for path, sha in station["needs"].items()
        if path in makers
    ]
    links = [(name, path, sha) for name, path, sha in links if makers[path][0] != name]
    stale = [
        f"{name} read another {path} than {makers[path][0]} has made"
        for name, path, sha in links
        if makers[path][1] != sha
    ]
    power = counted("one file")
    if not stale:
        message = f"All {len(links)} files passed between {len(stations)} notebooks are current."
        return Finding(0, passed=True, message=message, power=power)
    shown = "; ".join(stale[:3]) + (f"; and {len(stale) - 3} more" if len(stale) > 3 else "")
    message = f"{shown} ({threshold:g} allowed)."
    return Finding(len(stale), len(stale) <= threshold, message, power)


@check(
    "provenance.deterministic",
    notebook="04_train",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §1",
    fix="Give every random step a random_state made from the study's seeds.",
)
def deterministic(first: Any, second: Any, *, threshold: float) -> Finding:
    """The same seed gives the same predictions.

    Parameters
    ----------
    first, second : arrays, or dicts of arrays
        Of two trainings with one seed.
    """
    one, two, power = _parts(first), _parts(second), counted("one number")
    if one.keys() != two.keys() or any(one[key].shape != two[key].shape for key in one):
        message = "The two runs return results of different shape."
        return Finding(None, passed=False, message=message, power=power)
    worst = max((_difference(one[key], two[key]) for key in one), default=0.0)
    size = sum(values.size for values in one.values())
    return Finding(
        worst,
        worst <= threshold,
        f"Two runs with one seed differ by at most {worst:.3g} in {size:,} numbers (threshold "
        f"{threshold:g}).",
        power,
    )


def _parts(result: Any) -> dict[str, np.ndarray]:
    if isinstance(result, Mapping):
        return {
            f"{key}.{inner}": part
            for key, value in result.items()
            for inner, part in _parts(value).items()
        }
    return {"": np.asarray(field(result, "to_numpy", lambda: result)())}


def _difference(one: np.ndarray, two: np.ndarray) -> float:
    if one.dtype.kind not in "fiub" or two.dtype.kind not in "fiub":
        return float((one != two).sum())
    one, two = one.astype(float), two.astype(float)
    gap = np.where((one == two) | (np.isnan(one) & np.isnan(two)), 0.0, np.abs(one - two))
    return float(np.nan_to_num(gap, nan=np.inf).max(initial=0.0))
