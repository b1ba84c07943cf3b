"""What something was made from: files, code, settings and the chapters before it.

The one recipe for that. A notebook writes such facts into its ``station.json`` when it ends; an
executed copy, a pass, the merged results, the report and the settings found valid keep theirs.
Whether any of them is still current is a comparison with the project as it is now, by content:
dates say nothing.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boxloop
from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, read_cache, sha256, write_cache
from boxloop.base.written import says_something
from boxloop.notebooks.answers import memory_key, read_answers
from boxloop.notebooks.file import code_cells, read_notebook, sources
from boxloop.notebooks.folder import files_of
from boxloop.notebooks.graph import read_loop, upstream
from boxloop.split.seal import identity

if TYPE_CHECKING:
    from boxloop.base.places import Project


# Code that starts kernels but has no part in any number.
NO_PART = {"boxloop/run/forked.py"}
# What the report shows, besides its own templates.
SHOWN = (
    "report/notebooks/*.ipynb",
    "results/**/*.json",
    "results/**/*.csv",
    "results/**/*.md",
    "notebooks/*.ipynb",
    "study.toml",
    "study/*",
    "data/sealed/ledger.jsonl",
    "LICENSE",
    "CITATION.cff",
    "pyproject.toml",
)


def place(project: Project, name: str) -> Path:
    """Return the file that `name` means: ``boxloop/...`` is the machinery in use."""
    inside = name.startswith("boxloop/")
    return (
        Path(boxloop.__file__).parent / name.removeprefix("boxloop/")
        if inside
        else project.root / name
    )


def file_hash(project: Project, path: Path) -> str:
    """Return the hash of a file's content: of a chapter its cells, of a text without line ends.

    Of the sealed file that of its rows: its bytes are new with each writing.

    Raises
    ------
    OSError
        If the file cannot be read.
    UserError
        If it is a chapter that is damaged.
    """
    if path.suffix == ".ipynb" and path.parent == project.notebooks:
        return fingerprint(sources(read_notebook(path)))
    if path == project.sealed_file:
        return identity(project)
    return _text_hash(path) if path.suffix in (".py", ".toml", ".jsonl") else sha256(path)


def _text_hash(path: Path | str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123  # a `Path` of hundreds takes as long as reading
        return hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()


def hashes(project: Project, paths: Any) -> dict:
    """Return ``{name: hash}`` of files, under the names that `place` knows; see `file_hash`."""
    machinery, found = Path(boxloop.__file__).parent, {}
    for path in paths:
        root = machinery.parent if machinery in path.parents else project.root
        found[path.relative_to(root).as_posix()] = file_hash(project, path)
    return found


def named(project: Project, chapter: str, patterns: tuple) -> dict:
    """Return ``{name: path}`` of what the patterns match, without the chapter's own results."""
    own = project.station(chapter)
    files = [
        inner
        for path in files_of(project, patterns)
        for inner in ([path] if path.is_file() else path.rglob("*"))
    ]
    return {
        project.relative(path): path
        for path in sorted(files)
        if path.is_file() and own not in path.parents
    }


def doubted(project: Project) -> list[str] | None:
    """Return by `memory_key` the answers that are written and wait all the same, or None.

    They speak of other results, or nobody knows any more what they were written for. None where a
    notebook cannot be read.
    """
    try:
        rows = read_answers(project)
    except UserError:
        return None
    return sorted(memory_key(r) for r in rows if not r["answered"] and says_something(r["text"]))


def machinery_now() -> dict:
    """Return ``{name: hash}`` of the machinery as it is now."""
    return dict(_machinery(tuple(_machinery_files())))


def _machinery_files() -> Iterator[tuple]:
    """Yield path, times and size of each module of the machinery."""
    for folder, _, names in os.walk(Path(boxloop.__file__).parent):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(folder, name)  # noqa: PTH118
                facts = os.stat(path)  # noqa: PTH116
                yield path, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size


# Hundreds of files, twenty times in each run: they are read again where one of them was written
# since. Only within a process; between two of them no date says anything.
@lru_cache(maxsize=1)
def _machinery(files: tuple) -> dict:
    root = Path(boxloop.__file__).parents[1]
    found = {Path(path).relative_to(root).as_posix(): _text_hash(path) for path, *_ in files}
    return {name: value for name, value in found.items() if name not in NO_PART}


