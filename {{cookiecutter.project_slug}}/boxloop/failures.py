"""The failures log: what was tried and dropped, what broke, and why (Huppenkothen et al. §2.5)."""

import tomllib

import pandas as pd

from boxloop.errors import UserError

# What the rows that come from files are called.
IMPORTED = ("attempt: ", "check: ", "stress: ")
COLUMNS = ["about", "kind", "what", "measured", "why_dropped", "explanation"]


def read_notes(path):
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
        If the file is not TOML, or an entry has an unknown key, no `about`, or a value that is not text.
    """
    if not path.is_file():
        return []
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is not valid TOML ({error}): mend that line."
        raise UserError(msg) from error
    notes = content.pop("failure", [])
    if content or not isinstance(notes, list):
        msg = f"{path.name} may hold [[failure]] tables only: rename {', '.join(content) or '[failure]'}."
        raise UserError(msg)
    for number, note in enumerate(notes, start=1):
        _validate(note, f"{path.name}, [[failure]] number {number}")
    return notes


def _validate(note, place):
    """Raise UserError where an entry has an unknown key, no `about`, or a value that is not text."""
    if not isinstance(note, dict) or not str(note.get("about", "")).strip():
        msg = f'{place} needs about = "..." to say what failed.'
        raise UserError(msg)
    for key, value in note.items():
        if key not in COLUMNS or key == "kind":
            msg = f"{place}: key {key} is not known, use {', '.join(c for c in COLUMNS if c != 'kind')}."
            raise UserError(msg)
        if not isinstance(value, str):
            msg = f"{place}: {key} must be text in quotes."
            raise UserError(msg)


def _attempts(attempts, metric):
    """Return a row for every attempt that was not chosen, with its cross-validated score."""
    for row in attempts[~attempts["chosen"].astype(bool)].itertuples():
        yield {
            "about": f"attempt: {row.name}",
            "kind": "attempt",
            "what": row.motivation,
            "measured": f"{metric.upper()} {getattr(row, metric):.4f} ± {row.se:.4f}",
            "why_dropped": row.dropped_because,
        }


def _checks(checks):
    """Return a row for every check that failed or was waived; a waiver's reason is why it stands."""
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


def _stress(stress):
    """Return one row for every stress test that the model did not stand, measured at its worst level."""
    broken = stress[stress["verdict"] != "safe"]
    for name, rows in broken.groupby("test", sort=False):
        worst = rows.loc[rows["model"].idxmax()]
        levels = {word: ", ".join(f"{level:g}" for level in part.dropna()) for word, part in rows.groupby("verdict")["level"]}
        yield {
            "about": f"stress: {name}",
            "kind": "stress test",
            "what": "; ".join(f"{word} at {text}" if text else word for word, text in levels.items()),
            "measured": f"model {worst['model']:.3f}, reference {worst['reference']:.3f}",
            "why_dropped": "kept as a limit of the model",
        }


def collect(attempts, checks, stress, notes, *, metric="rmse"):
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
        From `read_notes`. An entry whose `about` is that of a row fills the row in; any other adds one,
        except where it is stale (see `stale_notes`).

    Returns
    -------
    DataFrame
        Columns `about`, `kind`, `what`, `measured`, `why_dropped`, `explanation`, all text.
    """
    rows = [*_attempts(attempts, metric), *_checks(checks), *_stress(stress)]
    by_name = {row["about"]: row for row in rows}
    stale = stale_notes(notes, by_name)
    for note in (note for note in notes if note["about"] not in stale):
        row = by_name.setdefault(note["about"], {"kind": "note"})
        row |= {key: value.strip() for key, value in note.items()}
    return pd.DataFrame([dict.fromkeys(COLUMNS, "") | row for row in by_name.values()], columns=COLUMNS)


def stale_notes(notes, known):
    """Return the `about` of entries that explain an attempt, a check or a stress test which is no failure.

    They point at something that was renamed or mended since they were written.

    Parameters
    ----------
    notes : list of dict
    known : collection of str
        The `about` of all rows that were imported.
    """
    return [note["about"] for note in notes if note["about"].startswith(IMPORTED) and note["about"] not in known]
