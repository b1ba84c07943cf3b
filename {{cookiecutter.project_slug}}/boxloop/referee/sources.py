"""Whether the code, settings, notebooks and answers are those that the results were made with.

Two witnesses: what each chapter took down of its run (``station.json``), and what the last pass
was made from. An answer is compared by its text, which the pass keeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, sha256
from boxloop.notebooks.answers import cell_anchor, read_answers, rows_of
from boxloop.notebooks.file import read_notebook
from boxloop.notebooks.science import answers_kept, code_kept, prose_hash
from boxloop.parcel.toy import study_toml
from boxloop.record.causes import causes_of
from boxloop.record.facts import NO_PART, code_of, file_hash, setting, settings_table
from boxloop.record.passes import last_pass
from boxloop.referee import rows
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, around, count

if TYPE_CHECKING:
    from boxloop.record.causes import Causes
    from boxloop.referee.sent import Sent

PART = "sources"
RELEASE = "08_release"
HASHED = ("code", "declared", "needs", "makes", "outside")  # of a station: hashes by file
NOT_SENT = "data/sealed/"
SETTINGS = "study.toml"


def look(sent: Sent) -> Iterator[Finding]:
    """Yield what the stations, the manifest of 08 and the last pass say."""
    seen: set[str] = set()
    for chapter in sent.chapters:
        yield from _chapter(sent, chapter, seen)
    yield from _manifest_of_08(sent, seen)
    yield from _last_pass(sent, seen)
    yield from rows.named(sent)


def _chapter(sent: Sent, chapter: str, seen: set[str]) -> Iterator[Finding]:
    """Yield what of a chapter is another than it was when its results were made."""
    where, facts = f"results/{chapter}/station.json", sent.station(chapter)
    if not facts:
        yield Finding(PART, DIFFERS, f"{chapter} has left no results that it vouches for.", where)
        return
    if facts.get("smoke"):
        said = f"{chapter} was run with fewer draws (smoke), which is not for results."
        yield Finding(PART, DIFFERS, said, where)
    known: dict[str, Any] = {}
    for part in HASHED:
        known |= facts[part] if isinstance(facts.get(part), dict) else {}
    known = {name: value for name, value in known.items() if not name.startswith(NOT_SENT)}
    there = {name: value for name, value in known.items() if sent.has(name)}
    for name, value in there.items():
        if _hash(sent, name) != value and name not in seen:
            seen.add(name)
            said = f"{name} is not the one with which {chapter} was run."
            yield Finding(PART, DIFFERS, said, name)
    yield from _settings(sent, chapter, facts)
    yield from _upstream(sent, chapter, facts, seen)
    lost = [name for name in known if name not in there and name.startswith("results/")]
    words = f", {len(lost)} of its results are not in the release" if lost else ""
    said = f"{chapter}: {count(len(there), 'file')} compared with what it took down{words}."
    yield Finding(PART, AGREES, said, where)


def _hash(sent: Sent, name: str) -> str:
    """Return the hash of a file as a chapter takes it down; of one that is damaged, its bytes."""
    path = sent.file(name)
    if name == SETTINGS and (text := before_toys(sent)):
        return hashlib.sha256(_lines(text).encode()).hexdigest()
    try:
        return file_hash(sent.project, path)
    except UserError:
        return sha256(path)


def before_toys(sent: Sent) -> str:
    """Return study.toml as it was before the release let it point to toy tables; else nothing.

    The last pass keeps that text; what the release makes of it must be what was sent.
    """
    past = last_pass(sent.project)
    try:
        causes = causes_of(sent.project, past) if past else None
        if causes is None or sent.settings.release.share_data:
            return ""
        made = study_toml(causes.settings, sent.project.root)
    except (UserError, ValueError):
        return ""
    return causes.settings if _lines(made) == _lines(sent.text(SETTINGS)) else ""


def _settings(sent: Sent, chapter: str, facts: dict) -> Iterator[Finding]:
    """Yield which settings are others than a chapter has read."""
    read, table = facts.get("settings"), settings_table(sent.project)
    read = read if isinstance(read, dict) else {}
    other = [key for key, value in read.items() if setting(table, key) != value]
    if other:
        names = ", ".join("all of it" if key == "*" else key for key in other[:5])
        said = f"study.toml is not the one that {chapter} has read: {names}."
        yield Finding(PART, DIFFERS, said, "study.toml")


def _upstream(sent: Sent, chapter: str, facts: dict, seen: set[str]) -> Iterator[Finding]:
    """Yield which notebooks before a chapter have other code than when it was run."""
    before = facts.get("before")
    for name, value in (before if isinstance(before, dict) else {}).items():
        where = f"notebooks/{name}.ipynb"
        if not sent.has(where):
            yield Finding(PART, DIFFERS, f"{where} is gone, which {chapter} builds upon.", where)
        elif code_of(sent.file(where)) != value and where not in seen:
            seen.add(where)
            said = f"The code of {where} is not the one that {chapter} builds upon."
            yield Finding(PART, DIFFERS, said, where)


def _manifest_of_08(sent: Sent, seen: set[str]) -> Iterator[Finding]:
    """Yield which files are others than 08 has taken down when it was released."""
    where = f"results/{RELEASE}/manifest.json"
    # Notebooks go without outputs, so that their bytes are others: their cells were compared.
    known = {n: v for n, v in sent.json(where).items() if sent.has(n) and not n.endswith(".ipynb")}
    other = [n for n, value in known.items() if value not in (sha256(sent.file(n)), _hash(sent, n))]
    for name in (name for name in other if name not in seen):
        said = f"{name} is not the file that {where} names: it was edited after the release."
        yield Finding(PART, DIFFERS, said, name)
    if known and not other:
        said = f"{count(len(known), 'file')} as 08 took them down when it was released."
        yield Finding(PART, AGREES, said, where)


def _last_pass(sent: Sent, seen: set[str]) -> Iterator[Finding]:
    """Yield what of the science and the answers is another than in the last pass."""
    past = last_pass(sent.project)
    where = f"results/passes/{past['number']:03d}.json" if past else "results/passes"
    try:
        causes = causes_of(sent.project, past) if past else None
    except UserError as error:
        yield Finding(PART, CANNOT_TELL, f"What the last pass was made from: {error}", where)
        return
    if causes is None:
        said = "No pass keeps what it was made from, so answers are compared by their hashes alone."
        yield Finding(PART, CANNOT_TELL, said, where)
        return
    found = [*_answers(sent, causes), *_science(sent, causes, seen), *rows.raw(sent, causes)]
    found += _machinery(sent, causes)
    yield from found
    if not found:
        said = f"Settings, science, cells and answers are those of pass {past['number']}."
        yield Finding(PART, AGREES, said, where)


def _answers(sent: Sent, causes: Causes) -> Iterator[Finding]:
    """Yield which answers are others than those of the last pass, with both texts."""
    try:
        cells = read_answers(sent.project)
    except UserError:  # a notebook that is damaged is named above
        cells = rows_of(sorted(sent.project.notebooks.glob("*.ipynb")))
    now, at = answers_kept(cells), {row["id"]: row for row in cells}
    at |= {f"{row['notebook']}.{row['id']}": row for row in cells}
    for name in {**causes.answers, **now}:
        then, today = causes.answers.get(name, ""), now.get(name, "")
        if then.strip() == today.strip():
            continue
        row = at.get(name)
        where = f"notebooks/{row['notebook']}.ipynb#{row['cell']}" if row else "notebooks"
        anchor = f" ({cell_anchor(row['notebook'], row['cell'])})" if row else ""
        said = f"The answer '{name}' was edited after the release{anchor}."
        yield Finding(PART, DIFFERS, said, where, ((name, *around(then, today)),))


def _science(sent: Sent, causes: Causes, seen: set[str]) -> Iterator[Finding]:
    """Yield which settings, code and prose are others than those of the last pass."""
    project = sent.project
    texts = {SETTINGS: causes.settings, **causes.study}
    for name, then in texts.items():
        toys = name == SETTINGS and before_toys(sent)
        if not toys and _lines(sent.text(name)) != _lines(then) and name not in seen:
            values = ((name, *around(then, sent.text(name))),)
            yield Finding(PART, DIFFERS, f"{name} is not that of the last pass.", name, values)
    extra = {project.relative(path) for path in project.study.rglob("*.py")} - {*causes.study}
    for name in sorted(extra):
        yield Finding(PART, DIFFERS, f"{name} was not there in the last pass.", name)
    for chapter, kept in causes.notebooks.items():
        where = f"notebooks/{chapter}.ipynb"
        try:
            notebook = read_notebook(sent.file(where))
            cells, prose = code_kept(notebook) == kept, prose_hash(notebook)
        except (UserError, KeyError, TypeError):
            cells, prose = False, ""
        if not cells:
            said = f"The code cells of {where} are not those of the last pass."
            yield Finding(PART, DIFFERS, said, where)
        if prose != causes.prose.get(chapter) and where not in seen:
            said = f"The prose of {where} is not that of the last pass."
            yield Finding(PART, DIFFERS, said, where)


def _machinery(sent: Sent, causes: Causes) -> Iterator[Finding]:
    """Yield whether boxloop/ is the one that the last pass ran with: words are judged by it."""
    paths = sorted(sent.file("boxloop").rglob("*.py"))
    known = {sent.project.relative(path): path for path in paths}
    kept = {name: file_hash(sent.project, path) for name, path in known.items()}
    kept = {name: value for name, value in kept.items() if name not in NO_PART}
    if kept and causes.machinery and fingerprint(kept) != causes.machinery:
        yield Finding(PART, DIFFERS, "boxloop/ is not that of the last pass.", "boxloop")


def _lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")
