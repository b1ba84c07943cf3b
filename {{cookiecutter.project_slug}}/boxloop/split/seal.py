"""The seal and its ledger: the test set is written once, and every opening is on record.

It guards against accident, not against malice: whoever wants to read the file can.
"""

from __future__ import annotations

import hashlib
import json
import stat
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import plain, read_table, sha256, write_text, written_whole
from boxloop.base.provenance import git_commit
from boxloop.base.written import says_something
from boxloop.split.ledger import (
    check_chain,
    head_of,
    known_heads,
    link,
    openings_on_record,
    parse,
    remembered,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from boxloop.base.places import Project


def read_ledger(project: Project) -> list[dict]:
    """Return the events of the ledger, oldest first.

    Raises
    ------
    UserError
        If it is missing although something was sealed, a line is not JSON, or a line does not
        follow from the one before: lines were changed or removed. Passes and results hold the last
        hash that they saw.
    """
    events, problem = _examine(project)
    if problem:
        raise UserError(problem)
    return events


def head(project: Project) -> Any:
    """Return the hash of the ledger's last line, or None where there is none or it is damaged."""
    events, problem = _examine(project)
    return None if problem else head_of(events)


def append(project: Any, event: Any, **facts: Any) -> Any:
    """Append one event with its time to the ledger, and return it; the ledger is written whole.

    Raises
    ------
    UserError
        If the ledger is damaged.
    """
    return _write(project, read_ledger(project), event, facts)


def _write(project: Project, events: list[dict], event: str, facts: dict) -> dict:
    row = {"event": event, "time": datetime.now(UTC).isoformat(timespec="seconds")} | plain(facts)
    row = link(head_of(events), row)
    text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in [*events, row])
    write_text(project.ledger_file, text)
    with suppress(OSError):  # it is a copy; a full disk is told of where it matters
        write_text(project.ledger_copy, text)
    return row


def _examine(project: Project) -> tuple:
    """Return the events, and in one sentence what is wrong with the ledger (None: nothing)."""
    path, where = project.ledger_file, project.relative(project.ledger_file)
    heads, wrong, events = known_heads(project), None, []
    if not path.is_file():
        lost = project.sealed_file.is_file() or heads
        wrong = "is missing, though a test set was sealed" if lost else None
    else:
        try:
            events = parse(path.read_text(encoding="utf-8"))
            wrong = check_chain(events, heads)
        except (OSError, ValueError, RecursionError):
            wrong = "is damaged"
    return ([], f"{where} {wrong}: {_remedy(project, heads)}.") if wrong else (events, None)


def _remedy(project: Project, heads: list[str]) -> str:
    """Return what helps: the copy if it is whole, else a commit, else a new one that says so."""
    copy = remembered(project)
    if copy and not check_chain(copy, heads):
        return f"copy {project.relative(project.ledger_copy)} to its place"
    return (
        "restore it from your last commit; if there is none, delete "
        f"{project.relative(project.sealed_file)} and {project.ledger_file.name} "
        "and run `boxloop run --only 01 --only 03`, which begins a new ledger that says so"
    )


def begins_anew(project: Project) -> bool:
    """Return whether nothing is left of a ledger and its test set, so that 03 may seal another."""
    return not project.ledger_file.exists() and not project.sealed_file.exists()


def trouble(project: Project) -> str | None:
    """Return in one sentence what is wrong with ledger or sealed file, or None.

    Nothing is wrong where there is no test set yet, or where the sealed file is missing: it is not
    under version control, and 03 writes the same rows again.
    """
    events, problem = _examine(project)
    sealed = last(events, "sealed")
    if problem or not project.sealed_file.exists():
        return problem
    try:
        same = sealed is not None and sha256(project.sealed_file) == sealed.get("sha256")
    except OSError:
        same = False
    return None if same else _not_the_sealed_one(project)


def _not_the_sealed_one(project: Project) -> str:
    name = project.relative(project.sealed_file)
    return (
        f"{name} is not the file that was sealed: "
        "delete it and run `boxloop run`, which seals the same rows again."
    )


def last(events: list[dict], name: str) -> dict | None:
    """Return the newest event of this name, or None."""
    return next((event for event in reversed(events) if event["event"] == name), None)


def content_hash(frame: pd.DataFrame) -> str:
    """Return a hash of the rows of a table, the same whatever file holds them."""
    import pandas as pd

    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = ",".join(frame.columns).encode("utf-8")
    return hashlib.sha256(names + rows.tobytes()).hexdigest()


