"""The seal and its ledger: the test set is written once, and every opening is on record.

The rows are encrypted, so that what reads files gets none: a pattern, another tool, a helper of
the study. It guards against accident, not against malice: the key lies beside the ledger until it
is handed over, and whoever reads it by hand and decrypts, or divides data/raw again, can.
"""

from __future__ import annotations

import hashlib
import json
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.door import divided_from, held_open, note_division
from boxloop.base.errors import UserError
from boxloop.base.files import (
    plain,
    read_table,
    sha256,
    write_json,
    write_text,
    written_whole,
)
from boxloop.base.provenance import git_commit
from boxloop.base.written import says_something
from boxloop.split.key import (
    VARIABLE,
    Key,
    facts_of,
    handed_over,
    is_given,
    key_in_hand,
    new_key,
    write_key,
)
from boxloop.split.ledger import (
    check_chain,
    head_of,
    known_heads,
    link,
    openings_on_record,
    parse,
    remembered,
)
from boxloop.split.locked import science
from boxloop.split.same_rows import Difference, column_hashes, difference, sealed_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from boxloop.base.places import Project
    from boxloop.split.cipher import Encrypted


ENCRYPTED = b"PARE"  # how a Parquet file begins whose footer is encrypted


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
    """Return in one sentence what is wrong with ledger, sealed file or key, or None.

    Nothing is wrong where there is no test set yet, or where the sealed file is missing: it is not
    under version control, and 03 writes the same rows again. Nor where the key is in other hands.
    """
    events, problem = _examine(project)
    if problem or not project.sealed_file.exists():
        return problem
    sealed = last(events, "sealed")
    if sealed is not None and _rows_inside(project, events) == sealed.get("content", ""):
        return _wrong_key(project, events)
    return _not_described(project) or _not_the_sealed_one(project)


def _wrong_key(project: Project, events: list[dict]) -> str | None:
    """Return in one sentence why the sealed file would not open with the key in hand, or None."""
    wanted = facts_of(project).get("key")
    if wanted is None:  # not encrypted yet, or sealed without the key, which the release says
        return None
    try:
        with held_open():
            key = key_in_hand(project, events)
        if key and is_given():
            _refuse_another(key, wanted)
    except UserError as error:
        return str(error)
    if key is None:
        return None if handed_over(events) else lost_key(project)
    return None if key.name == wanted else _another_key(project, key.name, wanted)


def _another_key(project: Project, name: str, wanted: str) -> str:
    return (
        f"{project.relative(project.key_file)} is called {name}, and the key of the test set "
        f"{wanted}: put that one back, or delete {project.relative(project.sealed_file)} and run "
        "`boxloop run`, which seals the same rows again."
    )


def _not_described(project: Project) -> str | None:
    """Return the sentence for a sealed file of which nobody knows any more what is in it."""
    try:
        with held_open(), project.sealed_file.open("rb") as file:
            lost = file.read(4) == ENCRYPTED and not facts_of(project)
    except OSError:
        return None
    if not lost:
        return None
    return (
        f"{project.relative(project.sealed_facts)}, which tells what is sealed in "
        f"{project.sealed_file.name}, is missing or damaged: put it back, or delete "
        f"{project.relative(project.sealed_file)} and run `boxloop run`, which seals the same "
        "rows again."
    )


def _rows_inside(project: Project, events: list[dict]) -> str | None:
    """Return the hash of the rows in the sealed file, unopened; None where it is another file.

    A file of an older version is not encrypted, and the ledger itself knows its bytes.
    """
    sealed = last(events, "sealed") or {}
    try:
        digest = sha256(project.sealed_file)
    except OSError:
        return None
    known = {sealed.get("sha256"): sealed.get("content", "")}
    return (known | _noted(project)).get(digest)


def _noted(project: Project) -> dict:
    """Return what was taken down of the file: the hash of its rows by that of its bytes."""
    facts = facts_of(project)
    return {facts["sha256"]: facts["content"]} if facts else {}


