"""The seal and its ledger: the test set is written once, and every opening is on record.

It guards against accident, not against malice: whoever wants to read the file can.
"""

import json
import os
import stat
from datetime import UTC, datetime

from boxloop.errors import UserError
from boxloop.provenance import git_commit
from boxloop.store import plain, read_table, sha256, write_table


def read_ledger(project):
    """Return the events of the ledger, oldest first.

    Raises
    ------
    UserError
        If a line is not JSON.
    """
    if not project.ledger_file.is_file():
        return []
    lines = project.ledger_file.read_text(encoding="utf-8").splitlines()
    try:
        return [json.loads(line) for line in lines if line.strip()]
    except ValueError as error:
        msg = f"{project.relative(project.ledger_file)} is damaged: restore it from version control."
        raise UserError(msg) from error


def append(project, event, **facts):
    """Append one event with its time to the ledger, and return it."""
    row = {"event": event, "time": datetime.now(UTC).isoformat(timespec="seconds")} | plain(facts)
    project.sealed.mkdir(parents=True, exist_ok=True)
    with project.ledger_file.open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return row


def last(events, name):
    """Return the newest event of this name, or None."""
    return next((event for event in reversed(events) if event["event"] == name), None)


def content_hash(frame):
    """Return a hash of the rows of a table, the same whatever file holds them."""
    import hashlib

    import pandas as pd

    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = ",".join(frame.columns).encode("utf-8")
    return hashlib.sha256(names + rows.tobytes()).hexdigest()


def close(project, frame):
    """Write the test set once, read-only; on later runs only see that it would be the same.

    The sealed file is never read here: its rows are compared through the hash in the ledger.

    Raises
    ------
    UserError
        If data or split changed after the test set was sealed.
    """
    content = content_hash(frame)
    if project.sealed_file.exists():
        sealed = last(read_ledger(project), "sealed")
        if sealed is None or sealed["content"] != content:
            msg = (
                f"{project.relative(project.sealed_file)} was sealed from other rows than study.toml and data/raw "
                "give now: put them back, or delete the file to seal a new test set (the ledger keeps the count)."
            )
            raise UserError(msg)
        return
    write_table(project.sealed_file, frame)
    # Nobody writes it; who may read it stays as umask and the folder say.
    project.sealed_file.chmod(stat.S_IMODE(project.sealed_file.stat().st_mode) & ~0o222)
    append(project, "sealed", sha256=sha256(project.sealed_file), content=content)


def open_seal(project, *, reason, model_hash):
    """Open the test set, after writing to the ledger who asked for what.

    Parameters
    ----------
    reason : str
        Why it is opened, in the words of the person.
    model_hash : str
        Hash of the model that is about to be measured.

    Raises
    ------
    UserError
        If there is no reason, no sealed file, or the file is not the one that was sealed.
    """
    if not reason.strip():
        msg = "The test set opens only with a reason: boxloop release --reason TEXT."
        raise UserError(msg)
    sealed = last(read_ledger(project), "sealed")
    name = project.relative(project.sealed_file)
    if sealed is None or not project.sealed_file.is_file():
        msg = f"{name} is missing: run `boxloop run --only 03` to seal a test set."
        raise UserError(msg)
    if sha256(project.sealed_file) != sealed["sha256"]:
        msg = f"{name} is not the file that was sealed: restore it, or delete it and run 03 to seal a new one."
        raise UserError(msg)
    append(project, "opened", reason=reason.strip(), model=model_hash, commit=git_commit(project.root))
    return read_table(project.sealed_file)


def openings(events):
    """Return the openings of the ledger, oldest first."""
    return [event for event in events if event["event"] == "opened"]


def note_training(project, settings):
    """Write the criteria of the first training to the ledger: numbers moved later will show."""
    if last(read_ledger(project), "trained") is None:
        append(project, "trained", criteria=[c.model_dump() for c in settings.study.criteria])
