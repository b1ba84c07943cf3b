"""The failures log: what was tried and dropped, what broke, and why (Huppenkothen et al. §2.5)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from boxloop.base.errors import UserError
from boxloop.base.files import write_bytes
from boxloop.measure.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

# What the rows that come from files are called.
IMPORTED = ("attempt: ", "check: ", "stress: ")
COLUMNS = ["about", "kind", "what", "measured", "why_dropped", "explanation"]
LONGEST_NAME = 60


def read_notes(path: Path) -> list[dict]:
    """Return what a person wrote in ``failures.toml``.

    Parameters
    ----------
    path : Path
        A file of ``[[failure]]`` tables. Each has `about`, which names a row of the log or starts
        a new one, and perhaps `what`, `measured`, `why_dropped`, `explanation`.

    Returns
    -------
    list of dict
        Empty where there is no file.

    Raises
    ------
    UserError
        If the file is not TOML, or an entry has an unknown key, no `about`, or a value that is
        not text.
    """
    if not path.is_file():
        return []
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is not valid TOML ({error}): mend that line."
        raise UserError(msg) from error
    notes = content.pop("failure", [])
    if content or not isinstance(notes, list):
        others = ", ".join(content) or "[failure]"
        msg = f"{path.name} may hold [[failure]] tables only: rename {others}."
        raise UserError(msg)
    for number, note in enumerate(notes, start=1):
        _validate(note, f"{path.name}, [[failure]] number {number}")
    return notes


def _validate(note: Any, place: str) -> None:
    """Refuse an entry that has an unknown key, no `about`, or a value that is not text."""
    if not isinstance(note, dict) or not str(note.get("about", "")).strip():
        msg = f'{place} needs about = "..." to say what failed.'
        raise UserError(msg)
    for key, value in note.items():
        if key not in COLUMNS or key == "kind":
            known = ", ".join(c for c in COLUMNS if c != "kind")
            msg = f"{place}: key {key} is not known, use {known}."
            raise UserError(msg)
        if not isinstance(value, str):
            msg = f"{place}: {key} must be text in quotes."
            raise UserError(msg)


def add(path: Path, text: str, *, about: Any = None, explanation: str | None = None) -> Any:
    """Append an entry to ``failures.toml``; what stands there stays as it is, byte by byte.

    Parameters
    ----------
    path : Path
    text : str
        What failed. Where `about` names an attempt, a check or a stress test, it is the
        explanation of that row.
    about : str, optional
        The name of the row; by default the beginning of `text`.
    explanation : str, optional
        Why it failed.

    Returns
    -------
    str
        The entry as it was written.

    Raises
    ------
    UserError
        If the text is blank, the name is taken, or the file is not valid; nothing is written then.
    """
    notes = read_notes(path)
    text, about, explanation = (_clean(word) for word in (text, about, explanation))
    if not text:
        msg = 'An empty failure teaches nothing: boxloop fail "what went wrong".'
        raise UserError(msg)
    name = about or _short(text)
    if name in {note["about"].strip() for note in notes}:
        taken = f'{path.name} already has an entry about "{name}"'
        msg = f"{taken}: edit it there, or name this one with --about."
        raise UserError(msg)
    if name.startswith(IMPORTED) and not explanation:
        entry = {"about": name, "explanation": text}
    else:
        why = {"explanation": explanation} if explanation else {}
        entry = {"about": name, "what": text} | why
    lines = [f"{key} = {_quoted(value)}\n" for key, value in entry.items()]
    written = "[[failure]]\n" + "".join(lines)
    before = path.read_bytes() if path.is_file() else b""
    gap = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
    write_bytes(path, before + gap + written.encode("utf-8"))
    return written


def _short(text: str):
    """Return the beginning of a text, at whole words, as a name."""
    if len(text) <= LONGEST_NAME:
        return text
    return text[:LONGEST_NAME].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"


def _clean(text: str | None) -> str:
    """Return text of a command line without blanks around it or bytes that are no characters."""
    return (text or "").encode("utf-8", "replace").decode("utf-8").strip()


def _quoted(text: str) -> str:
    # JSON text is TOML text, but for the one control character that JSON lets through.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def tried(attempts: pd.DataFrame, passes: list) -> list[str]:
    """Return the names of all that was ever tried and is not the model now.

    Parameters
    ----------
    attempts : DataFrame
        Columns `name` and `chosen`.
    passes : list of dict
        From `boxloop.record.passes.all_passes`.
    """
    names = [row["name"] for past in passes for row in past.get("attempts", [])]
    chosen = set(attempts.loc[attempts["chosen"].astype(bool), "name"])
    return [name for name in dict.fromkeys([*attempts["name"], *names]) if name not in chosen]


def _earlier(attempts: pd.DataFrame, passes: list, metric: str):
    """Return a row for every attempt of an earlier pass that is no longer made."""
    now, rows = set(attempts["name"]), {}
    for past in passes:
        for row in past.get("attempts", []):
            score = f"{METRICS[metric].label} {float(row['score']):.4f}" if row["score"] else ""
            rows[row["name"]] = {
                "about": f"attempt: {row['name']}",
                "kind": f"attempt of pass {past['number']}",
                "what": "chosen then" if row["chosen"] else "",
                "measured": score,
                "why_dropped": "no longer tried",
            }
    return [row for name, row in rows.items() if name not in now]


def _attempts(attempts: pd.DataFrame, metric: str) -> Iterator:
    """Return a row for every attempt that was not chosen, with its cross-validated score."""
    for row in attempts[~attempts["chosen"].astype(bool)].itertuples():
        yield {
            "about": f"attempt: {row.name}",
            "kind": "attempt",
            "what": row.motivation,
            "measured": f"{METRICS[metric].label} {getattr(row, metric):.4f} ± {row.se:.4f}",
            "why_dropped": row.dropped_because,
        }


def _checks(checks: list[dict]) -> Iterator:
    """Return a row for every check that failed or was waived, which has a reason."""
    for row in checks:
        if row["state"] in ("fail", "waived"):
            measured = "" if row["value"] is None else f"{row['value']:.3g}"
            if measured and row["threshold"] is not None:
                measured += f" (threshold {row['threshold']:g})"
            yield {
                "about": f"check: {row['id']}",
                "kind": f"check {row['state']}",
                "what": row["message"],
                "measured": measured,
                "why_dropped": row["reason"] or "",
            }


def _stress(stress: pd.DataFrame, metric: str) -> Iterator:
    """Return a row for every stress test that the model did surely not stand, at its worst."""
    broken = stress[~stress["verdict"].isin(["safe", "cannot tell"])]
    for name, rows in broken.groupby("test", sort=False):
        worst = rows.loc[rows["model"].map(METRICS[metric].loss).idxmax()]
        levels = {
            word: ", ".join(f"{level:g}" for level in part.dropna())
            for word, part in rows.groupby("verdict")["level"]
        }
        yield {
            "about": f"stress: {name}",
            "kind": "stress test",
            "what": "; ".join(
                f"{word} at {text}" if text else word for word, text in levels.items()
            ),
            "measured": f"model {worst['model']:.3f}, reference {worst['reference']:.3f}",
            "why_dropped": "kept as a limit of the model",
        }


def collect(
    attempts: pd.DataFrame,
    checks: Any,
    stress: pd.DataFrame,
    notes: Any,
    *,
    metric: str = "rmse",
    passes: Any = (),
) -> pd.DataFrame:
    """Return the failures log: what the files say happened, and what a person says it means.

    Parameters
    ----------
    attempts : DataFrame
        Columns `name`, `motivation`, `se`, `chosen`, `dropped_because`, and one named as `metric`.
    checks : list of dict
        Rows of ``checks.json``.
    stress : DataFrame
        Columns `test`, `level`, `model`, `reference`, `verdict`.
    notes : list of dict
        From `read_notes`. An entry whose `about` is that of a row fills the row in; any other
        adds one, except where it is stale (see `stale_notes`).
    passes : list of dict
        Earlier passes, from `boxloop.record.passes.all_passes`: what they tried stays in the log.

    Returns
    -------
    DataFrame
        Columns `about`, `kind`, `what`, `measured`, `why_dropped`, `explanation`, all text.
    """
    import pandas as pd

    rows = [
        *_attempts(attempts, metric),
        *_earlier(attempts, passes, metric),
        *_checks(checks),
        *_stress(stress, metric),
    ]
    by_name = {row["about"]: row for row in rows}
    stale = stale_notes(notes, by_name)
    for note in (note for note in notes if note["about"] not in stale):
        row = by_name.setdefault(note["about"], {"kind": "note"})
        row |= {key: value.strip() for key, value in note.items()}
    filled = [dict.fromkeys(COLUMNS, "") | row for row in by_name.values()]
    return pd.DataFrame(filled, columns=COLUMNS)


def stale_notes(notes: list[dict], known: dict | set[str]) -> Any:
    """Return the `about` of entries that explain what is no failure, or no failure any more.

    They point at something that was renamed or mended since they were written.

    Parameters
    ----------
    notes : list of dict
    known : collection of str
        The `about` of all rows that were imported.
    """
    return [
        note["about"]
        for note in notes
        if note["about"].startswith(IMPORTED) and note["about"] not in known
    ]


class Log(NamedTuple):
    """The failures log.

    Attributes
    ----------
    table : DataFrame
        From `collect`.
    stale : list of str
        Entries of ``failures.toml`` that explain what is no failure any more; see `stale_notes`.
    tried : list of str
        All that was given up, in this pass or in an earlier one; see `tried`.
    """

    table: pd.DataFrame
    stale: list[str]
    tried: list[str]


def log(
    attempts: pd.DataFrame,
    checks: list[dict],
    stress: pd.DataFrame,
    file: Path,
    *,
    metric: str,
    passes: list[dict],
    also: Iterable[dict] = (),
) -> Log:
    """Return the log of a project; `also` holds entries beside those of `file`, see `collect`."""
    notes = [*read_notes(file), *also]
    table = collect(attempts, checks, stress, notes, metric=metric, passes=passes)
    return Log(table, stale_notes(notes, set(table["about"])), tried(attempts, passes))