def close(project: Project, frame: pd.DataFrame) -> None:
    """Write the test set once, read-only; on later runs only see that it would be the same.

    The sealed file is never read here: its rows are compared through the hash in the ledger.
    A ledger that was lost together with the file begins anew, with a line that says so.

    Raises
    ------
    UserError
        If data or split changed after the test set was sealed, or the ledger is damaged.
    """
    content = content_hash(frame)
    if not project.sealed_file.exists():
        _seal(project, frame, content)
        return
    sealed = last(read_ledger(project), "sealed")
    if sealed is None or not project.sealed_file.is_file():
        raise UserError(_not_the_sealed_one(project))
    if sealed.get("content") != content:
        msg = (
            f"{project.relative(project.sealed_file)} was sealed from other rows than study.toml "
            "and data/raw give now: put them back, or delete the file to seal a new test set "
            "(the ledger keeps the count)."
        )
        raise UserError(msg)


def _seal(project: Project, frame: pd.DataFrame, content: str) -> None:
    """Write the sealed file; the ledger knows of it before it is in place."""

    def write(part: Path) -> None:
        frame.to_parquet(part, index=False)
        found = {"sha256": sha256(part), "content": content}
        events = _events_or_loss(project)
        if {key: (last(events, "sealed") or {}).get(key) for key in found} != found:
            append(project, "sealed", **found)

    written_whole(project.sealed_file, write)
    # Nobody writes it; who may read it stays as umask and the folder say.
    project.sealed_file.chmod(stat.S_IMODE(project.sealed_file.stat().st_mode) & ~0o222)


def _events_or_loss(project: Project) -> list[dict]:
    """Return the events; where the ledger is lost, begin another that says what was known."""
    heads = known_heads(project)
    if not project.ledger_file.is_file() and heads:
        facts = {"heads": heads, "openings": openings_on_record(project)}
        return [_write(project, [], "lost", facts)]
    return read_ledger(project)


def open_seal(project: Project, *, reason: str, model_hash: str, **facts: Any) -> pd.DataFrame:
    """Open the test set, after writing to the ledger who asked for what.

    Parameters
    ----------
    reason : str
        Why it is opened, in the words of the person.
    model_hash : str
        Hash of the model that is about to be measured.
    **facts
        What else the ledger keeps of this opening.

    Raises
    ------
    UserError
        If there is no reason, no sealed file, the file is not the one that was sealed, or the
        ledger is damaged.
    """
    if not reason.strip():
        msg = "The test set opens only with a reason: boxloop release --reason TEXT."
        raise UserError(msg)
    name = project.relative(project.sealed_file)
    if last(read_ledger(project), "sealed") is None:
        msg = "No test set was sealed yet: run `boxloop run` to seal one."
        raise UserError(msg)
    if not project.sealed_file.exists():
        msg = f"{name} is missing: run `boxloop run`, which seals the same rows again."
        raise UserError(msg)
    if problem := trouble(project):
        raise UserError(problem)
    append(
        project,
        "opened",
        reason=reason.strip(),
        model=model_hash,
        commit=git_commit(project.root),
        **facts,
    )
    return read_table(project.sealed_file)


def openings(events: list[dict]) -> list[dict]:
    """Return the openings of the ledger, oldest first."""
    return [event for event in events if event["event"] == "opened"]


def looks(events: list[dict]) -> list[list]:
    """Return for every opening the hash of the test rows and the model, those before resets too."""
    sealed, found = None, []
    for event in events:
        if event["event"] == "sealed":
            sealed = event.get("content")
        elif event["event"] == "opened":
            found.append([sealed, event.get("model")])
        elif event["event"] == "reset":
            found += event.get("looks", [])
    return found


def note_training(project: Project, settings: Any) -> None:
    """Write to the ledger that a training is complete, with the criteria that it was judged by.

    Only the first one counts; criteria that nobody has written yet lock nothing.
    """
    if last(read_ledger(project), "trained") is None:
        append(project, "trained", **_written(settings))
    note_criteria(project, settings)


def note_criteria(project: Project, settings: Any) -> None:
    """Write to the ledger that criteria were changed, or first written, after a training."""
    events, now = read_ledger(project), _written(settings)
    known = [event["criteria"] for event in events if event.get("criteria")]
    trained = last(events, "trained") is not None
    if trained and now and [*map(_said, known[-1:])] != [_said(plain(now["criteria"]))]:
        append(project, "criteria", **now)


def _said(criteria: list[dict]) -> list[dict]:
    """Return criteria without what they leave open: a later version has more of that."""
    return [{key: value for key, value in row.items() if value is not None} for row in criteria]


def _written(settings: Any) -> dict:
    """Return the criteria as the ledger keeps them; nothing while one of them waits for words."""
    rows = [criterion.model_dump() for criterion in settings.study.criteria]
    return {"criteria": rows} if rows and all(says_something(row["name"]) for row in rows) else {}