def identity(project: Project) -> str:
    """Return what the sealed file is to whoever compares: the hash of its rows.

    Its bytes are new with each writing, so that they tell nothing. Of a file that is not encrypted,
    or another one in its place, it is the sha256.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = sha256(project.sealed_file)
    return _noted(project).get(digest, digest)


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


def close(project: Project, frame: pd.DataFrame, *, keep: Iterable[str] = ()) -> None:
    """Write the test set once, read-only; on later runs only see that it would be the same.

    The sealed file is never read here: its rows are compared through the hashes in the ledger.
    They are the same rows where columns were added or left out, and go by the hash that they had;
    the file is written again then, and the ledger says with which columns.
    The same rows are written again only where the file would not open with the key in hand: one
    that is not encrypted yet, one whose key was lost, or one that was sealed without its key.
    A ledger that was lost together with the file begins anew, with a line that says so.

    Parameters
    ----------
    keep : iterable of str
        The columns that say which rows these are, and what is true of them: they stay. All do by
        default.

    Raises
    ------
    UserError
        If data or split changed after the test set was sealed, the ledger is damaged, or the key
        in hand is not that of the test set.
    """
    table = _Table(frame, tuple(keep) or tuple(map(str, frame.columns)))
    if divided_from() is None:  # by other hands than `divide`
        note_division()
    if not project.sealed_file.exists():
        _seal(project, table, table.known_as(_events_or_loss(project)))
        return
    events = read_ledger(project)
    sealed = last(events, "sealed")
    if sealed is None or not project.sealed_file.is_file():
        raise UserError(_not_the_sealed_one(project))
    content, change = table.known_as(events)
    if content != sealed.get("content"):
        raise UserError(_of_other_rows(project, change))
    if change.words or _is_to_be_sealed_again(project, events):
        _seal(project, table, (content, change))


class _Table:
    """Rows that are to be sealed, with their hashes."""

    def __init__(self, frame: pd.DataFrame, keep: tuple[str, ...]) -> None:
        self.frame, self.keep = frame, keep
        self.content, self.columns = content_hash(frame), column_hashes(frame)

    def known_as(self, events: list[dict]) -> tuple[str, Difference]:
        """Return the hash that these rows go by, and how their columns differ from the sealed."""
        before = last(events, "sealed") or {}
        sealed = sealed_columns(events)
        if sealed is None:  # nothing yet, or a line of an older version
            return self.content, Difference()
        if before.get("columns") == self.columns:
            return sealed.content, Difference()
        change = difference(sealed, self.columns, self.keep)
        return self.content if change.wrong else sealed.content, change


def _of_other_rows(project: Project, change: Difference) -> str:
    """Return the sentence for rows that are not those that were sealed."""
    name, wrong = project.relative(project.sealed_file), change.wrong
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    where = f" (they differ in {', '.join(wrong[:3])}{more})" if wrong else ""
    return (
        f"{name} was sealed from other rows than study.toml and data/raw give now{where}: "
        "put them back, or delete the file to seal a new test set (the ledger keeps the count)."
    )


def _is_to_be_sealed_again(project: Project, events: list[dict]) -> bool:
    """Return whether the file in place would not open, and this process can mend that."""
    facts, key = facts_of(project), key_in_hand(project, events)
    if not facts:
        return True
    return facts.get("key") != key.name if key else not handed_over(events)


def _seal(project: Project, table: _Table, known: tuple[str, Difference]) -> None:
    """Write the sealed file; the ledger knows of it before it is in place."""
    from boxloop.split.cipher import write_encrypted

    content, change = known
    key, kept = _sealing_key(project, _events_or_loss(project))

    def write(part: Path) -> None:
        write_encrypted(part, table.frame, key.secret)
        before = last(read_ledger(project), "sealed") or {}
        if before.get("content") != content or change.words:
            facts = {"keep": table.keep, "columns": table.columns, "rows": _counted(table.frame)}
            said = {"reason": change.words} if before.get("content") == content else {}
            append(project, "sealed", content=content, **said, **facts)
        found = {"sha256": sha256(part), "content": content, "key": key.name if kept else None}
        write_json(project.sealed_facts, found)

    path = project.sealed_file
    if path.exists():  # some systems replace no file that is read-only
        path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)
    written_whole(path, write)
    # Nobody writes it; who may read it stays as umask and the folder say.
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def _counted(frame: pd.DataFrame) -> dict[str, int]:
    """Return how many rows each set has, so that a release with fewer is known."""
    if "set" not in frame:
        return {"test": len(frame)}
    counts = frame["set"].value_counts()
    return {str(name): int(counts[name]) for name in sorted(counts.index)}


def _sealing_key(project: Project, events: list[dict]) -> tuple[Key, bool]:
    """Return the key to seal with, and whether anybody has it."""
    key, handed = key_in_hand(project, events), handed_over(events)
    if handed and key is None:
        return new_key(), False
    if handed and key:
        _refuse_another(key, handed.get("key"))
    if key is None:
        key = new_key()
        project.key_file.unlink(missing_ok=True)  # a damaged one opens nothing
        write_key(project.key_file, key)
    return key, True


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
        If there is no reason, no sealed file, the file is not the one that was sealed, the key is
        missing or another one, or the ledger is damaged.
    """
    if not reason.strip():
        msg = "The test set opens only with a reason: boxloop release --reason TEXT."
        raise UserError(msg)
    return open_as(project, "opened", reason=reason.strip(), model=model_hash, **facts)


def open_as(project: Project, event: str, **facts: Any) -> pd.DataFrame:
    """Return the test rows, after writing to the ledger what they are read for.

    Parameters
    ----------
    event : str
        ``"opened"`` for a release; ``"benchmark"`` and ``"submitted"`` for what comes after one.
    **facts
        What else the ledger keeps of it.

    Raises
    ------
    UserError
        If there is no sealed file, the file is not the one that was sealed, the key is missing or
        another one, or the ledger is damaged.
    """
    encrypted = ready_to_open(project)
    append(project, event, **facts, commit=git_commit(project.root))
    return read_table(project.sealed_file) if encrypted is None else encrypted.rows()