def code_now(project: Project) -> dict:
    """Return ``{name: hash}`` of the machinery and of the study's science as they are now."""
    return machinery_now() | hashes(project, project.study.rglob("*.py"))


def inputs(project: Project) -> dict:
    """Return ``{name: hash}`` of study.toml and the study's science: what a person writes.

    Raises
    ------
    OSError
        If study.toml cannot be read.
    """
    return hashes(project, [project.settings_file, *sorted(project.study.rglob("*.py"))])


def code_used(before: dict, project: Project) -> dict:
    """Return the part of `before` (see `code_now`) that this process has imported."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = {Path(file) for file in files if file}
    return {name: value for name, value in sorted(before.items()) if place(project, name) in paths}


def setting(table: Any, name: str) -> str:
    """Return the fingerprint of a setting, such as ``study.title``; ``*`` is all of study.toml."""
    for part in [] if name == "*" else name.split(".", 1):
        table = table.get(part) if isinstance(table, dict) else None
    return fingerprint(table)


def settings_table(project: Project) -> dict:
    """Return study.toml as plain tables; empty where it cannot be read (loading it says why)."""
    try:
        return tomllib.loads(project.settings_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def code_of(path: Path) -> str:
    """Return the fingerprint of the code cells of a notebook."""
    return fingerprint([text for _, text in code_cells(read_notebook(path))])


def validity(project: Project) -> str:
    """Return one hash of the machinery and of study.toml.

    Raises
    ------
    OSError
        If study.toml cannot be read.
    """
    return fingerprint([machinery_now(), file_hash(project, project.settings_file)])


def shown(project: Project) -> str:
    """Return one hash of all that the report is made of; it says itself what cannot be read."""
    templates = place(project, "boxloop/templates").rglob("*")
    found: dict[str, str | None] = {}
    for path in [*files_of(project, SHOWN), *sorted(templates)]:
        if path.is_file():
            try:
                found |= hashes(project, [path])
            except (OSError, UserError):
                found[path.name] = None
    return fingerprint([code_now(project), found])


def settings_were_valid(project: Project) -> bool:
    """Return whether this very study.toml was found valid by this very machinery.

    To validate it again takes longer than to see that nothing changed.
    """
    known = read_cache(project.report / "settings_valid.json")
    return known is not None and project.settings_file.is_file() and known == validity(project)


def settings_are_valid(project: Project) -> None:
    """Remember that study.toml is valid as it is."""
    write_cache(project.report / "settings_valid.json", validity(project))


class Facts:
    """What one notebook is made from, gathered while it runs.

    Parameters
    ----------
    project : Project
    name : str
        The notebook, without ending.
    """

    def __init__(self, project: Project, name: str) -> None:
        self.project, self.name = project, name
        # As it is when the notebook begins: what changes meanwhile makes the notebook stale, not
        # current.
        self._code, self._table = code_now(project), settings_table(project)
        self._read = set()

    def note(self, name: str) -> None:
        """Take down that the setting `name` was read."""
        self._read.add(name)

    def gathered(self) -> dict:
        """Return the facts as they go into ``station.json``."""
        return {
            "code": code_used(self._code, self.project),
            "settings": {name: setting(self._table, name) for name in sorted(self._read)},
        } | self._of_the_loop()

    def _of_the_loop(self) -> dict:
        """Return the hashes of the declared files, and the code of the chapters before this one."""
        try:
            chapters = read_loop(self.project)
        except UserError:  # a notebook beside this one is broken: that is not this one's fault
            return {}
        here = next((chapter for chapter in chapters if chapter.name == self.name), None)
        if here is None:
            return {}
        declared = named(self.project, self.name, here.needs)
        before = {c.name: code_of(c.path) for c in chapters if c.name in upstream(here, chapters)}
        made = [make for make in here.makes if self.project.root / make != self.project.ledger_file]
        makes = {path for make in made for path in self.project.root.glob(make) if path.is_file()}
        # Who reads the notebooks reads their answers.
        reads = any(self.project.notebooks in path.parents for path in declared.values())
        return ({"doubted": doubted(self.project)} if reads else {}) | {
            "declared": hashes(self.project, declared.values()),
            "outside": hashes(
                self.project,
                sorted(path for path in makes if not path.is_relative_to(self.project.results)),
            ),
            "before": before,
        }