def ready_to_open(project: Project) -> Encrypted | None:
    """Return the sealed file with its key, no row read; None where it is not encrypted.

    Raises
    ------
    UserError
        As `open_as` does.
    """
    name = project.relative(project.sealed_file)
    events = read_ledger(project)
    if last(events, "sealed") is None:
        msg = "No test set was sealed yet: run `boxloop run` to seal one."
        raise UserError(msg)
    if not project.sealed_file.exists():
        msg = f"{name} is missing: run `boxloop run`, which seals the same rows again."
        raise UserError(msg)
    if problem := trouble(project):
        raise UserError(problem)
    return _unlocked(project, find_key(project, events))


def _unlocked(project: Project, key: Key | None) -> Encrypted | None:
    """Return the sealed file with a key that fits, no row read; None where it needs no key.

    Raises
    ------
    UserError
        If the key does not fit, or nobody has it.
    """
    if not facts_of(project):
        return None
    from boxloop.split.cipher import Encrypted

    if facts_of(project)["key"] is None or key is None:
        raise UserError(_sealed_shut(project))
    try:
        return Encrypted(project.sealed_file, key.secret)
    except (ValueError, OSError) as error:
        raise UserError(_not_the_sealed_one(project)) from error


def find_key(project: Project, events: list[dict]) -> Key | None:
    """Return the key that opens the test set; None where it is not encrypted, or not yet sealed.

    Raises
    ------
    UserError
        If it is not in hand, or is another one.
    """
    with held_open():
        key = key_in_hand(project, events)
    facts, handed = facts_of(project), handed_over(events)
    if handed and key is None:
        msg = (
            f"The key of the test set was handed over ({str(handed.get('time'))[:10]}): give it "
            f"with --key KEYFILE, or as text in {VARIABLE}."
        )
        raise UserError(msg)
    if handed and key:
        _refuse_another(key, handed.get("key"))
    if not facts or not project.sealed_file.exists():
        return key
    if key is None:
        raise UserError(lost_key(project))
    _refuse_another(key, facts.get("key"))
    return key


def _refuse_another(key: Key, wanted: str | None) -> None:
    if wanted and key.name != wanted:
        msg = (
            f"The key given is called {key.name}, and that of the test set {wanted}: "
            "ask for that one; nothing was opened."
        )
        raise UserError(msg)


def lost_key(project: Project) -> str:
    """Return the sentence for a key that should lie beside the ledger."""
    return (
        f"{project.relative(project.key_file)} is missing or damaged: put it back, or delete "
        f"{project.relative(project.sealed_file)} and run `boxloop run`, which seals the same "
        "rows again."
    )


def _sealed_shut(project: Project) -> str:
    name = project.relative(project.sealed_file)
    return (
        f"{name} was sealed here without its key: delete it and release again with the key, "
        "which seals the same rows with it."
    )


def refuse_without_key(project: Project) -> None:
    """Let no release begin that would find the test set closed.

    A file that was sealed without the key is removed where the key is there now: 03 seals the
    same rows again.

    Raises
    ------
    UserError
        If the key is not in hand, or is another one.
    """
    key = find_key(project, read_ledger(project))
    facts = facts_of(project)
    if key and facts and facts["key"] is None and project.sealed_file.is_file():
        project.sealed_file.chmod(0o600)
        project.sealed_file.unlink()


def openings(events: list[dict]) -> list[dict]:
    """Return the openings of the ledger, oldest first."""
    return [event for event in events if event["event"] == "opened"]


def note_training(project: Project, settings: Any) -> None:
    """Write to the ledger that a training is complete, with the criteria that it was judged by.

    Only the first one counts; criteria that nobody has written yet lock nothing.
    """
    if last(read_ledger(project), "trained") is None:
        append(project, "trained", **_written(settings), **science(project, settings))
    note_criteria(project, settings)


def note_criteria(project: Project, settings: Any) -> None:
    """Write to the ledger that criteria were changed, or first written, after a training.

    Also that they are those of other raw data, another target or another primary metric.
    """
    events, now = read_ledger(project), _written(settings)
    if last(events, "trained") is None:
        return
    own = [event for event in events if event["event"] in ("trained", "criteria")]
    known = [event["criteria"] for event in own if event.get("criteria")]
    other = now and [*map(_said, known[-1:])] != [_said(plain(now["criteria"]))]
    about = science(project, settings)
    # A ledger of an older version does not know of data and target, and that is no change.
    before = {key: event[key] for event in own for key in about if key in event}
    if other or any(before.get(key, value) != value for key, value in about.items()):
        append(project, "criteria", **now, **about)


def _said(criteria: list[dict]) -> list[dict]:
    """Return criteria without what they leave open: a later version has more of that."""
    return [{key: value for key, value in row.items() if value is not None} for row in criteria]


def _written(settings: Any) -> dict:
    """Return the criteria as the ledger keeps them; nothing while one of them waits for words."""
    rows = [criterion.model_dump() for criterion in settings.study.criteria]
    return {"criteria": rows} if rows and all(says_something(row["name"]) for row in rows) else {}
